//! `stepwell trace`: what happened in a request to the running stepwell, as a timeline.

mod follow;
mod timeline;

use std::process::ExitCode;

use anyhow::Context;
use serde_json::{Value, json};

use super::operator::Operator;
use crate::{cli::Trace, config::Config};

/// What is asked of each request.
const REQUEST: &str = "fragment Request on Request {
  id time operationType operationName query variables authorizationMode username status cancelled errors micros prepareMicros
  resolvers responseBytes cacheHit published { field subscribers }
  fields {
    number parent path typeName fieldName startMicros micros arguments cacheHit executionArns
    error { message errorType }
    before { ...Handler } after { ...Handler }
    steps {
      name dataSource { name type target } before { ...Handler } after { ...Handler }
      call { operation startMicros micros response batchSize error { message errorType } }
    }
  }
}
fragment Handler on HandlerRun {
  startMicros micros evaluated end logs raised { message errorType } appended { message errorType }
}";

/// Prints a request: the one with this id, or the last one; with `--follow`, each that finishes.
pub(crate) fn trace(config: &Config, trace: &Trace) -> anyhow::Result<ExitCode> {
    let print = |request: &Value| match trace.json {
        true => println!("{request:#}"),
        false => print!("{}", timeline::timeline(request, trace.values)),
    };
    let operator = Operator::find(config)?;
    if trace.follow {
        follow::follow(&operator, &format!("subscription {{ requestFinished {{ ...Request }} }}\n{REQUEST}"), print)?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&find(&operator, trace.request.as_deref())?);
    Ok(ExitCode::SUCCESS)
}

fn find(operator: &Operator, id: Option<&str>) -> anyhow::Result<Value> {
    let Some(id) = id else {
        let query = format!("{{ requests(first: 1) {{ ...Request }} }}\n{REQUEST}");
        let mut answer = operator.ask(&query, json!({}))?;
        let last = answer["requests"].get_mut(0).map(Value::take);
        return last.context("there has been no request yet, or none is kept (trace_requests is 0)");
    };
    let query = format!("query Trace($id: String!) {{ request(id: $id) {{ ...Request }} }}\n{REQUEST}");
    let request = operator.ask(&query, json!({ "id": id }))?["request"].take();
    if request.is_null() {
        anyhow::bail!("no request {id} is kept; an id is what a client got as x-amzn-RequestId");
    }
    Ok(request)
}

//! [ListMapRuns](https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListMapRuns.html): the map runs of an
//! execution, oldest first.

use serde_json::{Value, json};

use super::{describe_execution, input::Input, page_token};
use crate::{Error, engine::Shared, layout, records::MapRunRow};

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("executionArn")?;
    let limit = input.max_results()?;
    let token = input.text("nextToken", 1, 1024)?;
    input.finish()?;
    let row = describe_execution::find(shared, arn)?;
    let scope = format!("ListMapRuns {arn}");
    let after = token.map(|token| position(&scope, token)).transpose()?.unwrap_or(0);
    let mut runs = layout::map_runs_of(&*shared.store, row.id, after, limit + 1)?;
    let more = runs.len() > limit;
    runs.truncate(limit);
    let mut answer = json!({ "mapRuns": runs.iter().map(show).collect::<Vec<_>>() });
    if let (true, Some(last)) = (more, runs.last()) {
        answer["nextToken"] = page_token::encode(&scope, &last.id.to_be_bytes()).into();
    }
    Ok(answer)
}

fn position(scope: &str, token: &str) -> Result<u64, Error> {
    let bytes = page_token::decode(scope, token)?;
    Ok(u64::from_be_bytes(bytes.try_into().map_err(|_| Error::InvalidToken)?))
}

fn show(row: &MapRunRow) -> Value {
    let mut shown = json!({
        "executionArn": row.execution,
        "mapRunArn": row.state.arn,
        "stateMachineArn": row.machine_arn,
        "startDate": row.state.started.epoch_seconds(),
    });
    if let Some(stopped) = row.state.stopped {
        shown["stopDate"] = stopped.epoch_seconds().into();
    }
    shown
}

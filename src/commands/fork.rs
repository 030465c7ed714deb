//! `stepwell fork`: a new execution that begins in a state of another one, in the running stepwell.

use std::{fs, process::ExitCode};

use anyhow::Context;
use serde_json::{Value, json};

use super::operator::Operator;
use crate::{cli::Fork, config::Config};

const QUERY: &str = "mutation Fork($arn: String!, $state: String!, $input: JSON, $name: String, $current: Boolean!) {
  forkExecution(executionArn: $arn, state: $state, input: $input, name: $name, currentDefinition: $current) {
    arn forkedFrom { eventId }
  }
}";

/// Prints the ARN of the new execution; says on the error output where it began.
pub(crate) fn fork(config: &Config, fork: &Fork) -> anyhow::Result<ExitCode> {
    let input = fork.input.as_deref().map(read_input).transpose()?;
    let variables = json!({
        "arn": fork.execution, "state": fork.from, "input": input, "name": fork.name, "current": fork.current_definition,
    });
    let mut answer = Operator::find(config)?.ask(QUERY, variables)?;
    let forked = answer["forkExecution"].take();
    let arn = forked["arn"].as_str().context("an answer without an ARN")?;
    match forked["forkedFrom"]["eventId"].as_u64() {
        Some(event) => eprintln!("goes on from '{}' as it was entered at event {event}", fork.from),
        None => eprintln!("goes on from '{}', which the execution never entered", fork.from),
    }
    println!("{arn}");
    Ok(ExitCode::SUCCESS)
}

/// JSON, or `@` and the file that holds it.
fn read_input(text: &str) -> anyhow::Result<Value> {
    match text.strip_prefix('@') {
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| format!("read the input {path}"))?;
            serde_json::from_str(&text).with_context(|| format!("the input {path} is not JSON"))
        }
        None => serde_json::from_str(text).context("the input is not JSON (a file is given as @FILE)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_json_or_a_file_of_it() {
        assert_eq!(read_input("{\"a\":1}").expect("JSON"), json!({ "a": 1 }));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("input.json");
        fs::write(&file, "[1]").expect("written");
        assert_eq!(read_input(&format!("@{}", file.display())).expect("a file"), json!([1]));
        for (given, part) in [("{", "is not JSON"), ("@/nowhere/input.json", "read the input")] {
            let error = read_input(given).expect_err(given);
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}

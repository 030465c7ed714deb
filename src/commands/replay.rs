//! `stepwell replay`: where a recorded execution and a changed definition would part. Nothing is called and nothing is
//! changed; exit code 0 if they never part, 1 if they do, 2 if there is no telling.

use std::{fmt::Write as _, fs, process::ExitCode};

use anyhow::Context;
use serde_json::{Value, json};

use super::operator;
use crate::{cli::Replay, config::Config};

/// Exit code where the two part; 2 is that of any error.
const PARTED: u8 = 1;
/// Characters of one event's details on a line.
const MAX_DETAILS: usize = 160;

const QUERY: &str = "query Replay($arn: String!, $definition: String) {
  replayExecution(executionArn: $arn, definition: $definition) {
    executionArn parts agreeing agreed { ...event }
    difference { field recorded { ...event } replayed { ...event } }
    recorded { ...side } replayed { ...side }
    unanswered { state resource parameters isKnown }
  }
}
fragment event on ReplayedEvent { id previousEventId timestamp type state details }
fragment side on ReplaySide { events follows { ...event } status output error cause }";

/// Prints the report.
pub(crate) fn replay(config: &Config, replay: &Replay) -> anyhow::Result<ExitCode> {
    let definition = replay
        .definition
        .as_ref()
        .map(|path| fs::read_to_string(path).with_context(|| format!("read the definition {}", path.display())));
    let variables = json!({ "arn": replay.execution, "definition": definition.transpose()? });
    let report = operator::ask_or_read(config, QUERY, variables)?["replayExecution"].take();
    if replay.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        let name = replay.definition.as_ref().map(|path| path.display().to_string());
        print!("{}", written(&report, name.as_deref().unwrap_or("the state machine's definition of now")));
    }
    Ok(if report["parts"] == true { ExitCode::from(PARTED) } else { ExitCode::SUCCESS })
}

/// The report in words.
fn written(report: &Value, definition: &str) -> String {
    let mut text = String::new();
    let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let _ = writeln!(text, "{}\nunder {definition}\n", text_of(&report["executionArn"]));
    let agreed = report["agreed"].as_array().map_or(&[][..], Vec::as_slice);
    let agreeing = report["agreeing"].as_u64().unwrap_or_default();
    let _ = writeln!(text, "{agreeing} events agree");
    let left_out = agreeing.saturating_sub(agreed.len() as u64);
    if left_out > 0 {
        let _ = writeln!(text, "  ... {left_out} before");
    }
    for event in agreed {
        let _ = writeln!(text, "  {}", line(event, false));
    }
    let difference = &report["difference"];
    if difference.is_object() {
        let _ = writeln!(text, "\nthey part in `{}`", text_of(&difference["field"]));
        for side in ["recorded", "replayed"] {
            let _ = writeln!(text, "  {side}  {}", line(&difference[side], true));
        }
        for side in ["recorded", "replayed"] {
            follows(&mut text, side, &report[side]);
        }
    } else {
        let _ = writeln!(text, "\nthey never part");
    }
    for task in report["unanswered"].as_array().into_iter().flatten() {
        let (state, resource) = (text_of(&task["state"]), text_of(&task["resource"]));
        let parameters = shortened(&task["parameters"].to_string());
        let _ = match task["isKnown"] == true {
            true => writeln!(text, "\n'{state}' waits for {resource}, in the recording as in the replay"),
            false => writeln!(
                text,
                "\n'{state}' would call {resource} with {parameters}, which the recording does not answer"
            ),
        };
    }
    let _ = writeln!(text);
    for side in ["recorded", "replayed"] {
        let _ = writeln!(text, "{side}  {}", outcome(&report[side]));
    }
    text
}

fn follows(text: &mut String, name: &str, side: &Value) {
    let events = side["follows"].as_array().map_or(&[][..], Vec::as_slice);
    if events.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{name} after that");
    for event in events {
        let _ = writeln!(text, "  {}", line(event, false));
    }
    let last = events.last().and_then(|event| event["id"].as_u64()).unwrap_or_default();
    let more = side["events"].as_u64().unwrap_or_default().saturating_sub(last);
    if more > 0 {
        let _ = writeln!(text, "  ... {more} more");
    }
}

/// One event.
fn line(event: &Value, with_details: bool) -> String {
    if event.is_null() {
        return "nothing more".to_owned();
    }
    let mut line = format!("{:>5}  {:<28}", event["id"].to_string(), event["type"].as_str().unwrap_or_default());
    line.push_str(event["state"].as_str().unwrap_or_default());
    if with_details && !event["details"].is_null() {
        let _ = write!(line, "  {}", shortened(&event["details"].to_string()));
    }
    line.trim_end().to_owned()
}

fn outcome(side: &Value) -> String {
    let mut text = side["status"].as_str().unwrap_or_default().to_owned();
    for member in ["output", "error", "cause"] {
        match &side[member] {
            Value::Null => {}
            Value::String(value) if member != "output" => _ = write!(text, "  {}", shortened(value)),
            value => _ = write!(text, "  {}", shortened(&value.to_string())),
        }
    }
    text
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_DETAILS).collect();
    if short.len() < text.len() {
        short.push_str(" ...");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_written_for_a_person() {
        let event =
            |id: u64, kind: &str, state: &str| json!({ "id": id, "type": kind, "state": state, "details": { "a": 1 } });
        let report = json!({
            "executionArn": "arn", "parts": true, "agreeing": 102, "agreed": [event(102, "PassStateExited", "A")],
            "difference": { "field": "type", "recorded": event(103, "TaskStateEntered", "B"), "replayed": null },
            "recorded": { "events": 105, "follows": [event(104, "TaskScheduled", "B")], "status": "SUCCEEDED", "output": 7 },
            "replayed": { "events": 102, "follows": [], "status": "FAILED", "error": "E", "cause": "why" },
            "unanswered": [{ "state": "C", "resource": "res", "parameters": {}, "isKnown": false }],
        });
        let expected = "arn\nunder x.json\n\n102 events agree\n  ... 101 before\n    102  PassStateExited             A\n\n\
            they part in `type`\n  recorded    103  TaskStateEntered            B  {\"a\":1}\n  replayed  nothing more\n\n\
            recorded after that\n    104  TaskScheduled               B\n  ... 1 more\n\n\
            'C' would call res with {}, which the recording does not answer\n\n\
            recorded  SUCCEEDED  7\nreplayed  FAILED  E  why\n";
        assert_eq!(written(&report, "x.json"), expected);
    }
}

//! Pictures of state machines and executions: DescribeStateMachine, and what GetExecutionHistory says of each state.

use std::collections::HashMap;

use asl::{
    Definition,
    graph::{Outcome, Overlay, Run, svg},
};
use async_graphql::Result;
use serde_json::{Value, json};

use super::Operator;

/// The SVG of a state machine.
pub(super) async fn of_state_machine(operator: &Operator, arn: &str) -> Result<String> {
    let described = operator.states("DescribeStateMachine", json!({ "stateMachineArn": arn })).await?;
    Ok(svg(&definition(&described)?, &Overlay::default()))
}

/// The SVG of an execution: its state machine as it was at the start, and what it did in each state.
pub(super) async fn of_execution(operator: &Operator, arn: &str) -> Result<String> {
    let request = json!({ "executionArn": arn });
    let definition = definition(&operator.states("DescribeStateMachineForExecution", request.clone()).await?)?;
    let described = operator.states("DescribeExecution", request).await?;
    let running = described["status"] == "RUNNING" || described["status"] == "PENDING_REDRIVE";
    let mut events = Vec::new();
    let mut request = json!({ "executionArn": arn, "maxResults": 1000, "includeExecutionData": false });
    loop {
        let mut answer = operator.states("GetExecutionHistory", request.clone()).await?;
        if let Value::Array(page) = answer["events"].take() {
            events.extend(page);
        }
        match answer["nextToken"].take() {
            Value::String(token) => request["nextToken"] = token.into(),
            _ => return Ok(svg(&definition, &overlay(&definition, &events, running))),
        }
    }
}

fn definition(described: &Value) -> Result<Definition> {
    let text = described["definition"].as_str().ok_or("the state machine has no definition")?;
    Definition::parse(text).map_err(|_| "the state machine's definition is not valid any more".into())
}

/// The visits to one state.
#[derive(Default)]
struct Visits {
    entered: u64,
    left: u64,
    caught: bool,
    /// The times of leaving less the times of entering, in milliseconds.
    balance: f64,
}

/// What a history says of each state. A visit that has not ended lasts to the last event.
fn overlay(definition: &Definition, events: &[Value], running: bool) -> Overlay {
    let mut visits: HashMap<&str, Visits> = HashMap::new();
    let mut kinds: HashMap<i64, &str> = HashMap::new();
    let milliseconds = |event: &Value| event["timestamp"].as_f64().unwrap_or_default() * 1000.0;
    for event in events {
        let kind = event["type"].as_str().unwrap_or_default();
        kinds.insert(event["id"].as_i64().unwrap_or_default(), kind);
        if let Some(name) = event["stateEnteredEventDetails"]["name"].as_str() {
            let visits = visits.entry(name).or_default();
            visits.entered += 1;
            visits.balance -= milliseconds(event);
        } else if let Some(name) = event["stateExitedEventDetails"]["name"].as_str() {
            let visits = visits.entry(name).or_default();
            visits.left += 1;
            visits.balance += milliseconds(event);
            // A state is left after a failure only when a catcher took over.
            let before = event["previousEventId"].as_i64().and_then(|id| kinds.get(&id)).copied().unwrap_or_default();
            visits.caught |= before.ends_with("Failed") || before.ends_with("TimedOut");
        }
    }
    let end = events.iter().map(milliseconds).fold(0.0, f64::max);
    let mut overlay = Overlay::default();
    for state in definition.states() {
        let Some(visits) = visits.get(&*state.name) else { continue };
        let holder = definition.machine(state.machine).parent.map(|id| definition.state(id).name());
        // A state inside of one that has ended was ended with it.
        let goes_on = holder
            .map_or(running, |name| overlay.states.get(&*name).is_none_or(|run: &Run| run.outcome == Outcome::Running));
        let open = visits.entered.saturating_sub(visits.left);
        let outcome = match (open, visits.caught) {
            (0, false) => Outcome::Succeeded,
            (0, true) => Outcome::Caught,
            _ if goes_on => Outcome::Running,
            _ => Outcome::Failed,
        };
        let milliseconds = (visits.balance + open as f64 * end).round().max(0.0) as u64;
        overlay.states.insert(state.name.to_string(), Run { outcome, count: visits.entered, milliseconds });
    }
    overlay
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: i64, previous: i64, kind: &str, name: &str, seconds: f64) -> Value {
        let details = if kind.ends_with("Entered") { "stateEnteredEventDetails" } else { "stateExitedEventDetails" };
        let mut event = json!({ "id": id, "previousEventId": previous, "type": kind, "timestamp": seconds });
        if !name.is_empty() {
            event[details] = json!({ "name": name });
        }
        event
    }

    #[test]
    fn a_history_colours_its_states() {
        let text = r#"{ "StartAt": "A", "States": {
            "A": { "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": "M",
                   "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "M" }] },
            "M": { "Type": "Map", "ItemProcessor": { "StartAt": "I", "States": { "I": { "Type": "Wait", "Seconds": 9,
                   "End": true } } }, "End": true } } }"#;
        let definition = Definition::parse(text).expect("valid");
        let events = [
            event(1, 0, "ExecutionStarted", "", 1.0),
            event(2, 0, "TaskStateEntered", "A", 1.0),
            event(3, 2, "TaskFailed", "", 1.5),
            event(4, 3, "TaskStateExited", "A", 1.5),
            event(5, 4, "MapStateEntered", "M", 1.5),
            event(6, 5, "WaitStateEntered", "I", 2.0),
            event(7, 5, "WaitStateEntered", "I", 2.5),
            event(8, 6, "WaitStateExited", "I", 4.0),
        ];
        let run = |outcome, count, milliseconds| Run { outcome, count, milliseconds };
        let mut expected = Overlay::default();
        expected.states.insert("A".to_owned(), run(Outcome::Caught, 1, 500));
        expected.states.insert("M".to_owned(), run(Outcome::Running, 1, 2500));
        expected.states.insert("I".to_owned(), run(Outcome::Running, 2, 3500));
        assert_eq!(overlay(&definition, &events, true), expected);
        for name in ["M", "I"] {
            expected.states.get_mut(name).expect("there").outcome = Outcome::Failed;
        }
        assert_eq!(overlay(&definition, &events, false), expected);
    }
}

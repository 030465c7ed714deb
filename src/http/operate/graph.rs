//! Pictures of state machines and executions: DescribeStateMachine, and what GetExecutionHistory says of each state.

use std::collections::HashMap;

use asl::{
    Definition, StateKind,
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
            _ => break,
        }
    }
    let mut overlay = overlay(&definition, &events, running);
    for (arn, map) in map_runs(&events) {
        let run = operator.states("DescribeMapRun", json!({ "mapRunArn": arn })).await?;
        add_map_run(&mut overlay, &definition, map, &run);
    }
    Ok(svg(&definition, &overlay))
}

/// How many map runs of an execution a picture counts the children of: the first ones.
const MAX_MAP_RUNS: usize = 100;

/// The map runs in a history, each with the name of its Map: MapRunStarted follows from MapStateStarted, and that from the
/// last that was entered.
fn map_runs(events: &[Value]) -> Vec<(&str, &str)> {
    let by_id: HashMap<i64, &Value> = events.iter().filter_map(|event| Some((event["id"].as_i64()?, event))).collect();
    let before = |event: &Value| by_id.get(&event["previousEventId"].as_i64()?).copied();
    let runs = events.iter().filter_map(|event| {
        let arn = event["mapRunStartedEventDetails"]["mapRunArn"].as_str()?;
        let mut entered = before(event)?;
        // A Map that is tried again starts more than once.
        while entered["type"] != "MapStateEntered" {
            entered = before(entered)?;
        }
        Some((arn, entered["stateEnteredEventDetails"]["name"].as_str()?))
    });
    runs.take(MAX_MAP_RUNS).collect()
}

/// The children of a distributed Map have histories of their own: how many there are stands at the state that all of them
/// begin with.
fn add_map_run(overlay: &mut Overlay, definition: &Definition, map: &str, run: &Value) {
    let Some(StateKind::Map(map)) = definition.state_named(map).map(|state| &state.kind) else { return };
    let first = &definition.state(definition.machine(map.processor).start_at).name;
    let count = |name: &str| run["executionCounts"][name].as_u64().unwrap_or(0);
    let started = count("total").saturating_sub(count("pending"));
    if started == 0 {
        return;
    }
    let outcome = match run["status"].as_str() {
        Some("RUNNING") => Outcome::Running,
        _ if count("succeeded") == started => Outcome::Succeeded,
        _ => Outcome::Failed,
    };
    let seconds = run["stopDate"].as_f64().zip(run["startDate"].as_f64()).map_or(0.0, |(stop, start)| stop - start);
    let milliseconds = (seconds * 1000.0).round().max(0.0) as u64;
    let states = &mut overlay.states;
    let earlier = states.get(&**first).map_or((0, 0), |run| (run.count, run.milliseconds));
    let run = Run { outcome, count: earlier.0 + started, milliseconds: earlier.1 + milliseconds };
    states.insert(first.to_string(), run);
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
    fn children_of_a_distributed_map_are_counted_at_their_first_state() {
        let text = r#"{ "StartAt": "M", "States": { "M": { "Type": "Map", "End": true, "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "I", "States": { "I": { "Type": "Wait", "Seconds": 9, "End": true } } } } } }"#;
        let definition = Definition::parse(text).expect("valid");
        let started = |id: i64, previous: i64, arn: &str| {
            let details = json!({ "mapRunArn": arn });
            json!({ "id": id, "previousEventId": previous, "type": "MapRunStarted", "mapRunStartedEventDetails": details })
        };
        let events = [
            event(2, 0, "MapStateEntered", "M", 1.0),
            event(3, 2, "MapStateStarted", "", 1.0),
            started(4, 3, "a"),
            event(5, 4, "MapRunFailed", "", 2.0),
            event(6, 5, "MapStateStarted", "", 2.0),
            started(7, 6, "b"),
        ];
        assert_eq!(map_runs(&events), [("a", "M"), ("b", "M")]);
        let mut overlay = Overlay::default();
        let run = |status: &str, succeeded: u64| {
            let counts = json!({ "total": 5, "pending": 1, "succeeded": succeeded });
            json!({ "status": status, "startDate": 1.0, "stopDate": 2.5, "executionCounts": counts })
        };
        for (run, outcome, count) in
            [(run("FAILED", 3), Outcome::Failed, 4), (run("SUCCEEDED", 4), Outcome::Succeeded, 8)]
        {
            add_map_run(&mut overlay, &definition, "M", &run);
            let milliseconds = count / 4 * 1500;
            assert_eq!(overlay.states["I"], Run { outcome, count, milliseconds });
        }
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

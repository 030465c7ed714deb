//! The verdict over a seed, once everything has ended.
//!
//! * `history` — every history by itself: ids, predecessors, one end, timers that are not early.
//! * `effects` — what services were asked against what histories say.
//! * Here — how each execution ended, what was told of it, and that no acknowledged answer is lost.

mod effects;
mod history;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    machine::{Data, arn},
    oracle::Oracle,
    plan::{Plan, SLACK_MILLIS},
    script::Answer,
    world::{Inner, World},
};

/// A seed that has run.
pub(crate) struct Case<'a> {
    pub(crate) seed: u64,
    pub(crate) plan: &'a Plan,
    pub(crate) world: &'a World,
}

/// What the engine says of an execution at the end.
pub(crate) struct Record {
    /// DescribeExecution.
    pub(crate) described: Value,
    /// GetExecutionHistory.
    pub(crate) events: Vec<Value>,
}

impl Record {
    pub(crate) fn arn(&self) -> &str {
        self.described["executionArn"].as_str().unwrap_or_default()
    }

    /// The type of an event.
    pub(crate) fn kind(event: &Value) -> &str {
        event["type"].as_str().unwrap_or_default()
    }

    /// The details of an event.
    pub(crate) fn details(event: &Value) -> &Value {
        let details = event.as_object().into_iter().flatten().find(|(name, _)| name.ends_with("EventDetails"));
        details.map_or(&Value::Null, |(_, details)| details)
    }

    /// When an event happened, milliseconds.
    pub(crate) fn millis(event: &Value) -> i64 {
        (event["timestamp"].as_f64().unwrap_or_default() * 1_000.0).round() as i64
    }
}

/// Checks everything; answers how many executions ended as the oracle foretold.
pub(crate) fn everything(case: &Case<'_>, records: &[Record], violations: &mut Vec<String>) -> u64 {
    let world = case.world.lock();
    let mut foretold = 0;
    for record in records {
        let mut found = Vec::new();
        history::check(case, record, &mut found);
        effects::check(&world, record, &mut found);
        status_events(&world, record, &mut found);
        tokens(&world, record, &mut found);
        foretold += u64::from(ending(case, &world, record, &mut found));
        violations.extend(found.into_iter().map(|text| format!("{}: {text}", record.arn())));
    }
    let known: BTreeSet<&str> = records.iter().map(Record::arn).collect();
    let strangers = world.delivered.iter().filter_map(|event| event["detail"]["executionArn"].as_str());
    let strangers: BTreeSet<&str> = strangers.filter(|arn| !known.contains(arn)).collect();
    violations.extend(strangers.iter().map(|arn| format!("status events of {arn}, which does not exist")));
    foretold
}

/// Whether the oracle knew how the execution would end; it must have ended so.
fn ending(case: &Case<'_>, world: &Inner, record: &Record, found: &mut Vec<String>) -> bool {
    let described = &record.described;
    if described.get("mapRunArn").is_some() {
        // A child of a distributed Map: its parent's ending tells.
        return false;
    }
    let of_machine = |number: &usize| {
        described["stateMachineArn"] == arn("stateMachine", &case.plan.machines[*number].name).as_str()
    };
    let machine = (0..case.plan.machines.len()).find(of_machine);
    let input = described["input"].as_str().and_then(|text| serde_json::from_str(text).ok());
    let data = input.as_ref().and_then(Data::from_value);
    let (Some(machine), Some(data)) = (machine, data) else {
        found.push(format!("an execution that nobody started: {described}"));
        return false;
    };
    let Some(root) = world.executions.get(data.e as usize) else { return false };
    // A child is stopped where the state that awaits it is given up, which a sibling's failure can bring about.
    let is_child = record.arn() != &*root.arn;
    if described["status"] == "ABORTED" && (root.stopped || is_child) {
        return false;
    }
    let oracle = Oracle {
        seed: case.seed,
        machines: &case.plan.machines,
        redriven: root.redrives > 0,
        disturbed: case.plan.disturbed,
        slack: SLACK_MILLIS,
    };
    // A redriven execution keeps what it has done, and begins its time anew.
    let Ok(endings) = oracle.endings(machine, &data) else { return false };
    if endings.iter().any(|ending| ending.is(described)) || root.redrives > 0 && described["status"] == "TIMED_OUT" {
        return root.redrives == 0;
    }
    found.push(format!("ended as {described}, and not as foretold: {endings:#?}"));
    false
}

/// Each status was told at least once and in order.
fn status_events(world: &Inner, record: &Record, found: &mut Vec<String>) {
    let status = |event: &&Value| match Record::kind(event) {
        "ExecutionStarted" | "ExecutionRedriven" => Some("RUNNING"),
        "ExecutionSucceeded" => Some("SUCCEEDED"),
        "ExecutionFailed" => Some("FAILED"),
        "ExecutionTimedOut" => Some("TIMED_OUT"),
        "ExecutionAborted" => Some("ABORTED"),
        _ => None,
    };
    let expected: Vec<&str> = record.events.iter().filter_map(|event| status(&event)).collect();
    let mut seen = BTreeSet::new();
    let told = world.delivered.iter().filter(|event| event["detail"]["executionArn"] == record.arn());
    let told = told.filter(|event| seen.insert(event["id"].as_str().unwrap_or_default()));
    let told: Vec<&str> = told.filter_map(|event| event["detail"]["status"].as_str()).collect();
    if told != expected {
        found.push(format!("its statuses were {expected:?}, and it was told {told:?}"));
    }
}

/// Every acknowledged answer to a task token is in the history.
fn tokens(world: &Inner, record: &Record, found: &mut Vec<String>) {
    let mut answers: BTreeMap<String, i64> = BTreeMap::new();
    for event in &record.events {
        let details = Record::details(event);
        let text = match Record::kind(event) {
            "TaskSucceeded" | "ActivitySucceeded" => format!("success {}", details["output"].as_str().unwrap_or("")),
            "TaskFailed" | "ActivityFailed" => format!("failure {} {}", details["error"], details["cause"]),
            _ => continue,
        };
        *answers.entry(text).or_default() += 1;
    }
    for token in world.tokens.values().filter(|token| &*token.execution == record.arn()) {
        let text = match &token.acknowledged {
            Some(Answer::Success(output)) => format!("success {output}"),
            Some(Answer::Failure(error, cause)) => format!("failure {error:?} {cause:?}"),
            _ => continue,
        };
        let left = answers.entry(text.clone()).or_default();
        *left -= 1;
        if *left < 0 {
            found.push(format!("an acknowledged answer is lost: {text}"));
        }
    }
}

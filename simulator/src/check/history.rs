//! A history by itself: ids without gaps, predecessors that can be, one end, and no timer that was early.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Case, Record};
use crate::{
    machine::tasks,
    plan::{SLACK_MILLIS, waits},
};

pub(super) fn check(case: &Case<'_>, record: &Record, found: &mut Vec<String>) {
    let events: BTreeMap<u64, &Value> =
        record.events.iter().filter_map(|event| Some((event["id"].as_u64()?, event))).collect();
    for (place, event) in record.events.iter().enumerate() {
        if event["id"] != place as u64 + 1 {
            found.push(format!("event {} stands at place {}", event["id"], place + 1));
        }
        let previous = event["previousEventId"].as_u64().unwrap_or(u64::MAX);
        let before = events.get(&previous).map(|event| Record::kind(event));
        let earlier = previous < place as u64 + 1;
        if !earlier || !may_follow(before, Record::kind(event)) {
            found.push(format!("{event} follows from {before:?} ({previous})"));
        }
    }
    one_end(record, found);
    timers(case, record, &events, found);
}

fn is_end(kind: &str) -> bool {
    matches!(kind, "ExecutionSucceeded" | "ExecutionFailed" | "ExecutionTimedOut" | "ExecutionAborted")
}

/// The last event is an end; others are only there before a redrive.
fn one_end(record: &Record, found: &mut Vec<String>) {
    let kinds: Vec<&str> = record.events.iter().map(Record::kind).collect();
    let wrong = kinds.iter().enumerate().any(|(place, kind)| {
        let follows = kinds.get(place + 1);
        is_end(kind) && follows.is_some_and(|next| *next != "ExecutionRedriven")
    });
    let ends = record.described["status"] != "RUNNING" && kinds.last().is_some_and(|last| is_end(last));
    if wrong || !ends {
        found.push(format!("it does not end as it should: {}, {kinds:?}", record.described["status"]));
    }
}

/// Whether an event of this type may follow from one of that type (or from none), as histories recorded on AWS show it.
fn may_follow(before: Option<&str>, kind: &str) -> bool {
    let exited = |before: &str| before.ends_with("StateExited");
    match (kind, before) {
        ("ExecutionStarted" | "ExecutionAborted" | "ExecutionTimedOut", before) => before.is_none(),
        ("ExecutionSucceeded", Some(before)) => exited(before),
        ("ExecutionRedriven", Some(before)) => is_end(before),
        ("ExecutionFailed", Some(before)) => {
            ["Failed", "TimedOut", "StateEntered", "Started", "Exited"].iter().any(|end| before.ends_with(end))
        }
        (entered, None) if entered.ends_with("StateEntered") => true,
        (entered, Some(before)) if entered.ends_with("StateEntered") => {
            let begins = ["MapIterationStarted", "ParallelStateStarted", "ExecutionRedriven", "ExecutionStarted"];
            exited(before) || begins.contains(&before)
        }
        ("TaskScheduled" | "ActivityScheduled", Some(before)) => {
            // A retry follows from the failure before it.
            [
                "TaskStateEntered",
                "TaskFailed",
                "TaskTimedOut",
                "ActivityFailed",
                "ActivityTimedOut",
                "ExecutionRedriven",
            ]
            .contains(&before)
        }
        ("TaskStarted", Some(before)) => before == "TaskScheduled",
        ("TaskSubmitted", Some(before)) => before == "TaskStarted",
        ("TaskSucceeded" | "TaskFailed" | "TaskTimedOut", Some(before)) => {
            matches!(before, "TaskStarted" | "TaskSubmitted")
        }
        ("ActivityStarted", Some(before)) => before == "ActivityScheduled",
        ("ActivitySucceeded" | "ActivityFailed", Some(before)) => before == "ActivityStarted",
        ("ActivityTimedOut", Some(before)) => matches!(before, "ActivityStarted" | "ActivityScheduled"),
        ("TaskStateExited", Some(before)) => {
            ["Succeeded", "Failed", "TimedOut"].iter().any(|end| before.ends_with(end))
        }
        (_, Some(_)) => true,
        (_, None) => false,
    }
}

/// No wait, time-out or heartbeat is over before its time, or long after it.
fn timers(case: &Case<'_>, record: &Record, events: &BTreeMap<u64, &Value>, found: &mut Vec<String>) {
    let (waits, tasks) = (waits(&case.plan.machines), tasks(&case.plan.machines));
    for event in &record.events {
        let (since, least, most) = match Record::kind(event) {
            "WaitStateExited" => {
                let Some(entered) = before(events, event, |kind| kind == "WaitStateEntered") else { continue };
                let Some(seconds) = Record::details(event)["name"].as_str().and_then(|name| waits.get(name)) else {
                    continue;
                };
                (entered, *seconds, *seconds)
            }
            "TaskTimedOut" | "ActivityTimedOut" => {
                let Some(scheduled) = before(events, event, |kind| kind.ends_with("Scheduled")) else { continue };
                let details = Record::details(scheduled);
                let text = details["parameters"].as_str().or(details["input"].as_str()).unwrap_or_default();
                let parameters: Value = serde_json::from_str(text).unwrap_or_default();
                let Some(task) = parameters["s"].as_str().and_then(|state| tasks.get(state)) else { continue };
                let timeout = task.timeout_seconds.unwrap_or(u64::MAX / 10_000);
                (scheduled, timeout.min(task.heartbeat_seconds.unwrap_or(timeout)), timeout)
            }
            _ => continue,
        };
        // What stood at a redrive began its time anew.
        let began = record
            .events
            .iter()
            .filter(|other| Record::kind(other) == "ExecutionRedriven" && other["id"].as_u64() < event["id"].as_u64());
        let began = began.chain([since]).map(Record::millis).max().unwrap_or_default();
        let took = Record::millis(event) - began;
        let (least, most) = (least as i64 * 1_000, (most * 1_000 + SLACK_MILLIS) as i64);
        if took < least || took > most {
            found.push(format!("{event} came after {took} ms, and not after {least}"));
        }
    }
}

/// The nearest event of a type from which an event follows.
fn before<'a>(events: &BTreeMap<u64, &'a Value>, event: &'a Value, wanted: impl Fn(&str) -> bool) -> Option<&'a Value> {
    let mut event = event;
    while !wanted(Record::kind(event)) {
        event = events.get(&event["previousEventId"].as_u64()?)?;
    }
    Some(event)
}

//! What services were asked, against what the history says was scheduled and answered.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Record;
use crate::{script::Question, world::Inner};

/// Tasks of one execution that ask the same.
#[derive(Debug, Default)]
struct Same {
    scheduled: u64,
    succeeded: u64,
    effects: u64,
    /// When the first was scheduled, milliseconds.
    first: Option<i64>,
}

/// A service does what a task asks as often as it was scheduled at most, where that is promised, and at least as often as
/// the history says that it was done; and nothing that was not scheduled.
pub(super) fn check(world: &Inner, record: &Record, found: &mut Vec<String>) {
    let mut all: BTreeMap<(Question, bool), Same> = BTreeMap::new();
    let scheduled: BTreeMap<u64, &Value> =
        record.events.iter().filter_map(|event| Some((event["id"].as_u64()?, event))).collect();
    for event in &record.events {
        match Record::kind(event) {
            "TaskScheduled" => {
                let Some(same) = asked(event).map(|key| all.entry(key).or_default()) else { continue };
                same.scheduled += 1;
                same.first.get_or_insert(Record::millis(event));
            }
            "TaskSucceeded" => {
                let task = scheduled_before(&scheduled, event);
                if let Some(same) = task.and_then(asked).map(|key| all.entry(key).or_default()) {
                    same.succeeded += 1;
                }
            }
            _ => {}
        }
    }
    for effect in world.effects.iter().filter(|effect| &*effect.execution == record.arn()) {
        let Some(question) = Question::from_value(&effect.parameters) else { continue };
        let same = all.entry((question.clone(), effect.once)).or_default();
        same.effects += 1;
        if same.first.is_none_or(|first| first > effect.at.0) {
            found.push(format!("{question:?} was asked before it was scheduled"));
        }
    }
    for ((question, once), same) in all {
        if once && same.effects > same.scheduled || same.effects < same.succeeded {
            found.push(format!("{question:?}: {same:?}"));
        }
    }
}

/// What a TaskScheduled event asks, and whether of a service that answers the call.
fn asked(event: &Value) -> Option<(Question, bool)> {
    let details = Record::details(event);
    let parameters: Value = serde_json::from_str(details["parameters"].as_str()?).ok()?;
    Some((Question::from_value(&parameters)?, details["resource"] == "putItem"))
}

/// The TaskScheduled event from which an event follows.
fn scheduled_before<'a>(events: &BTreeMap<u64, &'a Value>, event: &'a Value) -> Option<&'a Value> {
    let mut event = event;
    while Record::kind(event) != "TaskScheduled" {
        event = events.get(&event["previousEventId"].as_u64()?)?;
    }
    Some(event)
}

//! Comparing answers with the ones recorded on AWS, by the rules of `tests/conformance/states/README.md`.
//!
//! Used by every test target that replays recorded cases: `#[path = "../conformance_compare/mod.rs"] mod conformance_compare;`.

mod pattern;

use std::collections::HashSet;

use serde_json::{Map, Value};

pub(crate) use pattern::Bindings;

/// Words that stand for any value.
const ANYTHING: [&str; 5] = ["timestamp", "datetime", "date", "start-date", "stop-date"];
/// Members that AWS added after the older recordings.
const NEWER_MEMBERS: [&str; 6] = [
    "encryptionConfiguration",
    "redriveCount",
    "redriveStatus",
    "redriveStatusReason",
    "inputDetails",
    "outputDetails",
];
/// Year and month from which the newer members were recorded.
const NEWER_SINCE: (u32, u32) = (2024, 7);
/// Year and month from which the exit of a distributed Map was recorded as following from MapRunStarted.
const MAP_EXIT_SINCE: (u32, u32) = (2024, 11);
/// The account in recordings.
const ACCOUNT: &str = "111111111111";

/// What a comparison must know of its case.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// Texts that stand for any text inside a string, longest first.
    tokens: Vec<String>,
    /// Whole strings that stand for any value.
    anything: HashSet<String>,
    /// Whether [`NEWER_MEMBERS`] may be missing from the recording.
    is_old: bool,
    /// Whether the exit of a distributed Map was recorded as following from MapRunSucceeded.
    has_old_map_exits: bool,
}

impl Rules {
    /// From a case of the corpus.
    pub(crate) fn of(case: &Value) -> Self {
        let placeholders = &case["placeholders"];
        let texts = |value: &Value| value.as_str().map(str::to_owned);
        let mut tokens: Vec<String> =
            placeholders["tokens"].as_array().into_iter().flatten().filter_map(texts).collect();
        tokens.push(ACCOUNT.to_owned());
        tokens.sort_by_key(|token| std::cmp::Reverse(token.len()));
        let mut anything: HashSet<String> = ANYTHING.map(str::to_owned).into();
        anything.extend(placeholders["jsonpaths"].as_object().into_iter().flat_map(Map::values).filter_map(texts));
        let recorded = case["recorded"].as_str().unwrap_or_default();
        Self {
            tokens,
            anything,
            is_old: recorded_before(recorded, NEWER_SINCE),
            has_old_map_exits: recorded_before(recorded, MAP_EXIT_SINCE),
        }
    }

    /// How `actual` differs from `expected`: one line for each difference. What placeholders stand for is kept in `bindings`.
    pub(crate) fn differences(&self, expected: &Value, actual: &Value, bindings: &mut Bindings) -> Vec<String> {
        let mut found = Vec::new();
        self.compare("$", expected, actual, bindings, &mut found);
        found
    }

    /// How a GetExecutionHistory answer differs from the recorded one.
    pub(crate) fn history_differences(&self, expected: &Value, actual: &Value, bindings: &mut Bindings) -> Vec<String> {
        let events = |history: &Value| history["events"].as_array().cloned().unwrap_or_default();
        let (mut expected, actual) = (events(expected), events(actual));
        if self.has_old_map_exits {
            renew_map_exits(&mut expected);
        }
        if expected.iter().any(is_unordered) {
            self.unordered_differences(&expected, &actual, bindings)
        } else {
            self.differences(&Value::Array(expected), &Value::Array(actual), bindings)
        }
    }

    /// Recordings of concurrent branches: events without an id of their own may come in any order, and the recording lacks
    /// ParallelStateSucceeded and the exits of nested Parallel states.
    fn unordered_differences(&self, expected: &[Value], actual: &[Value], bindings: &mut Bindings) -> Vec<String> {
        let mut found = Vec::new();
        let mut left = actual.to_vec();
        for event in expected.iter().filter(|event| !is_unordered(event)) {
            match left.iter().position(|other| other["id"] == event["id"]) {
                Some(at) => self.compare("event", event, &left.remove(at), bindings, &mut found),
                None => found.push(format!("no event with the id {}", event["id"])),
            }
        }
        let mut missing_in_recording = left.clone();
        missing_in_recording
            .retain(|event| event["type"] == "ParallelStateSucceeded" || event["type"] == "ParallelStateExited");
        left.retain(|event| !missing_in_recording.contains(event));
        for event in expected.iter().filter(|event| is_unordered(event)) {
            let matching = left.iter().position(|other| {
                self.differences(&without_order(event), &without_order(other), &mut bindings.clone()).is_empty()
            });
            match matching {
                Some(at) => drop(left.remove(at)),
                None => found.push(format!("missing: {event}")),
            }
        }
        found.extend(left.iter().map(|event| format!("unexpected: {event}")));
        found
    }

    fn compare(&self, at: &str, expected: &Value, actual: &Value, bindings: &mut Bindings, found: &mut Vec<String>) {
        match (expected, actual) {
            (Value::String(word), _) if self.anything.contains(word) => {}
            // Some recordings have numbers parsed too: a wire member is a text there all the same.
            (Value::Object(_) | Value::Array(_) | Value::Number(_), Value::String(text)) => {
                match serde_json::from_str::<Value>(text) {
                    Ok(value) if !value.is_string() => self.compare(at, expected, &value, bindings, found),
                    _ => found.push(format!("{at}: expected {expected}, got the text {text:?}")),
                }
            }
            (Value::Object(expected), Value::Object(actual)) => {
                self.compare_members(at, expected, actual, bindings, found);
            }
            (Value::Array(expected), Value::Array(actual)) => {
                for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                    self.compare(&format!("{at}[{index}]"), expected, actual, bindings, found);
                }
                if expected.len() != actual.len() {
                    found.push(format!("{at}: expected {} items, got {}", expected.len(), actual.len()));
                }
            }
            (Value::String(pattern), Value::String(text)) => {
                if !pattern::matches(pattern, text, &self.tokens, bindings) {
                    found.push(format!("{at}: expected {pattern:?}, got {text:?}"));
                }
            }
            (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => {}
            (expected, actual) if expected == actual => {}
            (expected, actual) => found.push(format!("{at}: expected {expected}, got {actual}")),
        }
    }

    fn compare_members(
        &self,
        at: &str,
        expected: &Map<String, Value>,
        actual: &Map<String, Value>,
        bindings: &mut Bindings,
        found: &mut Vec<String>,
    ) {
        for (key, value) in expected.iter().filter(|(key, _)| *key != "ResponseMetadata") {
            match actual.get(key) {
                Some(other) => self.compare(&format!("{at}.{key}"), value, other, bindings, found),
                None => found.push(format!("{at}: no member {key:?}")),
            }
        }
        for (key, value) in actual.iter().filter(|(key, _)| !expected.contains_key(*key)) {
            let is_newer = self.is_old && NEWER_MEMBERS.contains(&key.as_str());
            if !is_newer && key != "ResponseMetadata" {
                found.push(format!("{at}: unexpected member {key:?}: {value}"));
            }
        }
    }
}

/// An event of a recording whose order was normalised away.
fn is_unordered(event: &Value) -> bool {
    event["id"].is_array()
}

/// Rewrites the exits of distributed Maps in an older recording as newer ones show them: one event further back.
fn renew_map_exits(events: &mut [Value]) {
    let runs: Vec<(Value, Value)> = events
        .iter()
        .filter(|event| event["type"] == "MapRunSucceeded")
        .map(|event| (event["id"].clone(), event["previousEventId"].clone()))
        .collect();
    for exit in events.iter_mut().filter(|event| event["type"] == "MapStateExited") {
        if let Some((_, started)) = runs.iter().find(|(succeeded, _)| *succeeded == exit["previousEventId"]) {
            exit["previousEventId"] = started.clone();
        }
    }
}

fn without_order(event: &Value) -> Value {
    let mut event = event.clone();
    if let Some(members) = event.as_object_mut() {
        members.retain(|key, _| key != "id" && key != "previousEventId");
    }
    event
}

/// `recorded` is `18-11-2024, 11:14:18`.
fn recorded_before(recorded: &str, (year, month): (u32, u32)) -> bool {
    let mut numbers = recorded.split(['-', ',']).map(|part| part.trim().parse::<u32>().unwrap_or(0));
    let (_day, recorded_month, recorded_year) = (numbers.next(), numbers.next(), numbers.next());
    (recorded_year, recorded_month) < (Some(year), Some(month))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differences(case: Value, expected: Value, actual: Value) -> Vec<String> {
        Rules::of(&case).differences(&expected, &actual, &mut Bindings::default())
    }

    #[test]
    fn texts_of_objects_are_parsed_and_other_texts_are_not() {
        let case = json!({ "recorded": "18-11-2024, 11:14:18" });
        assert!(differences(case.clone(), json!({ "a": 1 }), json!("{\"a\": 1.0}")).is_empty());
        assert_eq!(differences(case, json!("[1, 2]"), json!("[1,2]")).len(), 1);
    }

    #[test]
    fn placeholders_stand_for_one_text_each() {
        let case = json!({ "placeholders": { "tokens": ["<Arn_0idx>", "role_word"] } });
        let expected = json!({ "a": "x:<Arn_0idx>:y", "b": "<Arn_0idx>", "c": "role_word", "d": "timestamp" });
        let good = json!({ "a": "x:one:y", "b": "one", "c": "r", "d": 17 });
        let bad = json!({ "a": "x:one:y", "b": "two", "c": "r", "d": 17 });
        assert!(differences(case.clone(), expected.clone(), good).is_empty());
        assert_eq!(differences(case, expected, bad).len(), 1);
    }

    #[test]
    fn old_exits_of_distributed_maps_follow_from_the_start_of_the_run() {
        let event = |id: u64, previous: u64, kind: &str| json!({ "id": id, "previousEventId": previous, "type": kind });
        let history =
            |exit: u64| json!({ "events": [event(5, 4, "MapRunSucceeded"), event(7, exit, "MapStateExited")] });
        let found = |recorded: &str| {
            let rules = Rules::of(&json!({ "recorded": recorded }));
            rules.history_differences(&history(5), &history(4), &mut Bindings::default()).len()
        };
        assert_eq!((found("08-02-2024, 21:44:04"), found("15-11-2024, 13:56:59")), (0, 1));
    }

    #[test]
    fn only_old_recordings_may_lack_newer_members() {
        let actual = json!({ "a": 1, "redriveCount": 0 });
        assert!(differences(json!({ "recorded": "30-06-2024, 1:1:1" }), json!({ "a": 1 }), actual.clone()).is_empty());
        assert_eq!(differences(json!({ "recorded": "01-07-2024, 1:1:1" }), json!({ "a": 1 }), actual).len(), 1);
    }
}

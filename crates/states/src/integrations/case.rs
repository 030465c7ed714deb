//! Between the member names of a service's wire (`stateMachineArn`) and those of a workflow (`StateMachineArn`).

use serde_json::{Map, Value};

/// How a workflow sees moments, which the wire carries as epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dates {
    /// Epoch milliseconds: optimised integrations.
    Millis,
    /// `2024-01-31T00:00:00.000Z`: AWS SDK integrations.
    Iso8601,
}

/// Members that are moments.
const DATES: [&str; 7] =
    ["startDate", "stopDate", "creationDate", "updateDate", "redriveDate", "timestamp", "ApproximateCreationDateTime"];

/// The first letter of every member in lower case, at every depth.
pub(super) fn to_camel(value: Value) -> Value {
    map_names(value, &mut |name, value| (with_first(name, |c| c.to_ascii_lowercase()), value))
}

/// The first letter of every member in upper case, at every depth; moments as the integration shows them.
pub(super) fn to_pascal(value: Value, dates: Dates) -> Value {
    map_names(value, &mut |name, value| {
        let value = if DATES.contains(&name) { moment(value, dates) } else { value };
        (with_first(name, |c| c.to_ascii_uppercase()), value)
    })
}

/// `serde_json` bounds the depth of what it parses, and so the depth here.
fn map_names(value: Value, change: &mut dyn FnMut(&str, Value) -> (String, Value)) -> Value {
    match value {
        Value::Object(members) => {
            let mut changed = Map::with_capacity(members.len());
            for (name, value) in members {
                let (name, value) = change(&name, value);
                changed.insert(name, map_names(value, change));
            }
            Value::Object(changed)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| map_names(item, change)).collect()),
        other => other,
    }
}

fn with_first(name: &str, change: impl Fn(char) -> char) -> String {
    let mut letters = name.chars();
    letters.next().map(change).into_iter().chain(letters).collect()
}

fn moment(value: Value, dates: Dates) -> Value {
    let Some(seconds) = value.as_f64() else { return value };
    let millis = (seconds * 1000.0).round() as i64;
    match dates {
        Dates::Millis => Value::from(millis),
        Dates::Iso8601 => {
            let time = chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default();
            Value::String(time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_change_at_every_depth_and_moments_by_their_name() {
        let wire = json!({ "tags": [{ "key": "a" }], "startDate": 1.5, "executionArn": "x" });
        let optimised = json!({ "Tags": [{ "Key": "a" }], "StartDate": 1500, "ExecutionArn": "x" });
        assert_eq!(to_pascal(wire.clone(), Dates::Millis), optimised);
        assert_eq!(to_pascal(wire, Dates::Iso8601)["StartDate"], "1970-01-01T00:00:01.500Z");
        assert_eq!(to_camel(optimised), json!({ "tags": [{ "key": "a" }], "startDate": 1500, "executionArn": "x" }));
    }
}

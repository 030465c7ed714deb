//! Automerge: what becomes of an item and a mutation that did not know its latest version (developer guide,
//! "Automerges"). Pure; on typed values.

use serde_json::{Map, Value};

use super::{Item, metadata};

/// The item with what the mutation adds to it. Attributes that it does not mention stay.
pub(super) fn merge(existing: &Item, incoming: &Item) -> Item {
    let mut merged = existing.clone();
    let attributes = incoming.iter().filter(|(name, _)| !metadata::is_metadata(name));
    attributes.for_each(|(name, value)| add(&mut merged, name, value));
    merged
}

fn add(existing: &mut Map<String, Value>, name: &str, incoming: &Value) {
    match existing.get_mut(name) {
        Some(existing) => resolve(existing, incoming),
        None => {
            existing.insert(name.to_owned(), incoming.clone());
        }
    }
}

/// Lists are joined, sets united, maps merged by property. Of all else the existing value stays, unless it is NULL.
/// Items nest 32 levels at most, and so does what DynamoDB takes of a mutation.
fn resolve(existing: &mut Value, incoming: &Value) {
    let Some((tag, new)) = incoming.as_object().and_then(|value| value.iter().next()) else { return };
    if existing.get("NULL").is_some() {
        *existing = incoming.clone();
        return;
    }
    match (tag.as_str(), existing.get_mut(tag), new) {
        ("L", Some(Value::Array(list)), Value::Array(more)) => list.extend(more.iter().cloned()),
        ("SS" | "NS" | "BS", Some(Value::Array(set)), Value::Array(more)) => {
            for member in more {
                if !set.iter().any(|present| equal(present, member)) {
                    set.push(member.clone());
                }
            }
        }
        ("M", Some(Value::Object(map)), Value::Object(more)) => {
            more.iter().for_each(|(name, value)| add(map, name, value));
        }
        _ => {}
    }
}

/// Members of number sets are numbers as text: `1` and `1.0` are the same.
fn equal(one: &Value, other: &Value) -> bool {
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<f64>().ok());
    one == other || number(one).is_some_and(|one| Some(one) == number(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The developer guide's example, step by step, and what it says of each type.
    #[test]
    fn each_type_has_its_rule() {
        let list =
            |values: &[u32]| json!({ "L": values.iter().map(|n| json!({ "N": n.to_string() })).collect::<Vec<_>>() });
        let cases = [
            ("a scalar stays", json!({ "N": "5" }), json!({ "N": "55" }), json!({ "N": "5" })),
            (
                "a list is appended to, with duplicates",
                list(&[24, 30, 27]),
                list(&[30, 35]),
                list(&[24, 30, 27, 30, 35]),
            ),
            (
                "a set is united",
                json!({ "SS": ["breakfast", "lunch", "dinner"] }),
                json!({ "SS": ["breakfast", "lunch", "brunch"] }),
                json!({ "SS": ["breakfast", "lunch", "dinner", "brunch"] }),
            ),
            (
                "a number set too",
                json!({ "NS": ["1", "2"] }),
                json!({ "NS": ["1.0", "3"] }),
                json!({ "NS": ["1", "2", "3"] }),
            ),
            (
                "a binary set too",
                json!({ "BS": ["AA=="] }),
                json!({ "BS": ["AA==", "AQ=="] }),
                json!({ "BS": ["AA==", "AQ=="] }),
            ),
            (
                "a map is merged by property",
                json!({ "M": { "ppg": { "S": "35.4" }, "apg": { "S": "6.3" } } }),
                json!({ "M": { "ppg": { "S": "25.7" }, "rpg": { "S": "6.9" } } }),
                json!({ "M": { "ppg": { "S": "35.4" }, "apg": { "S": "6.3" }, "rpg": { "S": "6.9" } } }),
            ),
            ("NULL takes the new value", json!({ "NULL": true }), json!({ "S": "x" }), json!({ "S": "x" })),
            ("a value stays against NULL", json!({ "S": "x" }), json!({ "NULL": true }), json!({ "S": "x" })),
            ("a value stays against another type", json!({ "S": "x" }), list(&[1]), json!({ "S": "x" })),
            ("a list stays against a set", list(&[1]), json!({ "NS": ["2"] }), list(&[1])),
        ];
        for (rule, existing, incoming, merged) in cases {
            let item = |value: &Value| Map::from_iter([("a".to_owned(), value.clone())]);
            assert_eq!(merge(&item(&existing), &item(&incoming)), item(&merged), "{rule}");
        }
    }

    #[test]
    fn new_attributes_are_added_and_others_and_metadata_stay() {
        let existing =
            json!({ "id": { "S": "1" }, "b": { "S": "kept" }, "_version": { "N": "5" }, "_deleted": { "BOOL": true } });
        let incoming =
            json!({ "id": { "S": "1" }, "c": { "S": "new" }, "_version": { "N": "3" }, "_ttl": { "N": "1" } });
        let merged = merge(existing.as_object().unwrap(), incoming.as_object().unwrap());
        let expected = json!({ "id": { "S": "1" }, "b": { "S": "kept" }, "_version": { "N": "5" },
            "_deleted": { "BOOL": true }, "c": { "S": "new" } });
        assert_eq!(Value::Object(merged), expected);
    }
}

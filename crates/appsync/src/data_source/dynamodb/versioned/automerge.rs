//! Automerge: what becomes of an item and a mutation that did not know its latest version (developer guide,
//! "Automerges"). Pure; on typed values.

use std::{borrow::Cow, collections::HashSet};

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
            let mut present: HashSet<_> = set.iter().map(|member| identity(tag, member)).collect();
            let new: Vec<_> = more.iter().filter(|member| present.insert(identity(tag, member))).cloned().collect();
            set.extend(new);
        }
        ("M", Some(Value::Object(map)), Value::Object(more)) => {
            more.iter().for_each(|(name, value)| add(map, name, value));
        }
        _ => {}
    }
}

/// What two members of a set have in common if they are the same: their text, or their number.
fn identity<'a>(tag: &str, member: &'a Value) -> Cow<'a, Value> {
    let number = member.as_str().filter(|_| tag == "NS").and_then(canonical);
    number.map_or(Cow::Borrowed(member), |number| Cow::Owned(number.into()))
}

/// The one form of a number that is written as `1`, `+1.0` and `10E-1`, all of its digits kept: sign, digits without
/// zeros around them, exponent. `None` for what is no number.
fn canonical(text: &str) -> Option<String> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_end_matches('0');
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    let exponent = exponent.checked_add(zeros)?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    match significant.trim_start_matches('0') {
        "" => Some("0".to_owned()),
        significant => Some(format!("{sign}{significant}e{exponent}")),
    }
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
                "texts that read as the same number are different texts",
                json!({ "SS": ["1234", "1.0", "inf"] }),
                json!({ "SS": ["01234", "1.00", "infinity", "1.0"] }),
                json!({ "SS": ["1234", "1.0", "inf", "01234", "1.00", "infinity"] }),
            ),
            (
                "numbers differ by their last digit, however many they have",
                json!({ "NS": ["9007199254740992", "12345678901234567890123456789012345678"] }),
                json!({ "NS": ["9007199254740993", "12345678901234567890123456789012345679"] }),
                json!({ "NS": ["9007199254740992", "12345678901234567890123456789012345678",
                    "9007199254740993", "12345678901234567890123456789012345679"] }),
            ),
            (
                "so do binary values",
                json!({ "BS": ["1234"] }),
                json!({ "BS": ["01234AA=", "1234"] }),
                json!({ "BS": ["1234", "01234AA="] }),
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

    #[test]
    fn a_number_has_one_canonical_form() {
        let same = [
            ("1e0", &["1", "1.0", "+1", "01", "1.", "10e-1", "0.1E+1", "001.000"][..]),
            ("-15e-1", &["-1.5", "-1.50", "-15e-1", "-.15E1"]),
            ("0", &["0", "-0", "0.00", "0e5", "+00"]),
            ("1e125", &["1e125", "10e124", "0.1e126"]),
            ("12345678901234567890123456789012345678e0", &["12345678901234567890123456789012345678"]),
        ];
        for (expected, texts) in same {
            for text in texts {
                assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
            }
        }
        for text in ["", ".", "-", "e5", "1e", "inf", "NaN", "1_000", "0x1", "1.2.3", "--1", "1e99999999999999999999"] {
            assert_eq!(canonical(text), None, "{text}");
        }
        assert_eq!(canonical(&format!("10e{}", i64::MAX)), None, "no exponent overflows");
        assert_eq!(canonical(&format!("0.1e{}", i64::MIN)), None, "no exponent overflows");
    }

    /// Pair by pair this is ten thousand million comparisons.
    #[test]
    fn sets_as_large_as_a_request_are_united_at_once() {
        let members = |from: usize| (from..from + 100_000).map(|number| number.to_string()).collect::<Vec<_>>();
        let item = |tag: &str, from| Map::from_iter([("a".to_owned(), json!({ tag: members(from) }))]);
        for tag in ["SS", "NS"] {
            assert_eq!(merge(&item(tag, 0), &item(tag, 50_000))["a"][tag].as_array().map(Vec::len), Some(150_000));
        }
    }
}

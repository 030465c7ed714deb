//! A JSON object as `application/x-www-form-urlencoded`, in the ways that `Transform` offers for arrays.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `ArrayFormat`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ArrayFormat {
    /// `a[0]=x&a[1]=y`
    #[default]
    Indices,
    /// `a=x&a=y`
    Repeat,
    /// `a=x,y`
    Commas,
    /// `a[]=x&a[]=y`
    Brackets,
}

impl ArrayFormat {
    /// By AWS's name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "INDICES" => Self::Indices,
            "REPEAT" => Self::Repeat,
            "COMMAS" => Self::Commas,
            "BRACKETS" => Self::Brackets,
            _ => return None,
        })
    }
}

/// The form of an object; members of members are `a[b]`. `serde_json` bounds the depth of what it parses.
pub(super) fn encode(members: &Map<String, Value>, arrays: ArrayFormat) -> String {
    let mut pairs = Vec::new();
    for (name, value) in members {
        add(&mut pairs, name, value, arrays);
    }
    query(&pairs)
}

/// Pairs as a query, encoded.
pub(super) fn query(pairs: &[(String, String)]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

/// A scalar as a form shows it.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn add(pairs: &mut Vec<(String, String)>, name: &str, value: &Value, arrays: ArrayFormat) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                add(pairs, &format!("{name}[{member}]"), value, arrays);
            }
        }
        Value::Array(items) if arrays == ArrayFormat::Commas => {
            let items: Vec<_> = items.iter().map(text).collect();
            pairs.push((name.to_owned(), items.join(",")));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = match arrays {
                    ArrayFormat::Indices => format!("{name}[{index}]"),
                    ArrayFormat::Brackets => format!("{name}[]"),
                    ArrayFormat::Repeat | ArrayFormat::Commas => name.to_owned(),
                };
                add(pairs, &name, item, arrays);
            }
        }
        scalar => pairs.push((name.to_owned(), text(scalar))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_are_those_of_the_developer_guide() {
        let object = |value: Value| value.as_object().expect("an object").clone();
        let array = object(json!({ "array": ["a", "b"] }));
        let cases = [
            (ArrayFormat::Indices, "array%5B0%5D=a&array%5B1%5D=b"),
            (ArrayFormat::Repeat, "array=a&array=b"),
            (ArrayFormat::Commas, "array=a%2Cb"),
            (ArrayFormat::Brackets, "array%5B%5D=a&array%5B%5D=b"),
        ];
        for (format, expected) in cases {
            assert_eq!(encode(&array, format), expected);
        }
        let invoice =
            object(json!({ "description": "Monthly subscription", "metadata": { "order_details": "data" }, "n": 1 }));
        let expected = "description=Monthly%20subscription&metadata%5Border_details%5D=data&n=1";
        assert_eq!(encode(&invoice, ArrayFormat::default()), expected);
    }
}

//! The JSON paths of input paths and input transformers: dots, array indices and wildcards, nothing else.

use serde_json::Value;

use crate::Error;

/// `$`, `$.detail.order-id`, `$.resources[0]`, `$.detail.items[*].sku`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonPath {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Index(usize),
    Every,
}

impl JsonPath {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let invalid = || Error::Invalid(format!("Invalid JSON path: '{text}'."));
        let mut rest = text.strip_prefix('$').ok_or_else(invalid)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let (name, after) = after.split_at(end);
                steps.push(match name {
                    "" => return Err(invalid()),
                    "*" => Step::Every,
                    _ => Step::Field(name.to_owned()),
                });
                rest = after;
            } else {
                let (index, after) =
                    rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(invalid)?;
                steps.push(match index {
                    "*" => Step::Every,
                    _ => Step::Index(index.parse().map_err(|_| invalid())?),
                });
                rest = after;
            }
        }
        Ok(Self { steps })
    }

    /// The value at this path; with a wildcard, the array of all of them. `None` where there is nothing.
    pub(crate) fn find(&self, root: &Value) -> Option<Value> {
        let mut found = vec![root];
        for step in &self.steps {
            found = found.into_iter().flat_map(|value| step.from(value)).collect();
        }
        match self.steps.contains(&Step::Every) {
            true => Some(found.into_iter().cloned().collect()).filter(|all| *all != Value::Array(Vec::new())),
            false => found.first().copied().cloned(),
        }
    }
}

impl Step {
    fn from<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match (self, value) {
            (Self::Field(name), Value::Object(fields)) => fields.get(name).into_iter().collect(),
            (Self::Index(index), Value::Array(items)) => items.get(*index).into_iter().collect(),
            (Self::Every, Value::Array(items)) => items.iter().collect(),
            (Self::Every, Value::Object(fields)) => fields.values().collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_what_the_path_names() {
        let event = json!({ "detail-type": "T", "detail": { "a": { "b": 1 }, "items": [{ "s": "x" }, { "s": "y" }], "n": null } });
        let cases = [
            ("$", Some(event.clone())),
            ("$.detail-type", Some(json!("T"))),
            ("$.detail.a.b", Some(json!(1))),
            ("$.detail.n", Some(json!(null))),
            ("$.detail.items[1].s", Some(json!("y"))),
            ("$.detail.items[*].s", Some(json!(["x", "y"]))),
            ("$.detail.a.*", Some(json!([1]))),
            ("$.detail.none", None),
            ("$.detail.items[2]", None),
            ("$.detail.none[*]", None),
        ];
        for (path, found) in cases {
            assert_eq!(JsonPath::parse(path).expect(path).find(&event), found, "{path}");
        }
    }

    #[test]
    fn refuses_what_eventbridge_does_not_know() {
        for path in ["", "detail", "$detail", "$..a", "$.a[?(@.b)]", "$.a[1", "$.a.", "$['a']", "$[-1]"] {
            assert!(JsonPath::parse(path).is_err(), "{path}");
        }
    }
}

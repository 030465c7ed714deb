//! Reading the members of an operation's input, and AWS's texts for members that break the model's constraints.

use serde_json::{Map, Value};

use crate::Error;

/// The members of one input. Violations are collected, because AWS reports them together.
pub(crate) struct Input<'a> {
    members: &'a Map<String, Value>,
    /// What violations put before the names of members: `mock.` for those of the member `mock`.
    path: String,
    violations: Vec<String>,
}

impl<'a> Input<'a> {
    /// The members of `input`, which must be an object.
    pub(crate) fn new(input: &'a Value) -> Result<Self, Error> {
        match input {
            Value::Object(members) => Ok(Self { members, path: String::new(), violations: Vec::new() }),
            _ => Err(Error::Serialization("Start of structure or map found where not expected.".to_owned())),
        }
    }

    /// A member as it came; JSON null counts as absent.
    pub(crate) fn value(&self, member: &str) -> Option<&'a Value> {
        self.members.get(member).filter(|value| !value.is_null())
    }

    /// An optional text of `min..=max` characters.
    pub(crate) fn text(&mut self, member: &str, min: usize, max: usize) -> Result<Option<&'a str>, Error> {
        let Some(value) = self.value(member) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| wrong_type(value, "String"))?;
        let length = text.chars().count();
        if length < min {
            self.violate(text, member, format!("Member must have length greater than or equal to {min}"));
        }
        if length > max {
            self.violate(text, member, format!("Member must have length less than or equal to {max}"));
        }
        Ok(Some(text))
    }

    /// A text that must be there; an empty stand-in is returned beside the violation where it is not.
    pub(crate) fn required(&mut self, member: &str, min: usize, max: usize) -> Result<&'a str, Error> {
        match self.text(member, min, max)? {
            Some(text) => Ok(text),
            None => {
                let constraint = "failed to satisfy constraint: Member must not be null";
                self.violations.push(format!("Value null at '{}{member}' {constraint}", self.path));
                Ok("")
            }
        }
    }

    /// A required ARN of at most 256 characters.
    pub(crate) fn arn(&mut self, member: &str) -> Result<&'a str, Error> {
        self.required(member, 1, 256)
    }

    /// One of `values`, or `default` where the member is absent.
    pub(crate) fn choice(
        &mut self,
        member: &str,
        values: &[&'static str],
        default: &'static str,
    ) -> Result<&'static str, Error> {
        let Some(value) = self.value(member) else { return Ok(default) };
        let text = value.as_str().ok_or_else(|| wrong_type(value, "String"))?;
        if let Some(known) = values.iter().find(|known| **known == text) {
            return Ok(known);
        }
        let set = values.join(", ");
        self.violate(text, member, format!("Member must satisfy enum value set: [{set}]"));
        Ok(default)
    }

    /// `maxResults`: 0..=1000, where 0 and absence mean 100.
    pub(crate) fn max_results(&mut self) -> Result<usize, Error> {
        let Some(value) = self.value("maxResults") else { return Ok(100) };
        let number = value.as_i64().ok_or_else(|| wrong_type(value, "Integer"))?;
        match number {
            0 => return Ok(100),
            1..=1000 => {}
            ..0 => {
                let text = "Member must have value greater than or equal to 0";
                self.violate(&number.to_string(), "maxResults", text.to_owned());
            }
            _ => {
                let text = "Member must have value less than or equal to 1000";
                self.violate(&number.to_string(), "maxResults", text.to_owned());
            }
        }
        Ok(usize::try_from(number.clamp(1, 1000)).expect("clamped to 1..=1000"))
    }

    /// A boolean, or `default` where the member is absent.
    pub(crate) fn boolean(&self, member: &str, default: bool) -> Result<bool, Error> {
        match self.value(member) {
            None => Ok(default),
            Some(value) => value.as_bool().ok_or_else(|| wrong_type(value, "Boolean")),
        }
    }

    /// A number that is not negative.
    pub(crate) fn count(&mut self, member: &str) -> Result<Option<u64>, Error> {
        let Some(value) = self.value(member) else { return Ok(None) };
        let number = value.as_i64().ok_or_else(|| wrong_type(value, "Integer"))?;
        if number < 0 {
            let text = "Member must have value greater than or equal to 0";
            self.violate(&number.to_string(), member, text.to_owned());
        }
        Ok(Some(u64::try_from(number).unwrap_or(0)))
    }

    /// A percentage between 0 and 100.
    pub(crate) fn percentage(&mut self, member: &str) -> Result<Option<f64>, Error> {
        let Some(value) = self.value(member) else { return Ok(None) };
        let number = value.as_f64().ok_or_else(|| wrong_type(value, "Float"))?;
        if number < 0.0 {
            self.violate(&value.to_string(), member, "Member must have value greater than or equal to 0".to_owned());
        }
        if number > 100.0 {
            self.violate(&value.to_string(), member, "Member must have value less than or equal to 100".to_owned());
        }
        Ok(Some(number))
    }

    /// The members of a structure, which `read` reads; its violations become those of the whole.
    pub(crate) fn structure<T>(
        &mut self,
        member: &str,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.value(member) else { return Ok(None) };
        let mut inner = Self { path: format!("{}{member}.", self.path), ..Self::new(value)? };
        let found = read(&mut inner)?;
        self.violations.append(&mut inner.violations);
        Ok(Some(found))
    }

    /// A list; empty where the member is absent.
    pub(crate) fn list(&self, member: &str) -> Result<&'a [Value], Error> {
        match self.value(member) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(value) => Err(wrong_type(value, "List")),
        }
    }

    /// Ends the reading: an error that names every violated constraint, if any.
    pub(crate) fn finish(self) -> Result<(), Error> {
        match self.violations.len() {
            0 => Ok(()),
            1 => Err(Error::Validation(format!("1 validation error detected: {}", self.violations[0]))),
            n => Err(Error::Validation(format!("{n} validation errors detected: {}", self.violations.join("; ")))),
        }
    }

    /// Notes a violated constraint.
    pub(super) fn violate(&mut self, value: &str, member: &str, constraint: String) {
        let path = &self.path;
        self.violations.push(format!("Value '{value}' at '{path}{member}' failed to satisfy constraint: {constraint}"));
    }
}

/// AWS's text for a member of the wrong JSON type, as its JSON protocol words it.
pub(crate) fn wrong_type(value: &Value, wanted: &str) -> Error {
    let found = match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    Error::Serialization(format!("{found} can not be converted to {}", article(wanted)))
}

fn article(noun: &str) -> String {
    if noun.starts_with(['A', 'E', 'I', 'O', 'U']) { format!("an {noun}") } else { format!("a {noun}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn violations_are_worded_as_recorded_on_aws() {
        let input = json!({ "maxResults": 1001, "statusFilter": "succeeded" });
        let mut input = Input::new(&input).expect("an object");
        let statuses = ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"];
        input.choice("statusFilter", &statuses, "").expect("a text");
        input.max_results().expect("a number");
        input.required("name", 1, 80).expect("absent");
        let error = input.finish().expect_err("three violations").to_string();
        assert_eq!(
            error,
            "3 validation errors detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member \
             must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]; Value \
             '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000; \
             Value null at 'name' failed to satisfy constraint: Member must not be null"
        );
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        let input = json!({ "name": "ü".repeat(80), "long": "ü".repeat(81), "empty": "" });
        let mut input = Input::new(&input).expect("an object");
        input.required("name", 1, 80).expect("a text");
        assert!(input.violations.is_empty());
        input.required("long", 1, 80).expect("a text");
        input.required("empty", 1, 80).expect("a text");
        assert_eq!(input.violations.len(), 2);
    }
}

//! The context object that a caller of TestState brings: it may have the members of AWS's own, and no others.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html>

use asl::Data;
use serde_json::{Map, Value};

use crate::Error;

/// What a member may hold.
enum Kind {
    Text,
    Number,
    Anything,
    Object(&'static [(&'static str, Kind)]),
}

const CONTEXT: [(&str, Kind); 5] = [
    (
        "Execution",
        Kind::Object(&[
            ("Id", Kind::Text),
            ("Input", Kind::Anything),
            ("Name", Kind::Text),
            ("RedriveCount", Kind::Number),
            ("RedriveTime", Kind::Text),
            ("RoleArn", Kind::Text),
            ("StartTime", Kind::Text),
        ]),
    ),
    ("StateMachine", Kind::Object(&[("Id", Kind::Text), ("Name", Kind::Text)])),
    ("State", Kind::Object(&[("EnteredTime", Kind::Text), ("Name", Kind::Text), ("RetryCount", Kind::Number)])),
    ("Task", Kind::Object(&[("Token", Kind::Text)])),
    (
        "Map",
        Kind::Object(&[(
            "Item",
            Kind::Object(&[
                ("Index", Kind::Number),
                ("Key", Kind::Text),
                ("Source", Kind::Text),
                ("Value", Kind::Anything),
            ]),
        )]),
    ),
];

/// Reads and checks a context object.
///
/// # Errors
/// `ValidationException` with the first thing that is wrong, worded as recorded on AWS.
pub(crate) fn check(text: &str) -> Result<Data, Error> {
    let refused = |why: String| Error::Validation(format!("Invalid Context object provided: {why}"));
    let context = Data::parse(text).map_err(|error| refused(error.to_string()))?;
    let members = context.value().as_object().ok_or_else(|| refused("It must be an object".to_owned()))?;
    check_members(members, &CONTEXT, "").map_err(refused)?;
    Ok(context)
}

fn check_members(members: &Map<String, Value>, known: &[(&str, Kind)], path: &str) -> Result<(), String> {
    for (name, value) in members {
        let (_, kind) =
            known.iter().find(|(known, _)| known == name).ok_or_else(|| format!("Field '{name}' is not allowed"))?;
        let (fits, wanted) = match kind {
            Kind::Text => (value.is_string(), "a string"),
            Kind::Number => (value.is_number(), "a number"),
            Kind::Anything => (true, ""),
            Kind::Object(_) => (value.is_object(), "an object"),
        };
        if !fits {
            return Err(format!("{path}{name} must be {wanted}"));
        }
        if let (Kind::Object(known), Value::Object(members)) = (kind, value) {
            check_members(members, known, &format!("{path}{name}."))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_those_of_the_context_object() {
        let cases = [
            ("{}", None),
            (r#"{"Execution": {}, "Map": {"Item": {"Index": 1, "Value": null}}, "Task": {"Token": "t"}}"#, None),
            // The first two texts are recorded on AWS, the others follow them.
            (r#"{"Execution": {"Id": 1}}"#, Some("Execution.Id must be a string")),
            (r#"{"Pokedex": {}}"#, Some("Field 'Pokedex' is not allowed")),
            (r#"{"State": []}"#, Some("State must be an object")),
            (r#"{"Map": {"Item": {"Index": "1"}}}"#, Some("Map.Item.Index must be a number")),
            ("[]", Some("It must be an object")),
            ("{", Some("Unexpected end-of-input")),
        ];
        for (text, expected) in cases {
            let found = check(text).err().map(|error| error.to_string());
            let expected = expected.map(|why| format!("Invalid Context object provided: {why}"));
            assert_eq!(found, expected, "{text}");
        }
    }
}

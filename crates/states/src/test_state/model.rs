//! What operations of AWS's services answer, as far as mocked results are checked against it.
//!
//! The tables in `models/` have three kinds of lines: `PutItem -> PutItemOutput` names what an operation answers,
//! `PutItemOutput: Attributes {AttributeValue}, ...` the members of a structure (`!` marks those that must be there), and
//! `ReturnValue = NONE, ALL_OLD, ...` the values of an enumeration. `[T]` is a list of T, `{T}` a map to T. Names are those
//! that workflows see, in Pascal case.

use std::{collections::HashMap, sync::OnceLock};

use serde_json::Value;

use super::mock::Strictness;

/// Each service, as resources of Task states name it, and its table.
const TABLES: [(&[&str], &str); 9] = [
    (&["dynamodb"], include_str!("models/dynamodb.txt")),
    (&["states", "sfn"], include_str!("models/states.txt")),
    (&["events", "eventbridge"], include_str!("models/events.txt")),
    (&["cognitoidentityprovider"], include_str!("models/cognito-idp.txt")),
    (&["sqs"], include_str!("models/sqs.txt")),
    (&["sns"], include_str!("models/sns.txt")),
    (&["lambda"], include_str!("models/lambda.txt")),
    (&["s3"], include_str!("models/s3.txt")),
    (&["kms"], include_str!("models/kms.txt")),
];

/// The answers of one service.
struct Model {
    answers: HashMap<&'static str, &'static str>,
    shapes: HashMap<&'static str, Shape>,
}

enum Shape {
    Structure(Vec<Member>),
    Enumeration(Vec<&'static str>),
}

struct Member {
    name: &'static str,
    required: bool,
    kind: Kind,
}

enum Kind {
    Text,
    Number,
    Boolean,
    Anything,
    List(Box<Kind>),
    Map(Box<Kind>),
    Named(&'static str),
}

/// Checks what an operation is said to answer.
///
/// # Errors
/// The first thing that is wrong, in the words of AWS.
// AWS differs: it knows all services; what a service without a table answers is not checked here.
pub(super) fn check(service: &str, operation: &str, answer: &Value, strictness: Strictness) -> Result<(), String> {
    let Some(model) = model(service) else { return Ok(()) };
    match model.answers.get(operation) {
        Some(shape) => model.check(answer, &Kind::Named(shape), "", strictness),
        None => Ok(()),
    }
}

/// A service's model, read when it is first wanted.
fn model(service: &str) -> Option<&'static Model> {
    static MODELS: [OnceLock<Model>; TABLES.len()] = [const { OnceLock::new() }; TABLES.len()];
    let at = TABLES.iter().position(|(names, _)| names.contains(&service))?;
    Some(MODELS[at].get_or_init(|| Model::read(TABLES[at].1)))
}

impl Model {
    fn read(table: &'static str) -> Self {
        let mut model = Self { answers: HashMap::new(), shapes: HashMap::new() };
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            if let Some((operation, shape)) = line.split_once(" -> ") {
                model.answers.insert(operation, shape);
            } else if let Some((name, values)) = line.split_once(" = ") {
                model.shapes.insert(name, Shape::Enumeration(values.split(", ").collect()));
            } else if let Some((name, members)) = line.split_once(':') {
                let members = members.split(", ").filter_map(|member| Member::read(member.trim()));
                model.shapes.insert(name, Shape::Structure(members.collect()));
            }
        }
        model
    }

    /// Goes as deep as `value` does.
    fn check(&self, value: &Value, kind: &Kind, field: &str, strictness: Strictness) -> Result<(), String> {
        match (kind, value) {
            (Kind::Anything, _)
            | (Kind::Text, Value::String(_))
            | (Kind::Number, Value::Number(_))
            | (Kind::Boolean, Value::Bool(_)) => Ok(()),
            (Kind::List(kind), Value::Array(items)) => {
                items.iter().try_for_each(|item| self.check(item, kind, field, strictness))
            }
            (Kind::Map(kind), Value::Object(members)) => {
                members.values().try_for_each(|member| self.check(member, kind, field, strictness))
            }
            (Kind::Named(name), _) => self.check_shape(value, name, field, strictness),
            (Kind::Text, _) => Err(wanted(field, "a string")),
            (Kind::Number, _) => Err(wanted(field, "a number")),
            (Kind::Boolean, _) => Err(wanted(field, "a boolean")),
            (Kind::List(_), _) => Err(wanted(field, "an array")),
            (Kind::Map(_), _) => Err(wanted(field, "an object")),
        }
    }

    fn check_shape(&self, value: &Value, shape: &str, field: &str, strictness: Strictness) -> Result<(), String> {
        match (self.shapes.get(shape), value) {
            (None, _) => Ok(()),
            (Some(Shape::Structure(known)), Value::Object(members)) => {
                let is_missing = |member: &&Member| member.required && !members.contains_key(member.name);
                if let Some(missing) = known.iter().find(is_missing).filter(|_| strictness == Strictness::Strict) {
                    return Err(format!("Required field '{}' is missing", missing.name));
                }
                // Members that the model lacks are let through.
                known.iter().try_for_each(|member| match members.get(member.name) {
                    Some(value) => self.check(value, &member.kind, member.name, strictness),
                    None => Ok(()),
                })
            }
            (Some(Shape::Structure(_)), _) => Err(wanted(field, "an object")),
            (Some(Shape::Enumeration(values)), Value::String(text)) if values.contains(&text.as_str()) => Ok(()),
            (Some(Shape::Enumeration(_)), Value::String(_)) => Err(format!("Field '{field}' is not an expected value")),
            (Some(Shape::Enumeration(_)), _) => Err(wanted(field, "a string")),
        }
    }
}

impl Member {
    /// `Name Kind`, or `Name! Kind` for one that must be there.
    fn read(text: &'static str) -> Option<Self> {
        let (name, kind) = text.split_once(' ')?;
        let required = name.ends_with('!');
        Some(Self { name: name.trim_end_matches('!'), required, kind: Kind::read(kind) })
    }
}

impl Kind {
    fn read(text: &'static str) -> Self {
        let inside = |open, close| text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
        if let Some(item) = inside('[', ']') {
            return Self::List(Box::new(Self::read(item)));
        }
        if let Some(value) = inside('{', '}') {
            return Self::Map(Box::new(Self::read(value)));
        }
        match text {
            "string" => Self::Text,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "any" => Self::Anything,
            name => Self::Named(name),
        }
    }
}

fn wanted(field: &str, what: &str) -> String {
    format!("Field '{field}' must be {what}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(kind: &Kind) -> Option<&'static str> {
        match kind {
            Kind::List(kind) | Kind::Map(kind) => names(kind),
            Kind::Named(name) => Some(name),
            _ => None,
        }
    }

    #[test]
    fn tables_name_only_what_they_define() {
        for (services, table) in TABLES {
            let model = Model::read(table);
            assert!(!model.answers.is_empty(), "{services:?}");
            let answers = model.answers.values().copied();
            let members = model.shapes.values().flat_map(|shape| match shape {
                Shape::Structure(members) => members.iter().filter_map(|member| names(&member.kind)).collect(),
                Shape::Enumeration(_) => Vec::new(),
            });
            for name in answers.chain(members) {
                assert!(model.shapes.contains_key(name), "{services:?}: {name}");
            }
        }
    }

    #[test]
    fn answers_are_checked_to_their_depth() {
        use Strictness::{Present, Strict};
        let get_item = |item| json!({ "Item": item, "SdkHttpMetadata": 1 });
        let cases = [
            ("dynamodb", "GetItem", get_item(json!({ "id": { "S": "1", "SS": ["a"] } })), Strict, None),
            ("dynamodb", "GetItem", get_item(json!({ "id": { "S": 1 } })), Strict, Some("Field 'S' must be a string")),
            (
                "dynamodb",
                "GetItem",
                get_item(json!({ "id": { "L": [{ "M": { "a": { "BOOL": "no" } } }] } })),
                Present,
                Some("Field 'BOOL' must be a boolean"),
            ),
            ("dynamodb", "GetItem", get_item(json!([])), Strict, Some("Field 'Item' must be an object")),
            ("sfn", "DescribeExecution", json!({}), Present, None),
            ("sfn", "DescribeExecution", json!({}), Strict, Some("Required field 'ExecutionArn' is missing")),
            ("lambda", "Invoke", json!({ "Payload": [1], "StatusCode": 200 }), Strict, None),
            ("nobody", "DoAnything", json!({ "Item": 1 }), Strict, None),
            ("dynamodb", "DoAnything", json!({ "Item": 1 }), Strict, None),
        ];
        for (service, operation, answer, strictness, expected) in cases {
            let found = check(service, operation, &answer, strictness).err();
            assert_eq!(found.as_deref(), expected, "{service} {operation} {answer}");
        }
    }
}

//! The update expression of `dynamodb.update`, and its `operations.*`, named as recorded on AWS.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Fault, Function, argument, dynamodb::typed};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("dynamodb.operations.add", |_, arguments| operation("ADD", &[("value", argument(arguments, 0))])),
    ("dynamodb.operations.remove", |_, _| operation("REMOVE", &[])),
    ("dynamodb.operations.replace", |_, arguments| operation("REPLACE", &[("value", argument(arguments, 0))])),
    ("dynamodb.operations.increment", |_, arguments| operation("INCREMENT", &[("by", &by(arguments))])),
    ("dynamodb.operations.decrement", |_, arguments| operation("DECREMENT", &[("by", &by(arguments))])),
    ("dynamodb.operations.append", |_, arguments| operation("APPEND", &[("items", argument(arguments, 0))])),
    ("dynamodb.operations.prepend", |_, arguments| operation("PREPEND", &[("items", argument(arguments, 0))])),
    ("dynamodb.operations.updateListItem", |_, arguments| {
        operation("UPDATE_LIST_ITEM", &[("value", argument(arguments, 0)), ("index", argument(arguments, 1))])
    }),
];

/// How much to add or take away: 1 where it is left out.
fn by(arguments: &[Value]) -> Value {
    match argument(arguments, 0) {
        Value::Null => json!(1),
        by => by.clone(),
    }
}

fn operation(kind: &str, fields: &[(&str, &Value)]) -> Result<Value, Fault> {
    let mut operation = Map::new();
    operation.insert("type".into(), format!("OPERATION_{kind}").into());
    operation.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone())));
    Ok(Value::Object(operation))
}

/// `{ expression, expressionNames, expressionValues }` for the fields of `update`.
pub(super) fn expression(update: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let mut clauses = Clauses::default();
    clauses.fields("", update)?;
    Ok(clauses.into_document())
}

/// Attribute names and their placeholders `#expName_n`.
#[derive(Debug, Default)]
pub(super) struct Names {
    placeholders: HashMap<String, String>,
    names: Map<String, Value>,
}

impl Names {
    /// The placeholder of `name`, new or known.
    pub(super) fn placeholder(&mut self, name: &str) -> String {
        if let Some(known) = self.placeholders.get(name) {
            return known.clone();
        }
        let placeholder = format!("#expName_{}", self.names.len() + 1);
        self.placeholders.insert(name.to_owned(), placeholder.clone());
        self.names.insert(placeholder.clone(), name.into());
        placeholder
    }

    /// `expressionNames`.
    pub(super) fn into_map(self) -> Map<String, Value> {
        self.names
    }
}

#[derive(Debug, Default)]
struct Clauses {
    set: Vec<String>,
    remove: Vec<String>,
    names: Names,
    values: Map<String, Value>,
}

impl Clauses {
    /// Sets the fields below `prefix`; a nested object sets its leaves, one by one.
    fn fields(&mut self, prefix: &str, fields: &Map<String, Value>) -> Result<(), Fault> {
        for (field, value) in fields {
            let path = format!("{prefix}{}", self.names.placeholder(field));
            match value.as_object() {
                Some(operation) if is_operation(operation) => self.operation(path, operation)?,
                Some(nested) if !nested.is_empty() && typed(value).get("M").is_some() => {
                    self.fields(&format!("{path}."), nested)?;
                }
                _ => self.assign(&path, value),
            }
        }
        Ok(())
    }

    fn assign(&mut self, path: &str, value: &Value) {
        let value = self.value(value);
        self.set.push(format!("{path} = {value}"));
    }

    fn operation(&mut self, path: String, operation: &Map<String, Value>) -> Result<(), Fault> {
        let operand = |name: &str| operation.get(name).unwrap_or(&Value::Null);
        match operand("type").as_str().unwrap_or_default() {
            "OPERATION_ADD" | "OPERATION_REPLACE" => self.assign(&path, operand("value")),
            "OPERATION_REMOVE" => self.remove.push(path),
            "OPERATION_INCREMENT" => self.change(&path, '+', operand("by")),
            "OPERATION_DECREMENT" => self.change(&path, '-', operand("by")),
            "OPERATION_APPEND" => {
                let items = self.value(operand("items"));
                self.set.push(format!("{path} = list_append({path}, {items})"));
            }
            "OPERATION_PREPEND" => {
                let items = self.value(operand("items"));
                self.set.push(format!("{path} = list_append({items}, {path})"));
            }
            "OPERATION_UPDATE_LIST_ITEM" => {
                let index = operand("index").as_u64();
                let index = index.ok_or_else(|| Fault::code("updateListItem expects an index of 0 or more"))?;
                self.assign(&format!("{path}[{index}]"), operand("value"));
            }
            other => return Err(Fault::code(format!("Unsupported operation {other}."))),
        }
        Ok(())
    }

    fn change(&mut self, path: &str, sign: char, by: &Value) {
        let by = self.value(by);
        self.set.push(format!("{path} = {path} {sign} {by}"));
    }

    fn value(&mut self, value: &Value) -> String {
        let placeholder = format!(":expValue_{}", self.values.len() + 1);
        self.values.insert(placeholder.clone(), typed(value));
        placeholder
    }

    fn into_document(self) -> Map<String, Value> {
        let clauses = [("SET", self.set), ("REMOVE", self.remove)];
        let clauses = clauses.iter().filter(|(_, parts)| !parts.is_empty());
        let text = clauses.map(|(verb, parts)| format!("{verb} {}", parts.join(", "))).collect::<Vec<_>>().join(" ");
        let mut document = Map::new();
        document.insert("expression".into(), text.into());
        for (key, placeholders) in [("expressionNames", self.names.into_map()), ("expressionValues", self.values)] {
            if !placeholders.is_empty() {
                document.insert(key.into(), Value::Object(placeholders));
            }
        }
        document
    }
}

fn is_operation(fields: &Map<String, Value>) -> bool {
    fields.get("type").and_then(Value::as_str).is_some_and(|kind| kind.starts_with("OPERATION_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_become_expressions() {
        let increment = operation("INCREMENT", &[("by", &by(&[]))]).unwrap();
        assert_eq!(increment, json!({ "type": "OPERATION_INCREMENT", "by": 1 }));
        for (update, expected) in [
            (json!({ "a": 1, "b": null }), "SET #expName_1 = :expValue_1, #expName_2 = :expValue_2"),
            (
                json!({ "a": { "b": 1, "c": {} } }),
                "SET #expName_1.#expName_2 = :expValue_1, #expName_1.#expName_3 = :expValue_2",
            ),
            (json!({ "a": { "type": "OPERATION_REMOVE" }, "b": 1 }), "SET #expName_2 = :expValue_1 REMOVE #expName_1"),
            (json!({ "a": increment }), "SET #expName_1 = #expName_1 + :expValue_1"),
            (
                json!({ "a": { "type": "OPERATION_UPDATE_LIST_ITEM", "value": 1, "index": 2 } }),
                "SET #expName_1[2] = :expValue_1",
            ),
        ] {
            assert_eq!(super::expression(update.as_object().unwrap()).unwrap()["expression"], expected, "{update}");
        }
    }
}

//! Condition objects (`{ title: { contains: "x" }, or: [...] }`) as DynamoDB expressions, named as recorded on AWS:
//! `(contains(#title,:title_contains))`.

use serde_json::{Map, Value, json};

use super::{Fault, Function, dynamodb::typed, object_argument};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("util.transform.toDynamoDBFilterExpression", |_, arguments| {
        as_text(object_argument("util.transform.toDynamoDBFilterExpression", arguments, 0)?)
    }),
    ("util.transform.toDynamoDBConditionExpression", |_, arguments| {
        as_text(object_argument("util.transform.toDynamoDBConditionExpression", arguments, 0)?)
    }),
];

/// The expression document as JSON text.
fn as_text(conditions: &Map<String, Value>) -> Result<Value, Fault> {
    let mut expression = Expression::default();
    let text = expression.all_of(conditions)?.map(Clause::into_text).unwrap_or_default();
    let document = json!({
        "expression": text,
        "expressionNames": expression.names,
        "expressionValues": expression.values,
    });
    Ok(document.to_string().into())
}

/// A filter or condition as a request carries it; empty maps are left out, for DynamoDB refuses them.
pub(super) fn document(conditions: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let mut expression = Expression::default();
    let text = expression.all_of(conditions)?.map(Clause::into_text).unwrap_or_default();
    Ok(expression.into_document(text))
}

/// A key condition: no parentheses, joined by `AND`.
pub(super) fn key_document(conditions: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let mut expression = Expression::default();
    let tests: Vec<String> = expression.clauses(conditions)?.into_iter().map(Clause::into_text).collect();
    let text = tests.join(" AND ");
    Ok(expression.into_document(text))
}

/// A part of an expression. DynamoDB refuses parentheses right inside of others, so each knows whether it has some.
#[derive(Debug)]
enum Clause {
    /// `#a = :a_eq`, or several joined by `AND` or `OR`.
    Bare(String),
    /// The same in parentheses.
    InParentheses(String),
}

impl Clause {
    fn into_text(self) -> String {
        match self {
            Self::Bare(text) | Self::InParentheses(text) => text,
        }
    }

    fn in_parentheses(self) -> Self {
        match self {
            Self::Bare(text) => Self::InParentheses(format!("({text})")),
            already => already,
        }
    }

    /// The one clause in parentheses, or all of them with `joint` between; `None` when there are none.
    fn joined(mut clauses: Vec<Self>, joint: &str) -> Option<Self> {
        if clauses.len() <= 1 {
            return clauses.pop().map(Self::in_parentheses);
        }
        let texts: Vec<String> = clauses.into_iter().map(|clause| clause.in_parentheses().into_text()).collect();
        Some(Self::Bare(texts.join(joint)))
    }
}

/// The placeholders of one expression.
#[derive(Debug, Default)]
struct Expression {
    names: Map<String, Value>,
    values: Map<String, Value>,
}

impl Expression {
    fn into_document(self, text: String) -> Map<String, Value> {
        let mut document = Map::new();
        document.insert("expression".into(), text.into());
        for (key, placeholders) in [("expressionNames", self.names), ("expressionValues", self.values)] {
            if !placeholders.is_empty() {
                document.insert(key.into(), Value::Object(placeholders));
            }
        }
        document
    }

    /// Every test in parentheses, joined by `AND`; `None` without any.
    fn all_of(&mut self, conditions: &Map<String, Value>) -> Result<Option<Clause>, Fault> {
        Ok(Clause::joined(self.clauses(conditions)?, " AND "))
    }

    fn clauses(&mut self, conditions: &Map<String, Value>) -> Result<Vec<Clause>, Fault> {
        let mut clauses = Vec::new();
        for (field, condition) in conditions {
            match field.as_str() {
                "and" => clauses.extend(self.group(field, condition, " AND ")?),
                "or" => clauses.extend(self.group(field, condition, " OR ")?),
                "not" => {
                    let inner = self.all_of(object(field, condition)?)?.map(Clause::in_parentheses);
                    clauses.extend(inner.map(|inner| Clause::Bare(format!("NOT {}", inner.into_text()))));
                }
                _ => {
                    let name = self.name(field);
                    for (operator, operand) in object(field, condition)? {
                        clauses.push(Clause::Bare(self.test(&name, field, operator, operand)?));
                    }
                }
            }
        }
        Ok(clauses)
    }

    fn group(&mut self, kind: &str, conditions: &Value, joint: &str) -> Result<Option<Clause>, Fault> {
        let members = conditions.as_array().ok_or_else(|| Fault::code(format!("{kind} expects an array")))?;
        let mut clauses = Vec::with_capacity(members.len());
        for member in members {
            clauses.extend(self.all_of(object(kind, member)?)?);
        }
        Ok(Clause::joined(clauses, joint))
    }

    fn test(&mut self, name: &str, field: &str, operator: &str, operand: &Value) -> Result<String, Fault> {
        if operator == "size" && operand.is_object() {
            let sized = format!("size({name})");
            let tests = object(field, operand)?
                .iter()
                .map(|(operator, operand)| self.test(&sized, &format!("{field}_size"), operator, operand));
            return Ok(tests.collect::<Result<Vec<_>, _>>()?.join(" AND "));
        }
        if let Some(symbol) = comparison(operator) {
            return Ok(format!("{name} {symbol} {}", self.value(field, operator, operand)));
        }
        Ok(match operator {
            "contains" => format!("contains({name},{})", self.value(field, operator, operand)),
            "notContains" => format!("NOT contains({name},{})", self.value(field, operator, operand)),
            "beginsWith" => format!("begins_with({name},{})", self.value(field, operator, operand)),
            "attributeType" => format!("attribute_type({name},{})", self.value(field, operator, operand)),
            "attributeExists" if operand == &Value::Bool(false) => format!("attribute_not_exists({name})"),
            "attributeExists" => format!("attribute_exists({name})"),
            "in" => format!("{name} IN ({})", self.list(field, operator, operand)?.join(", ")),
            "between" => match self.list(field, operator, operand)?.as_slice() {
                [low, high] => format!("{name} BETWEEN {low} AND {high}"),
                _ => return Err(Fault::code(format!("{field}.between expects an array with 2 values"))),
            },
            _ => return Err(Fault::code(format!("Unsupported condition {field}.{operator}."))),
        })
    }

    /// The placeholder of an attribute name.
    fn name(&mut self, field: &str) -> String {
        let wished = format!("#{}", placeholder(field));
        place(&mut self.names, wished, field.into())
    }

    /// The placeholder of an operand.
    fn value(&mut self, field: &str, operator: &str, operand: &Value) -> String {
        let wished = format!(":{}_{operator}", placeholder(field));
        place(&mut self.values, wished, typed(operand))
    }

    fn list(&mut self, field: &str, operator: &str, operands: &Value) -> Result<Vec<String>, Fault> {
        let operands =
            operands.as_array().ok_or_else(|| Fault::code(format!("{field}.{operator} expects an array")))?;
        let places = operands.iter().enumerate();
        Ok(places.map(|(index, operand)| self.value(field, &format!("{operator}_{index}"), operand)).collect())
    }
}

fn comparison(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "eq" => "=",
        "ne" => "<>",
        "lt" => "<",
        "le" => "<=",
        "gt" => ">",
        "ge" => ">=",
        _ => return None,
    })
}

/// Puts `value` under the wished placeholder, or a numbered one where another value has it.
fn place(places: &mut Map<String, Value>, wished: String, value: Value) -> String {
    let free = |places: &Map<String, Value>, name: &str| places.get(name).is_none_or(|taken| *taken == value);
    let mut name = wished.clone();
    let mut number = places.len();
    while !free(places, &name) {
        number += 1;
        name = format!("{wished}_{number}");
    }
    places.insert(name.clone(), value);
    name
}

/// A field name with what a placeholder cannot have replaced.
fn placeholder(field: &str) -> String {
    field.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect()
}

fn object<'a>(field: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Fault> {
    value.as_object().ok_or_else(|| Fault::code(format!("{field} expects a condition object")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_become_expressions() {
        for (conditions, expected) in [
            (json!({ "title": { "contains": "a" } }), "(contains(#title,:title_contains))"),
            (
                json!({ "id": { "attributeExists": true }, "version": { "eq": 1 } }),
                "(attribute_exists(#id)) AND (#version = :version_eq)",
            ),
            (json!({ "a": { "gt": 1, "le": 5 } }), "(#a > :a_gt) AND (#a <= :a_le)"),
            (json!({ "or": [{ "a": { "eq": 1 } }, { "a": { "eq": 2 } }] }), "((#a = :a_eq) OR (#a = :a_eq_2))"),
            (json!({ "not": { "a": { "in": [1, 2] } } }), "(NOT (#a IN (:a_in_0, :a_in_1)))"),
            (json!({ "and": [{ "id": { "attributeExists": false } }] }), "(attribute_not_exists(#id))"),
            (
                json!({ "and": [{ "or": [{ "a": { "eq": 1 } }] }, { "b": { "eq": 1 }, "c": { "eq": 1 } }, {}] }),
                "((#a = :a_eq) AND ((#b = :b_eq) AND (#c = :c_eq)))",
            ),
            (json!({ "or": [], "and": [{}], "not": {} }), ""),
            (json!({ "a": { "between": [1, 2] } }), "(#a BETWEEN :a_between_0 AND :a_between_1)"),
            (json!({ "a": { "size": { "lt": 3 } } }), "(size(#a) < :a_size_lt)"),
            (json!({ "a-b": { "attributeExists": false } }), "(attribute_not_exists(#a_b))"),
        ] {
            let document = document(conditions.as_object().unwrap()).unwrap();
            assert_eq!(document["expression"], expected, "{conditions}");
        }
    }

    #[test]
    fn wrong_conditions_are_errors() {
        for conditions in [
            json!({ "a": 1 }),
            json!({ "a": { "like": 1 } }),
            json!({ "or": {} }),
            json!({ "a": { "between": [1] } }),
            json!({ "and": [1] }),
        ] {
            assert!(document(conditions.as_object().unwrap()).is_err(), "{conditions}");
        }
    }
}

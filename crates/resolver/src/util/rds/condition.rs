//! The `WHERE` and `HAVING` clauses: a condition object or an `sql` template.

use serde_json::{Map, Value};

use super::{aggregate, statement::Statement};
use crate::util::Fault;

impl Statement<'_> {
    /// ` WHERE ...`; nothing where there is no condition.
    pub(super) fn push_where(&mut self, given: &Value) -> Result<(), Fault> {
        self.push_conditions("WHERE", given)
    }

    /// The clause after `verb`; nothing where there is no condition.
    pub(super) fn push_conditions(&mut self, verb: &str, given: &Value) -> Result<(), Fault> {
        let text = match given {
            Value::Null => return Ok(()),
            Value::Object(template) if template.get("type").is_some_and(|kind| kind == "SQL") => {
                self.template(&template["properties"])
            }
            Value::Object(conditions) => self.conditions(conditions)?,
            _ => {
                let message = format!("{verb} values are expected to be SQL templates or a condition object.");
                return Err(Fault::code(message));
            }
        };
        if !text.is_empty() {
            self.push(&format!(" {verb} {}", text.trim_end()));
        }
        Ok(())
    }

    fn conditions(&mut self, conditions: &Map<String, Value>) -> Result<String, Fault> {
        let mut parts = Vec::new();
        for (name, condition) in conditions {
            parts.push(match name.as_str() {
                "and" => self.group(name, condition, " AND ")?,
                "or" => self.group(name, condition, " OR ")?,
                "not" => format!("NOT ({})", self.group(name, condition, " AND ")?),
                _ => {
                    let column = self.identifier(name);
                    self.tests(name, &column, condition, true)?
                }
            });
        }
        Ok(parts.join(" AND "))
    }

    fn group(&mut self, kind: &str, members: &Value, joint: &str) -> Result<String, Fault> {
        let members = members.as_array();
        let members = members.ok_or_else(|| Fault::code(format!("{kind} expects conditions to be an array")))?;
        let mut parts = Vec::new();
        for member in members {
            let member = member.as_object();
            let member = member.ok_or_else(|| Fault::code(format!("Expected {kind} to be an Object.")))?;
            let text = self.conditions(member)?;
            parts.push(if text.is_empty() { text } else { format!("({text})") });
        }
        Ok(parts.join(joint))
    }

    /// The tests of one column, or of its length.
    fn tests(&mut self, name: &str, column: &str, condition: &Value, strict: bool) -> Result<String, Fault> {
        let tests = condition.as_object();
        let tests = tests.ok_or_else(|| Fault::code(format!("Expected {name} to be an Object.")))?;
        let mut parts = Vec::new();
        for (operator, operand) in tests {
            if strict && operand.is_null() {
                return Err(Fault::code(format!("Value for {name}.{operator} can't be null.")));
            }
            parts.push(self.test(name, column, operator, operand)?);
        }
        Ok(parts.join(" AND "))
    }

    fn test(&mut self, name: &str, column: &str, operator: &str, operand: &Value) -> Result<String, Fault> {
        if let Some(symbol) = comparison(operator) {
            return Ok(format!("{column} {symbol} {}", self.bind(operand)));
        }
        let text = || {
            let text = operand.as_str();
            text.ok_or_else(|| Fault::code(format!("{name}.{operator} expects a string value to be passed.")))
        };
        Ok(match operator {
            "contains" => format!("{column} LIKE {}", self.bind(&format!("%{}%", text()?).into())),
            "notContains" => format!("{column} NOT LIKE {}", self.bind(&text()?.into())),
            "beginsWith" => format!("{column} LIKE {}", self.bind(&format!("{}%", text()?).into())),
            "between" => self.between(name, column, operand)?,
            "attributeExists" => match operand.as_bool() {
                Some(true) => format!("{column} IS NOT NULL"),
                Some(false) => format!("{column} IS NULL"),
                None => {
                    let message = format!("{name}.attributeExists expects a boolean value to be passed.");
                    return Err(Fault::code(message));
                }
            },
            "size" => self.tests(&format!("{name}.size"), &format!("LENGTH ({column})"), operand, false)?,
            _ => match aggregate::of_column(operator, column) {
                Some(column) => self.tests(&format!("{name}.{operator}"), &column, operand, true)?,
                None => return Err(Fault::code(format!("Unsupported condition {name}.{operator}."))),
            },
        })
    }

    fn between(&mut self, name: &str, column: &str, bounds: &Value) -> Result<String, Fault> {
        let expected = format!("{name}.between condition expects an array with 2 values");
        match bounds.as_array().map(Vec::as_slice) {
            Some([low, high]) => Ok(format!("{column} BETWEEN {} AND {}", self.bind(low), self.bind(high))),
            Some(other) => Err(Fault::code(format!("{expected} but received an array with length {}.", other.len()))),
            None => Err(Fault::code(format!("{expected}."))),
        }
    }
}

fn comparison(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "eq" => "=",
        "ne" => "!=",
        "lt" => "<",
        "le" => "<=",
        "gt" => ">",
        "ge" => ">=",
        _ => return None,
    })
}

//! The `RELATIONAL_DATABASE` data source: statements with variables, through `ExecuteStatement` of the service
//! `rds-data` (developer guide, "JavaScript resolver function reference for Amazon RDS").
//!
//! Variables are parameters of the statement, never part of its text.

use aws_protocol::ServiceError;
use serde_json::{Map, Value, json};

use super::{Call, Failure, Remote};
use crate::{config::RelationalDatabase, limits};

pub(super) struct Database {
    pub(super) remote: Remote,
    pub(super) config: RelationalDatabase,
}

impl Database {
    /// Runs the statements one after the other, each on its own: what the first did stays when the second fails.
    ///
    /// That AppSync puts no transaction around them is not verified on AWS.
    pub(super) async fn invoke(&self, call: &Call<'_>, request: Value) -> Result<Value, Failure> {
        let statements = statements(&request)?;
        let parameters = parameters(&request)?;
        let answer = call.within(limits::RDS_MILLIS, self.run(statements, parameters)).await;
        // AppSync's own words for this are not recorded.
        answer.unwrap_or_else(|| Err(reported("execution timed out.".to_owned(), 504)))
    }

    async fn run(&self, statements: Vec<&str>, parameters: Vec<Value>) -> Result<Value, Failure> {
        let mut results = Vec::with_capacity(statements.len());
        for statement in statements {
            let input = json!({
                "resourceArn": self.config.cluster,
                "secretArn": self.config.secret_arn,
                "database": self.config.database,
                "sql": statement,
                "parameters": parameters,
                "includeResultMetadata": true,
            });
            let answer = self.remote.call("rds-data", "ExecuteStatement", input).await;
            results.push(answer.map_err(|error| failure(&error))?);
        }
        // The result is a text, which `toJsonObject` reads.
        Ok(json!({ "sqlStatementResults": results }).to_string().into())
    }
}

fn statements(request: &Value) -> Result<Vec<&str>, Failure> {
    let statements = request.get("statements").ok_or_else(|| Failure::missing("statements"))?;
    let statements = statements.as_array().ok_or_else(|| Failure::invalid("statements"))?;
    if statements.is_empty() || statements.len() > limits::RDS_STATEMENTS {
        let message = format!("A request has 1 to {} statements, not {}.", limits::RDS_STATEMENTS, statements.len());
        return Err(Failure::Document(message));
    }
    let texts = statements.iter().map(|statement| statement.as_str().ok_or_else(|| Failure::invalid("statements")));
    texts.collect()
}

/// `variableMap` with `variableTypeHintMap` as the parameters of the Data API.
fn parameters(request: &Value) -> Result<Vec<Value>, Failure> {
    let (variables, hints) = (object(request, "variableMap")?, object(request, "variableTypeHintMap")?);
    let hint = |name: &str| hints.iter().find(|(hinted, _)| bare(hinted) == name).map(|(_, hint)| hint);
    let parameter = |(name, value): (&String, &Value)| {
        let name = bare(name);
        let hint = hint(name);
        let is_json = hint.is_some_and(|hint| hint == "JSON");
        let field = field(value, is_json).ok_or_else(|| Failure::invalid(&format!("variableMap.:{name}")))?;
        Ok(match hint {
            Some(hint) => json!({ "name": name, "value": field, "typeHint": hint }),
            None => json!({ "name": name, "value": field }),
        })
    };
    variables.iter().map(parameter).collect()
}

/// A member that is an object, or nothing.
fn object(request: &Value, name: &str) -> Result<Map<String, Value>, Failure> {
    match request.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members.clone()),
        Some(_) => Err(Failure::invalid(name)),
    }
}

/// Names are written with the colon that they have in the statement.
fn bare(name: &str) -> &str {
    name.strip_prefix(':').unwrap_or(name)
}

/// A field of the Data API. Lists and objects are texts for `typeHint.JSON` alone.
fn field(value: &Value, is_json: bool) -> Option<Value> {
    Some(match value {
        Value::Null => json!({ "isNull": true }),
        Value::Bool(value) => json!({ "booleanValue": value }),
        Value::Number(number) if number.is_i64() => json!({ "longValue": number }),
        Value::Number(number) => json!({ "doubleValue": number }),
        Value::String(text) => json!({ "stringValue": text }),
        other if is_json => json!({ "stringValue": other.to_string() }),
        _ => return None,
    })
}

fn failure(error: &ServiceError) -> Failure {
    reported(error.message.clone(), error.status)
}

/// `RDSHttp:{"message":"..."}` with the type `400 Bad Request`, as recorded on AWS.
fn reported(message: String, status: u16) -> Failure {
    let reason = match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    };
    Failure::Reported {
        message: format!("RDSHttp:{}", json!({ "message": message })),
        kind: format!("{status} {reason}"),
        result: Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_parameters() {
        let request = json!({
            "variableMap": { ":P0": "x", ":P1": 1, "P2": 1.5, ":P3": null, ":P4": true, ":P5": [1], ":P6": 1e30 },
            "variableTypeHintMap": { ":P0": "UUID", ":P5": "JSON" },
        });
        assert_eq!(
            parameters(&request).map(Value::from),
            Ok(json!([
                { "name": "P0", "value": { "stringValue": "x" }, "typeHint": "UUID" },
                { "name": "P1", "value": { "longValue": 1 } },
                { "name": "P2", "value": { "doubleValue": 1.5 } },
                { "name": "P3", "value": { "isNull": true } },
                { "name": "P4", "value": { "booleanValue": true } },
                { "name": "P5", "value": { "stringValue": "[1]" }, "typeHint": "JSON" },
                { "name": "P6", "value": { "doubleValue": 1e30 } },
            ]))
        );
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for (request, expected) in [
            (json!({}), Failure::missing("statements")),
            (json!({ "statements": "select 1" }), Failure::invalid("statements")),
            (json!({ "statements": [1] }), Failure::invalid("statements")),
        ] {
            assert_eq!(statements(&request), Err(expected), "{request}");
        }
        assert!(statements(&json!({ "statements": ["a", "b", "c"] })).is_err());
        assert!(statements(&json!({ "statements": [] })).is_err());
        assert_eq!(parameters(&json!({ "variableMap": [] })), Err(Failure::invalid("variableMap")));
        let list = json!({ "variableMap": { ":A": [1] } });
        assert_eq!(parameters(&list), Err(Failure::invalid("variableMap.:A")));
    }
}

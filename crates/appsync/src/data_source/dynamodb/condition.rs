//! What AppSync does when a condition fails (developer guide, "Handling a condition check failure").

use aws_protocol::ServiceError;
use serde_json::{Map, Value};

use super::{DynamoDb, attribute::plain_item, expression::Input, failure, given};
use crate::data_source::{Call, Failure};

/// The operation whose condition failed.
pub(super) enum Attempt {
    /// With the item as it would have been.
    Put(Value),
    Update,
    Delete,
}

impl DynamoDb {
    /// Reads the current item: if the table is already as the attempt wanted it, that is a success; otherwise the
    /// error is reported and the current item is its result.
    pub(super) async fn condition_failed(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
        error: ServiceError,
        key: Map<String, Value>,
        attempt: Attempt,
    ) -> Result<Value, Failure> {
        if error.code != "ConditionalCheckFailedException" {
            return Err(failure(call, &error, Value::Null));
        }
        let condition = given(request, "condition").and_then(Value::as_object);
        let current = self.current(call, condition, key).await?;
        match attempt {
            Attempt::Put(item) if !current.is_null() && same(&current, &item, condition) => Ok(current),
            Attempt::Delete if current.is_null() => Ok(Value::Null),
            _ => match strategy(condition) {
                "Reject" => Err(failure(call, &error, current)),
                other => {
                    Err(Failure::Document(format!("Condition check failure strategy '{other}' is not supported yet.")))
                }
            },
        }
    }

    async fn current(
        &self,
        call: &Call<'_>,
        condition: Option<&Map<String, Value>>,
        key: Map<String, Value>,
    ) -> Result<Value, Failure> {
        let mut input = Input::on(&self.table);
        input.set("Key", key);
        let consistent = condition.and_then(|condition| given(condition, "consistentRead")).and_then(Value::as_bool);
        input.set("ConsistentRead", consistent.unwrap_or(true));
        match self.send("GetItem", input.finish()).await {
            Ok(answer) => Ok(plain_item(&answer, "Item")),
            Err(error) => Err(failure(call, &error, Value::Null)),
        }
    }
}

fn strategy(condition: Option<&Map<String, Value>>) -> &str {
    let handler = condition.and_then(|condition| given(condition, "conditionalCheckFailedHandler"));
    handler.and_then(|handler| handler.get("strategy")).and_then(Value::as_str).unwrap_or("Reject")
}

/// Whether two items are equal, attributes in `equalsIgnore` left out.
fn same(current: &Value, attempted: &Value, condition: Option<&Map<String, Value>>) -> bool {
    let ignored: Vec<&str> = condition
        .and_then(|condition| given(condition, "equalsIgnore"))
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let rest = |item: &Value| {
        let mut item = item.as_object().cloned().unwrap_or_default();
        item.retain(|name, _| !ignored.contains(&name.as_str()));
        item
    };
    rest(current) == rest(attempted)
}

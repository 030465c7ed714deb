//! `TransactGetItems` and `TransactWriteItems`: all or nothing, with a reason per item when nothing.

use aws_protocol::ServiceError;
use serde_json::{Map, Value, json};

use super::{
    DynamoDb, array,
    attribute::{plain_item, plain_map, typed_map},
    expression::Input,
    failure, given, object,
};
use crate::data_source::{Call, Failure};

impl DynamoDb {
    pub(super) async fn transact_get_items(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
    ) -> Result<Value, Failure> {
        let mut wire = Vec::new();
        for item in array(request, "transactItems")? {
            let item = item.as_object().ok_or_else(|| Failure::invalid("transactItems"))?;
            let mut input = on_table(item)?;
            input.set("Key", typed_map(object(item, "key")?, "key")?);
            input.expression(item, "projection", "ProjectionExpression")?;
            wire.push(json!({ "Get": input.finish() }));
        }
        let input = Map::from_iter([("TransactItems".to_owned(), Value::Array(wire))]);
        match self.send("TransactGetItems", input).await {
            Ok(answer) => {
                let found = answer.get("Responses").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                let items: Vec<Value> = found.iter().map(|response| plain_item(response, "Item")).collect();
                Ok(json!({ "items": items, "cancellationReasons": null }))
            }
            Err(error) => Err(cancelled(call, &error, "items")),
        }
    }

    pub(super) async fn transact_write_items(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
    ) -> Result<Value, Failure> {
        let mut wire = Vec::new();
        let mut keys = Vec::new();
        for item in array(request, "transactItems")? {
            let item = item.as_object().ok_or_else(|| Failure::invalid("transactItems"))?;
            let key = typed_map(object(item, "key")?, "key")?;
            keys.push(plain_map(&key));
            wire.push(write(item, key)?);
        }
        let input = Map::from_iter([("TransactItems".to_owned(), Value::Array(wire))]);
        match self.send("TransactWriteItems", input).await {
            Ok(_) => Ok(json!({ "keys": keys, "cancellationReasons": null })),
            Err(error) => Err(cancelled(call, &error, "keys")),
        }
    }
}

fn on_table(item: &Map<String, Value>) -> Result<Input, Failure> {
    let table = given(item, "table").and_then(Value::as_str).ok_or_else(|| Failure::missing("table"))?;
    Ok(Input::on(table))
}

fn write(item: &Map<String, Value>, key: Map<String, Value>) -> Result<Value, Failure> {
    let operation = given(item, "operation").and_then(Value::as_str).ok_or_else(|| Failure::missing("operation"))?;
    let mut input = on_table(item)?;
    let member = match operation {
        "PutItem" => {
            let mut whole = key;
            if given(item, "attributeValues").is_some() {
                whole.extend(typed_map(object(item, "attributeValues")?, "attributeValues")?);
            }
            input.set("Item", whole);
            "Put"
        }
        "UpdateItem" => {
            input.set("Key", key);
            input.expression(item, "update", "UpdateExpression")?;
            "Update"
        }
        "DeleteItem" => {
            input.set("Key", key);
            "Delete"
        }
        "ConditionCheck" => {
            input.set("Key", key);
            "ConditionCheck"
        }
        other => return Err(Failure::Document(format!("Unsupported operation '{other}'."))),
    };
    if let Some(condition) = given(item, "condition").and_then(Value::as_object) {
        let returned = given(condition, "returnValuesOnConditionCheckFailure").and_then(Value::as_bool);
        if returned.unwrap_or(true) {
            input.set("ReturnValuesOnConditionCheckFailure", "ALL_OLD");
        }
    }
    input.expression(item, "condition", "ConditionExpression")?;
    Ok(json!({ member: input.finish() }))
}

/// The failure of a transaction; a cancelled one says why, item by item.
fn cancelled(call: &Call<'_>, error: &ServiceError, empty: &str) -> Failure {
    let reasons = error.members.get("CancellationReasons").and_then(Value::as_array);
    let result = reasons.map_or(Value::Null, |reasons| {
        let reasons: Vec<Value> = reasons.iter().map(reason).collect();
        json!({ empty: null, "cancellationReasons": reasons })
    });
    failure(call, error, result)
}

/// One reason, in the words of the developer guide.
fn reason(reason: &Value) -> Value {
    match reason.get("Code").and_then(Value::as_str).unwrap_or("None") {
        "None" => json!({ "type": "None", "message": "None" }),
        "ConditionalCheckFailed" => {
            let mut entry = Map::new();
            if reason.get("Item").is_some_and(Value::is_object) {
                entry.insert("item".into(), plain_item(reason, "Item"));
            }
            entry.insert("type".into(), "ConditionCheckFailed".into());
            entry.insert("message".into(), "The condition check failed.".into());
            Value::Object(entry)
        }
        other => json!({ "type": other, "message": reason.get("Message") }),
    }
}

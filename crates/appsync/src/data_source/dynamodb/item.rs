//! `GetItem`, `PutItem`, `UpdateItem` and `DeleteItem`.

use serde_json::{Map, Value};

use super::{
    DynamoDb,
    attribute::{plain_item, plain_map, typed_map},
    condition::Attempt,
    expression::Input,
    failure, given, object,
};
use crate::data_source::{Call, Failure};

impl DynamoDb {
    pub(super) async fn get_item(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Value, Failure> {
        let mut input = self.with_key(request)?;
        input.copy(request, "consistentRead", "ConsistentRead");
        input.expression(request, "projection", "ProjectionExpression")?;
        match self.send("GetItem", input.finish()).await {
            Ok(answer) => Ok(plain_item(&answer, "Item")),
            Err(error) => Err(failure(call, &error, Value::Null)),
        }
    }

    /// The result is the new item.
    pub(super) async fn put_item(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Value, Failure> {
        let key = typed_map(object(request, "key")?, "key")?;
        let mut item = key.clone();
        if given(request, "attributeValues").is_some() {
            item.extend(typed_map(object(request, "attributeValues")?, "attributeValues")?);
        }
        let mut input = Input::on(&self.table);
        input.set("Item", item.clone());
        input.expression(request, "condition", "ConditionExpression")?;
        match self.send("PutItem", input.finish()).await {
            Ok(_) => Ok(plain_map(&item)),
            Err(error) => self.condition_failed(call, request, error, key, Attempt::Put(plain_map(&item))).await,
        }
    }

    /// The result is the item after the update.
    pub(super) async fn update_item(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Value, Failure> {
        let mut input = self.with_key(request)?;
        input.set("ReturnValues", "ALL_NEW");
        object(request, "update")?;
        input.expression(request, "update", "UpdateExpression")?;
        input.expression(request, "condition", "ConditionExpression")?;
        match self.send("UpdateItem", input.finish()).await {
            Ok(answer) => Ok(plain_item(&answer, "Attributes")),
            Err(error) => {
                let key = typed_map(object(request, "key")?, "key")?;
                self.condition_failed(call, request, error, key, Attempt::Update).await
            }
        }
    }

    /// The result is the deleted item, or null.
    pub(super) async fn delete_item(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Value, Failure> {
        let mut input = self.with_key(request)?;
        input.set("ReturnValues", "ALL_OLD");
        input.expression(request, "condition", "ConditionExpression")?;
        match self.send("DeleteItem", input.finish()).await {
            Ok(answer) => Ok(plain_item(&answer, "Attributes")),
            Err(error) => {
                let key = typed_map(object(request, "key")?, "key")?;
                self.condition_failed(call, request, error, key, Attempt::Delete).await
            }
        }
    }

    fn with_key(&self, request: &Map<String, Value>) -> Result<Input, Failure> {
        let mut input = Input::on(&self.table);
        input.set("Key", typed_map(object(request, "key")?, "key")?);
        Ok(input)
    }
}

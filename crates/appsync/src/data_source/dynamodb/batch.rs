//! `BatchGetItem`, `BatchPutItem` and `BatchDeleteItem`: several tables at once, answers in the order asked for.

use serde_json::{Map, Value, json};

use super::{
    DynamoDb,
    attribute::{plain_map, typed_map},
    expression::Input,
    failure, given, object,
};
use crate::data_source::{Call, Failure};

impl DynamoDb {
    pub(super) async fn batch_get_item(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Value, Failure> {
        let mut asked = Vec::new();
        let mut wire = Map::new();
        for (table, part) in object(request, "tables")? {
            let (keys, options) = match part {
                Value::Array(keys) => (keys, None),
                Value::Object(options) => (super::array(options, "keys")?, Some(options)),
                _ => return Err(Failure::invalid("tables")),
            };
            let keys = typed_list(keys)?;
            let mut input = Input::default();
            if let Some(options) = options {
                input.copy(options, "consistentRead", "ConsistentRead");
                input.expression(options, "projection", "ProjectionExpression")?;
            }
            input.set("Keys", keys.iter().cloned().map(Value::Object).collect::<Vec<_>>());
            wire.insert(table.clone(), Value::Object(input.finish()));
            asked.push((table.as_str(), keys));
        }
        let input = Map::from_iter([("RequestItems".to_owned(), Value::Object(wire))]);
        let answer = self.send("BatchGetItem", input).await.map_err(|error| failure(call, &error, Value::Null))?;
        let data: Map<_, _> = asked
            .iter()
            .map(|(table, keys)| ((*table).to_owned(), in_order(keys, &answer["Responses"][*table])))
            .collect();
        let unprocessed = left(&asked, |table| &answer["UnprocessedKeys"][table]["Keys"], |key| key);
        Ok(json!({ "data": data, "unprocessedKeys": unprocessed }))
    }

    pub(super) async fn batch_put_item(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Value, Failure> {
        let (data, unprocessed) = self.batch_write(call, request, "PutRequest", "Item").await?;
        Ok(json!({ "data": data, "unprocessedItems": unprocessed }))
    }

    pub(super) async fn batch_delete_item(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
    ) -> Result<Value, Failure> {
        let (data, unprocessed) = self.batch_write(call, request, "DeleteRequest", "Key").await?;
        Ok(json!({ "data": data, "unprocessedKeys": unprocessed }))
    }

    async fn batch_write(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
        kind: &str,
        member: &str,
    ) -> Result<(Value, Value), Failure> {
        let mut asked = Vec::new();
        let mut wire = Map::new();
        for (table, items) in object(request, "tables")? {
            let items = typed_list(items.as_array().ok_or_else(|| Failure::invalid("tables"))?)?;
            let requests: Vec<Value> = items.iter().map(|item| json!({ kind: { member: item } })).collect();
            wire.insert(table.clone(), Value::Array(requests));
            asked.push((table.as_str(), items));
        }
        let input = Map::from_iter([("RequestItems".to_owned(), Value::Object(wire))]);
        let answer = self.send("BatchWriteItem", input).await.map_err(|error| failure(call, &error, Value::Null))?;
        let data: Map<_, _> =
            asked.iter().map(|(table, items)| ((*table).to_owned(), items.iter().map(plain_map).collect())).collect();
        let unprocessed = left(&asked, |table| &answer["UnprocessedItems"][table], |entry| &entry[kind][member]);
        Ok((Value::Object(data), unprocessed))
    }
}

fn typed_list(list: &[Value]) -> Result<Vec<Map<String, Value>>, Failure> {
    let typed = |entry: &Value| match entry {
        Value::Object(map) => typed_map(map, "tables"),
        _ => Err(Failure::invalid("tables")),
    };
    list.iter().map(typed).collect()
}

/// The item for each key, null where there is none.
fn in_order(keys: &[Map<String, Value>], found: &Value) -> Value {
    let found = found.as_array().map(Vec::as_slice).unwrap_or_default();
    let item = |key: &Map<String, Value>| {
        // AWS differs: with a projection that leaves the key out we cannot tell items apart and give null.
        let matches = |item: &&Map<String, Value>| key.iter().all(|(name, value)| given(item, name) == Some(value));
        found.iter().filter_map(Value::as_object).find(matches).map_or(Value::Null, plain_map)
    };
    keys.iter().map(item).collect()
}

/// What DynamoDB did not get to, by table.
fn left<'a>(
    asked: &[(&str, Vec<Map<String, Value>>)],
    list: impl Fn(&str) -> &'a Value,
    entry: impl Fn(&'a Value) -> &'a Value,
) -> Value {
    let of_table = |table: &str| -> Value {
        let all = list(table).as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().filter_map(|each| entry(each).as_object()).map(plain_map).collect()
    };
    Value::Object(asked.iter().map(|(table, _)| ((*table).to_owned(), of_table(table))).collect())
}

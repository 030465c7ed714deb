//! `GetItem`s of one request made as one `BatchGetItem`, where the settings ask for it (`coalesce_get_items`).
//!
//! Resolvers see the same answers as without: a key that is asked for twice is read once, and what DynamoDB does not
//! get to, or refuses as a batch, is read alone.
// AWS differs: it makes a call for each. Tests: appsync/tests/appsync/coalescing.rs.

use std::collections::HashMap;

use aws_protocol::ServiceError;
use futures::future::join_all;
use serde_json::{Map, Value, json};

use super::{
    DynamoDb,
    attribute::{plain_item, plain_map, typed_map},
    expression::Input,
    failure, given, object,
};
use crate::{
    data_source::{Call, Failure},
    limits,
};

/// How items are read: what calls that travel together have in common.
struct Read {
    /// `ConsistentRead`, `ProjectionExpression` and its names.
    input: Map<String, Value>,
    /// Key attributes that the projection leaves out; they are asked for to tell items apart, and taken away again.
    added: Vec<String>,
}

type Key = Map<String, Value>;

impl DynamoDb {
    /// `GetItem`, with others of the request.
    pub(super) async fn get_item_together(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
    ) -> Result<Value, Failure> {
        let key = typed_map(object(request, "key")?, "key")?;
        let mut input = Input::default();
        input.copy(request, "consistentRead", "ConsistentRead");
        input.expression(request, "projection", "ProjectionExpression")?;
        let read = Read::new(input.finish(), &key);
        let Some(read) = read.filter(|_| key.values().all(is_canonical)) else {
            call.spot.pass();
            return self.get_item(call, request).await;
        };
        let kind = call.spot.kind_of_request(format!("{} {}", self.name, Value::Object(read.input.clone())));
        call.spot
            .together(kind, limits::BATCH_GET_ITEM, Value::Object(key), |keys| self.get_items(call, read, keys))
            .await
    }

    async fn get_items(&self, call: &Call<'_>, read: Read, keys: Vec<Value>) -> Vec<Result<Value, Failure>> {
        let mut distinct = Vec::new();
        let mut positions = HashMap::new();
        let asked: Vec<usize> = keys
            .into_iter()
            .filter_map(|key| if let Value::Object(key) = key { Some(key) } else { None })
            .map(|key| {
                *positions.entry(in_order(&key)).or_insert_with(|| {
                    distinct.push(key);
                    distinct.len() - 1
                })
            })
            .collect();
        let answers = self.get_distinct(call, &read, &distinct).await;
        let answer = |position: usize| answers.get(position).cloned().unwrap_or(Ok(Value::Null));
        asked.into_iter().map(answer).collect()
    }

    /// The item or failure for each key.
    async fn get_distinct(&self, call: &Call<'_>, read: &Read, keys: &[Key]) -> Vec<Result<Value, Failure>> {
        let mut found: Vec<Option<Result<Value, Failure>>> = vec![None; keys.len()];
        let mut left: Vec<usize> = (0..keys.len()).collect();
        let mut pauses = 0;
        while left.len() > 1 {
            let answer = match self.batch(read, left.iter().map(|position| &keys[*position])).await {
                Ok(answer) => answer,
                // One wrong key spoils a batch; alone it spoils nothing but itself.
                Err(error) if error.code == "ValidationException" => break,
                Err(error) => {
                    left.iter().for_each(|position| {
                        found[*position] = Some(Err(failure(call, &error, Value::Null)));
                    });
                    return found.into_iter().flatten().collect();
                }
            };
            let unprocessed = objects(&answer["UnprocessedKeys"][&self.table]["Keys"]);
            let items = objects(&answer["Responses"][&self.table]);
            let before = left.len();
            left.retain(|position| {
                let key = &keys[*position];
                let again = unprocessed.iter().any(|other| covers(other, key));
                if !again {
                    let item = items.iter().find(|item| covers(item, key));
                    found[*position] = Some(Ok(item.map_or(Value::Null, |item| read.plain(item))));
                }
                again
            });
            if left.len() == before {
                pauses += 1;
                if pauses > limits::UNPROCESSED_PAUSES {
                    break;
                }
                let millis = limits::UNPROCESSED_MILLIS << pauses;
                call.clock.sleep_until(call.clock.now().plus_millis(millis)).await;
            }
        }
        let alone = join_all(left.iter().map(|position| self.get_alone(call, read, &keys[*position]))).await;
        for (position, answer) in left.into_iter().zip(alone) {
            found[position] = Some(answer);
        }
        found.into_iter().flatten().collect()
    }

    async fn batch(&self, read: &Read, keys: impl Iterator<Item = &Key>) -> Result<Value, ServiceError> {
        let mut part = read.input.clone();
        if !read.added.is_empty() {
            read.add_keys(&mut part);
        }
        part.insert("Keys".to_owned(), keys.cloned().map(Value::Object).collect());
        let input = json!({ "RequestItems": { &self.table: part } });
        self.remote.call("dynamodb", "BatchGetItem", input).await
    }

    async fn get_alone(&self, call: &Call<'_>, read: &Read, key: &Key) -> Result<Value, Failure> {
        let mut input = read.input.clone();
        input.insert("TableName".to_owned(), self.table.clone().into());
        input.insert("Key".to_owned(), Value::Object(key.clone()));
        match self.send("GetItem", input).await {
            Ok(answer) => Ok(plain_item(&answer, "Item")),
            Err(error) => Err(failure(call, &error, Value::Null)),
        }
    }
}

impl Read {
    /// `None` where a batch could not be told apart from its answer.
    fn new(input: Map<String, Value>, key: &Key) -> Option<Self> {
        let Some(projection) = given(&input, "ProjectionExpression").and_then(Value::as_str) else {
            return Some(Self { input, added: Vec::new() });
        };
        let names = given(&input, "ExpressionAttributeNames").and_then(Value::as_object);
        let attribute = |part: &str| {
            let part = part.trim();
            let name = names.and_then(|names| names.get(part)?.as_str());
            name.unwrap_or(part).to_owned()
        };
        let projected: Vec<String> = projection.split(',').map(attribute).collect();
        let added: Vec<String> = key.keys().filter(|name| !projected.contains(name)).cloned().collect();
        let taken = names.is_some_and(|names| (0..added.len()).any(|index| names.contains_key(&placeholder(index))));
        (!taken).then_some(Self { input, added })
    }

    /// Adds the key attributes to the projection.
    fn add_keys(&self, input: &mut Map<String, Value>) {
        let mut projection = input["ProjectionExpression"].as_str().unwrap_or_default().to_owned();
        let mut names = match input.remove("ExpressionAttributeNames") {
            Some(Value::Object(names)) => names,
            _ => Map::new(),
        };
        for (index, name) in self.added.iter().enumerate() {
            projection.push_str(", ");
            projection.push_str(&placeholder(index));
            names.insert(placeholder(index), name.as_str().into());
        }
        input.insert("ProjectionExpression".to_owned(), projection.into());
        input.insert("ExpressionAttributeNames".to_owned(), Value::Object(names));
    }

    /// The item as a resolver sees it.
    fn plain(&self, item: &Key) -> Value {
        let mut plain = plain_map(item);
        if let Value::Object(members) = &mut plain {
            members.retain(|name, _| !self.added.contains(name));
        }
        plain
    }
}

fn placeholder(index: usize) -> String {
    format!("#addedKey{index}")
}

/// The key's attributes in one order, as text.
fn in_order(key: &Key) -> String {
    let mut attributes: Vec<_> = key.iter().collect();
    attributes.sort_by_key(|(name, _)| *name);
    format!("{attributes:?}")
}

/// Whether DynamoDB gives the value back as it is written; of numbers it changes the form.
fn is_canonical(value: &Value) -> bool {
    let Some(number) = value.get("N").and_then(Value::as_str) else { return true };
    let digits = number.strip_prefix('-').unwrap_or(number);
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && (number == "0" || !digits.is_empty() && !digits.starts_with('0'))
}

fn objects(list: &Value) -> Vec<&Key> {
    list.as_array().into_iter().flatten().filter_map(Value::as_object).collect()
}

/// Whether an item, or a key, has this key.
fn covers(item: &Key, key: &Key) -> bool {
    key.iter().all(|(name, value)| item.get(name) == Some(value))
}

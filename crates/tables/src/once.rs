//! Writes that take effect once, however often they are asked for with the same token.
//!
//! A workflow that crashes between a task's write and the record of its result makes the write again; `quantity - 1`
//! must not count twice then. So the write and a marker item that holds its answer become durable in one transaction,
//! and where the marker is, the answer is given again and nothing is written.
//!
//! A transaction answers with nothing, so the answer comes from a rehearsal: the operation runs in memory on a copy of
//! its item, which yields its exact answer or exception and the new image. Nothing else may write in between, so every
//! other call holds [`Once`]'s lock shared and this one holds it alone.

use std::{
    collections::VecDeque,
    sync::{PoisonError, RwLock},
};

use aws_protocol::ServiceError;
use dynoxide::Database;
use serde_json::{Map, Value, json};

use crate::operations::{self, Operation};

/// The table of markers. It lies in the file of the tables and is not part of the application.
pub(crate) const MARKERS: &str = "stepwell.writes";
/// Markers kept. A marker matters from its write until the caller has recorded the answer; callers have far fewer
/// writes than this in flight, so the oldest marker beyond it can go.
const KEPT: usize = 10_000;
/// Markers removed with one write, so that their number goes down once it is too large.
const REMOVED_AT_ONCE: usize = 2;
/// Bytes of an answer that a marker can hold beside its own attributes, within DynamoDB's 400 KB for an item.
const LONGEST_ANSWER: usize = 390_000;

/// The lock between ordinary calls and those that take effect once, and what the latter need.
pub(crate) struct Once {
    state: RwLock<State>,
}

struct State {
    /// In memory: tables with the keys of the real ones, empty between two rehearsals.
    rehearsal: Database,
    /// Tokens of the markers, oldest first.
    kept: VecDeque<String>,
    /// The next marker's number, which orders the markers after a restart.
    next: u64,
}

impl Once {
    /// Reads the markers of `database`, which gets their table when it has none.
    pub(crate) fn open(database: &Database) -> Result<Self, ServiceError> {
        let create = json!({
            "TableName": MARKERS,
            "AttributeDefinitions": [{ "AttributeName": "token", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "token", "KeyType": "HASH" }],
            "BillingMode": "PAY_PER_REQUEST",
        });
        match ask(database, "CreateTable", create) {
            Err(error) if error.code != "ResourceInUseException" => return Err(error),
            _ => {}
        }
        let mut markers = markers(database)?;
        markers.sort();
        let next = markers.last().map_or(0, |(number, _)| number + 1);
        let kept = markers.into_iter().map(|(_, token)| token).collect();
        let rehearsal = Database::memory().map_err(ServiceError::internal)?;
        Ok(Self { state: RwLock::new(State { rehearsal, kept, next }) })
    }

    /// Runs an ordinary operation, beside others like it.
    pub(crate) fn beside(
        &self,
        database: &Database,
        operation: Operation,
        input: Value,
    ) -> Result<Value, ServiceError> {
        let _shared = self.state.read().unwrap_or_else(PoisonError::into_inner);
        operation(database, input)
    }

    /// Runs `PutItem`, `UpdateItem` or `DeleteItem` unless it was run with this token before.
    pub(crate) fn alone(
        &self,
        database: &Database,
        operation: &str,
        input: Value,
        token: &str,
    ) -> Result<Value, ServiceError> {
        // A panic leaves at worst an item in the rehearsal, which the next one of the same key replaces.
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = state.answered(database, token)? {
            return Ok(answer);
        }
        let Some(write) = Write::of(database, operation, &input) else {
            // The engine says what is wrong with it.
            return ask(database, operation, input);
        };
        let (answer, image) = write.rehearse(&state.rehearsal, operation, input.clone())?;
        if answer.to_string().len() > LONGEST_ANSWER {
            tracing::warn!(token, "an answer is too long to be kept; after a crash its write would be made again");
            return ask(database, operation, input);
        }
        state.commit(database, write.action(image), token, &answer)?;
        Ok(answer)
    }
}

impl State {
    fn answered(&self, database: &Database, token: &str) -> Result<Option<Value>, ServiceError> {
        let found = ask(database, "GetItem", json!({ "TableName": MARKERS, "Key": marker_key(token) }))?;
        match found["Item"]["answer"]["S"].as_str() {
            Some(text) => serde_json::from_str(text).map(Some).map_err(ServiceError::internal),
            None => Ok(None),
        }
    }

    /// Makes the write and its marker durable, and removes the oldest markers when there are too many.
    fn commit(&mut self, database: &Database, action: Value, token: &str, answer: &Value) -> Result<(), ServiceError> {
        let mut marker = marker_key(token);
        marker["number"] = json!({ "N": self.next.to_string() });
        marker["answer"] = json!({ "S": answer.to_string() });
        let mut actions = vec![action, json!({ "Put": { "TableName": MARKERS, "Item": marker } })];
        let removed = self.kept.len().saturating_sub(KEPT).min(REMOVED_AT_ONCE);
        for old in self.kept.iter().take(removed) {
            actions.push(json!({ "Delete": { "TableName": MARKERS, "Key": marker_key(old) } }));
        }
        ask(database, "TransactWriteItems", json!({ "TransactItems": actions })).map_err(of_the_write)?;
        self.next += 1;
        self.kept.drain(..removed);
        self.kept.push_back(token.to_owned());
        Ok(())
    }
}

/// A write of one item: where it is, and what its table's keys are.
struct Write {
    table: String,
    key: Value,
    key_schema: Value,
    key_attributes: Value,
    old: Option<Value>,
}

impl Write {
    /// `None` for a request that the engine will refuse.
    fn of(database: &Database, operation: &str, input: &Value) -> Option<Self> {
        let table = input["TableName"].as_str()?.to_owned();
        let described = ask(database, "DescribeTable", json!({ "TableName": table })).ok()?;
        let key_schema = described["Table"]["KeySchema"].clone();
        let names: Vec<&str> = key_schema.as_array()?.iter().filter_map(|key| key["AttributeName"].as_str()).collect();
        let from = if operation == "PutItem" { &input["Item"] } else { &input["Key"] };
        let key: Map<String, Value> =
            names.iter().map(|name| Some(((*name).to_owned(), from.get(name)?.clone()))).collect::<Option<_>>()?;
        let definitions = described["Table"]["AttributeDefinitions"].as_array()?.iter();
        let of_keys = definitions.filter(|definition| names.iter().any(|name| definition["AttributeName"] == *name));
        let key_attributes = of_keys.cloned().collect();
        let get = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
        let old = ask(database, "GetItem", get).ok()?.get("Item").cloned();
        Some(Self { table, key: key.into(), key_schema, key_attributes, old })
    }

    /// Runs the operation on a copy of the item; its answer and the item as it is then.
    fn rehearse(
        &self,
        rehearsal: &Database,
        operation: &str,
        input: Value,
    ) -> Result<(Value, Option<Value>), ServiceError> {
        self.prepare(rehearsal)?;
        let at = json!({ "TableName": self.table, "Key": self.key });
        let outcome = ask(rehearsal, operation, input);
        let image = ask(rehearsal, "GetItem", at.clone())?.get("Item").cloned();
        ask(rehearsal, "DeleteItem", at)?;
        Ok((outcome?, image))
    }

    /// The table with this write's keys, and the old item in it.
    fn prepare(&self, rehearsal: &Database) -> Result<(), ServiceError> {
        let name = json!({ "TableName": self.table });
        let found = ask(rehearsal, "DescribeTable", name.clone()).ok();
        let same = found.as_ref().is_some_and(|found| {
            found["Table"]["KeySchema"] == self.key_schema
                && found["Table"]["AttributeDefinitions"] == self.key_attributes
        });
        if found.is_some() && !same {
            ask(rehearsal, "DeleteTable", name)?;
        }
        if !same {
            let create = json!({ "TableName": self.table, "KeySchema": self.key_schema,
                "AttributeDefinitions": self.key_attributes, "BillingMode": "PAY_PER_REQUEST" });
            ask(rehearsal, "CreateTable", create)?;
        }
        match &self.old {
            Some(item) => ask(rehearsal, "PutItem", json!({ "TableName": self.table, "Item": item })),
            None => ask(rehearsal, "DeleteItem", json!({ "TableName": self.table, "Key": self.key })),
        }
        .map(drop)
    }

    /// What brings the item to `image`, as an action of a transaction.
    fn action(self, image: Option<Value>) -> Value {
        match image {
            Some(item) => json!({ "Put": { "TableName": self.table, "Item": item } }),
            None => json!({ "Delete": { "TableName": self.table, "Key": self.key } }),
        }
    }
}

/// The exception of the first action of a cancelled transaction, as its own operation would have it.
fn of_the_write(error: ServiceError) -> ServiceError {
    let reason = error.members.get("CancellationReasons").map(|reasons| reasons[0].clone()).unwrap_or_default();
    match (reason["Code"].as_str(), reason["Message"].as_str()) {
        (Some("ValidationError"), Some(message)) => ServiceError::new("ValidationException", message),
        _ => error,
    }
}

fn marker_key(token: &str) -> Value {
    json!({ "token": { "S": token } })
}

/// Number and token of every marker.
fn markers(database: &Database) -> Result<Vec<(u64, String)>, ServiceError> {
    let mut found = Vec::new();
    let mut scan = json!({ "TableName": MARKERS, "ProjectionExpression": "#t, #n",
        "ExpressionAttributeNames": { "#t": "token", "#n": "number" } });
    loop {
        let page = ask(database, "Scan", scan.clone())?;
        for item in page["Items"].as_array().into_iter().flatten() {
            let number = item["number"]["N"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
            found.push((number, item["token"]["S"].as_str().unwrap_or_default().to_owned()));
        }
        match page.get("LastEvaluatedKey") {
            Some(last) => scan["ExclusiveStartKey"] = last.clone(),
            None => return Ok(found),
        }
    }
}

fn ask(database: &Database, operation: &str, input: Value) -> Result<Value, ServiceError> {
    let run = operations::find(operation).expect("an operation of the engine");
    run(database, input)
}

//! What an update would make of an item, without a table: the engine runs the expression in memory.
//!
//! Versioned data sources of AppSync need the new item before they write it, for the change log, for merges and for
//! conflict handlers, whoever serves the tables.

use std::sync::{Arc, Mutex, PoisonError};

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use dynoxide::Database;
use serde_json::{Map, Value, json};

use crate::{Error, operations, workers::Workers};

/// The one table of the rehearsal; made anew for keys of another form.
const TABLE: &str = "rehearsal";

/// The service `stepwell:rehearsal`, for the engine alone.
///
/// Its operation `UpdateItem` takes `{"Key", "Item"?, "UpdateExpression"?, "ExpressionAttributeNames"?,
/// "ExpressionAttributeValues"?}`, where `Item` is the item as it is, and answers `{"Item"}`, the item after the update,
/// or fails as DynamoDB would.
pub struct Rehearsal {
    workers: Workers,
    stage: Arc<Stage>,
}

/// The form of the keys that the table has now. Holding it is holding the table.
#[derive(Default)]
struct Stage(Mutex<Option<Value>>);

impl Rehearsal {
    /// Starts the engine's threads.
    ///
    /// # Errors
    /// [`Error::Open`] and [`Error::Thread`].
    pub fn start() -> Result<Self, Error> {
        let database = Database::memory()
            .map_err(|error| Error::Open { path: ":memory:".to_owned(), cause: error.to_string() })?;
        Ok(Self { workers: Workers::start(database)?, stage: Arc::default() })
    }

    async fn perform(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        if operation != "UpdateItem" {
            return Err(ServiceError::unknown_operation("stepwell:rehearsal", operation));
        }
        let stage = self.stage.clone();
        self.workers.perform(Box::new(move |database| stage.update_item(database, input))).await
    }
}

impl Service for Rehearsal {
    fn name(&self) -> &'static str {
        "stepwell:rehearsal"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(self.perform(operation, input))
    }
}

impl Stage {
    fn update_item(&self, database: &Database, mut input: Value) -> Result<Value, ServiceError> {
        // A panic leaves at worst an item, which the next rehearsal removes or replaces.
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = input["Key"].clone();
        prepare(database, &mut keys, &key)?;
        let item = input.as_object_mut().and_then(|input| input.remove("Item")).unwrap_or_default();
        match item {
            Value::Object(item) => run(database, "PutItem", json!({ "TableName": TABLE, "Item": item }))?,
            _ => run(database, "DeleteItem", json!({ "TableName": TABLE, "Key": key }))?,
        };
        input["TableName"] = TABLE.into();
        input["ReturnValues"] = "ALL_NEW".into();
        let updated = run(database, "UpdateItem", input);
        run(database, "DeleteItem", json!({ "TableName": TABLE, "Key": key }))?;
        Ok(json!({ "Item": updated?["Attributes"].take() }))
    }
}

/// Makes the table have keys of the form that `key` has. Which of two attributes is the hash key makes no difference.
fn prepare(database: &Database, keys: &mut Option<Value>, key: &Value) -> Result<(), ServiceError> {
    let attributes = key.as_object().ok_or_else(|| ServiceError::new("ValidationException", "a key is a map"))?;
    let form = form(attributes);
    if keys.as_ref() == Some(&form) {
        return Ok(());
    }
    if keys.take().is_some() {
        run(database, "DeleteTable", json!({ "TableName": TABLE }))?;
    }
    let schema: Value = attributes
        .keys()
        .zip(["HASH", "RANGE"])
        .map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind }))
        .collect();
    let create = json!({ "TableName": TABLE, "KeySchema": schema, "AttributeDefinitions": form,
        "BillingMode": "PAY_PER_REQUEST" });
    run(database, "CreateTable", create)?;
    *keys = Some(form);
    Ok(())
}

fn form(key: &Map<String, Value>) -> Value {
    let kind = |value: &Value| value.as_object().and_then(|value| value.keys().next().cloned()).unwrap_or_default();
    key.iter().map(|(name, value)| json!({ "AttributeName": name, "AttributeType": kind(value) })).collect()
}

fn run(database: &Database, operation: &str, input: Value) -> Result<Value, ServiceError> {
    operations::find(operation).expect("an operation of the engine")(database, input)
}

//! Versioned data sources: items with versions, conflicts between writes that did not see each other, and `Sync`
//! (developer guide, "Versioning, conflict detection, and sync operations").
//!
//! Reads are those of any table. A write reads the item, works out what becomes of it, and commits that together with
//! the record for the delta table in one transaction, on condition that the version is still the one that was read.

mod automerge;
mod conflict;
mod delta;
mod in_flight;
mod metadata;
mod sync;
mod write;

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::{DynamoDb, failure};
use crate::{
    DeltaSync, Deps,
    data_source::{Call, Failure},
};
use in_flight::InFlight;
pub use in_flight::Writes;

/// An item, attributes typed.
type Item = Map<String, Value>;

/// The operations that there are, in AWS's words and order.
const OPERATIONS: &str = "TransactGetItems,PutItem,BatchGetItem,Scan,Query,GetItem,DeleteItem,UpdateItem,Sync";

/// A table whose items have versions, with the table of its changes.
pub(in crate::data_source) struct Versioned {
    base: DynamoDb,
    settings: DeltaSync,
    keys: OnceCell<KeyNames>,
    in_flight: Arc<InFlight>,
}

/// The key attributes of the base table.
#[derive(Debug, Clone)]
struct KeyNames {
    hash: String,
    range: Option<String>,
}

impl Versioned {
    pub(in crate::data_source) fn new(base: DynamoDb, settings: DeltaSync, deps: &Deps) -> Self {
        let in_flight = deps.writes.of(&settings.delta_table, &base.name, &*deps.clock);
        Self { base, settings, keys: OnceCell::new(), in_flight }
    }

    /// Performs the request's `operation`.
    pub(in crate::data_source) async fn invoke(&self, call: &Call<'_>, request: Value) -> Result<Value, Failure> {
        let operation = request.get("operation").and_then(Value::as_str).unwrap_or_default();
        if !matches!(operation, "GetItem") {
            call.spot.pass();
        }
        match (operation, request.as_object()) {
            ("PutItem" | "UpdateItem" | "DeleteItem", Some(request)) => self.write(call, request).await,
            ("Sync", Some(request)) => self.sync(call, request).await,
            ("" | "GetItem" | "Query" | "Scan" | "BatchGetItem" | "TransactGetItems", _) => {
                self.base.invoke(call, request).await
            }
            (other, _) => Err(Failure::of_kind(
                "UnsupportedOperation",
                format!(
                    "Unsupported operation '{other}'. Datasource Versioning only supports the following operations \
                     ({OPERATIONS})."
                ),
            )),
        }
    }

    async fn keys(&self, call: &Call<'_>) -> Result<&KeyNames, Failure> {
        let describe = async {
            let input = json!({ "TableName": self.base.table });
            let described = self.base.remote.call("dynamodb", "DescribeTable", input).await;
            let described = described.map_err(|error| failure(call, &error, Value::Null))?;
            let schema = described["Table"]["KeySchema"].as_array().map(Vec::as_slice).unwrap_or_default();
            let named = |kind: &str| {
                let key = schema.iter().find(|key| key["KeyType"] == kind)?;
                key["AttributeName"].as_str().map(str::to_owned)
            };
            let hash =
                named("HASH").ok_or_else(|| Failure::of_kind("InternalFailure", "The table has no key.".into()))?;
            Ok(KeyNames { hash, range: named("RANGE") })
        };
        self.keys.get_or_try_init(|| describe).await
    }
}

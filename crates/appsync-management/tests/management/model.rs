//! The list of operations against AWS's service model: what is here, and what is missing by name.

use std::sync::Arc;

use management::routes::ROUTES;
use serde_json::json;
use store::MemoryStore;

use super::harness::Harness;

/// Operations of the model that are refused: reading the tables of a database.
const MISSING: &str = "GetDataSourceIntrospection StartDataSourceIntrospection";

#[tokio::test]
async fn operations_are_here_or_known_to_be_missing() {
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    let mut missing = Vec::new();
    for (operation, _, _) in ROUTES {
        if let Err(error) = harness.call(operation, json!({})).await
            && error.code == "UnknownOperationException"
        {
            missing.push(operation);
        }
    }
    assert_eq!(missing, MISSING.split_whitespace().collect::<Vec<_>>());
}

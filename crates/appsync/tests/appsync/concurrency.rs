//! What runs together and what does not: siblings and list items do, mutations of one request do not.

use std::sync::Arc;

use appsync::{Body, DataSourceConfig, DataSourceKind, Request, ResolverKind};
use aws_protocol::{BoxFuture, Caller, Directory, Service, ServiceError};
use parking_lot::Mutex;
use resolver::Source;
use serde_json::{Map, Value, json};
use tokio::sync::Barrier;

use crate::harness;

const SCAN: &str = "export function request(ctx) { return { operation: 'Scan', index: ctx.info.fieldName } }
export function response(ctx) { return 'done' }";

const SCHEMA: &str = "
    type Query { a: String b: String items: [Item] }
    type Item { c: String }
    type Mutation { a: String b: String }";

/// Answers once `at_once` calls are there, and keeps a record.
struct Together {
    barrier: Barrier,
    record: Mutex<Vec<String>>,
}

impl Service for Together {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn call<'a>(&'a self, _: &'a str, input: Value, _: &'a Caller) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            self.record.lock().push(format!("begin {}", input["IndexName"].as_str().unwrap_or_default()));
            self.barrier.wait().await;
            self.record.lock().push(format!("end {}", input["IndexName"].as_str().unwrap_or_default()));
            Ok(json!({ "Items": [], "ScannedCount": 0 }))
        })
    }
}

/// Runs a query against a service that waits for `at_once` calls; what it saw, and the data.
async fn run(query: &str, at_once: usize) -> (Vec<String>, String) {
    let service = Arc::new(Together { barrier: Barrier::new(at_once), record: Mutex::default() });
    let directory = Directory::default();
    directory.register(service.clone());
    let mut config = harness::config(SCHEMA);
    let kind = DataSourceKind::DynamoDb { table: "T".into() };
    config.data_sources.push(DataSourceConfig { name: "table".into(), role_arn: None, kind });
    for field in ["Query.a", "Query.b", "Item.c", "Mutation.a", "Mutation.b"] {
        let mut resolver = harness::constant(field, "1");
        let code = Some(Source { name: field.into(), code: SCAN.into() }.into());
        resolver.kind = ResolverKind::Unit { data_source: "table".into(), code };
        config.resolvers.push(resolver);
    }
    config.resolvers.push(harness::constant("Query.items", "[{}, {}, {}, {}]"));
    let api = harness::api(config, harness::deps(directory));
    let request = Request {
        body: Body { query: query.into(), variables: Map::new(), operation_name: None },
        headers: Vec::new(),
        domain_name: None,
        identity: harness::identity("api-key"),
    };
    let answer: Value = serde_json::from_slice(&api.execute(&request).await.body).unwrap();
    let record = service.record.lock().clone();
    (record, answer["data"].to_string())
}

#[tokio::test]
async fn siblings_and_items_are_fetched_together() {
    let (_, data) = run("{ a b items { c } }", 6).await;
    assert_eq!(data, r#"{"a":"done","b":"done","items":[{"c":"done"},{"c":"done"},{"c":"done"},{"c":"done"}]}"#);
}

#[tokio::test]
async fn mutations_run_one_after_another() {
    let (record, data) = run("mutation { b a }", 1).await;
    assert_eq!(record, ["begin b", "end b", "begin a", "end a"]);
    assert_eq!(data, r#"{"b":"done","a":"done"}"#);
}

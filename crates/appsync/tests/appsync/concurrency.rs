//! What runs together and what does not: siblings and list items do, mutations of one request do not; and what a batch
//! waits for.

use std::sync::Arc;

use appsync::{Body, DataSourceConfig, DataSourceKind, FunctionConfig, LambdaOptions, Request, ResolverKind};
use aws_protocol::{BoxFuture, Caller, Directory, Service, ServiceError};
use parking_lot::Mutex;
use resolver::Source;
use serde_json::{Map, Value, json};
use tokio::sync::{Barrier, Semaphore};

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

/// Keeps each `Scan` waiting: for its turn of the task, or for the function to be invoked.
struct Slow {
    invoked: Semaphore,
    batches: Mutex<Vec<Value>>,
}

/// The function of [`Slow`], under the name of its service.
struct Function(Arc<Slow>);

impl Service for Slow {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn call<'a>(&'a self, _: &'a str, input: Value, _: &'a Caller) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            match input["Limit"].as_u64() {
                Some(turns) => {
                    for _ in 0..turns {
                        tokio::task::yield_now().await;
                    }
                }
                None => self.invoked.acquire().await.unwrap().forget(),
            }
            Ok(json!({ "Items": [], "ScannedCount": 0 }))
        })
    }
}

impl Service for Function {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn call<'a>(&'a self, _: &'a str, mut input: Value, _: &'a Caller) -> BoxFuture<'a, Result<Value, ServiceError>> {
        self.0.batches.lock().push(input["Payload"].clone());
        self.0.invoked.add_permits(1);
        Box::pin(async move { Ok(json!({ "Payload": input["Payload"].take() })) })
    }
}

/// The batches that a query makes, and its data.
async fn batches(query: &str) -> (Vec<Value>, String) {
    let slow = Arc::new(Slow { invoked: Semaphore::new(0), batches: Mutex::default() });
    let directory = Directory::default();
    directory.register(slow.clone());
    directory.register(Arc::new(Function(slow.clone())));
    let schema = "
        type Query { until: String items: [Item] }
        type Item { n: Int parent: Parent batched: Int piped: Int }
        type Parent { n: Int batched: Int }";
    let mut config = harness::config(schema);
    for (name, kind) in [
        ("table", DataSourceKind::DynamoDb { table: "T".into() }),
        ("worker", DataSourceKind::Lambda { function_arn: "worker".into() }),
    ] {
        config.data_sources.push(DataSourceConfig { name: name.into(), role_arn: None, kind });
    }
    // Later items are answered earlier.
    let turns = "limit: 20 - ctx.source.n * 4";
    let scan = |more: &str, result: &str| {
        let request = format!("export function request(ctx) {{ return {{ operation: 'Scan', {more} }} }}");
        format!("{request}\nexport function response(ctx) {{ return {result} }}")
    };
    let batch = "export function request(ctx) { return { operation: 'BatchInvoke', payload: ctx.source.n } }
        export function response(ctx) { return ctx.result }";
    let source = |name: &str, code: &str| Some(Source { name: name.into(), code: code.into() }.into());
    for (field, data_source, code) in [
        ("Query.until", "table", scan("", "'invoked'")),
        ("Item.parent", "table", scan(turns, "{ n: ctx.source.n }")),
        ("Item.batched", "worker", batch.to_owned()),
        ("Parent.batched", "worker", batch.to_owned()),
    ] {
        let mut resolver = harness::constant(field, "1");
        resolver.kind = ResolverKind::Unit { data_source: data_source.into(), code: source(field, &code) };
        config.resolvers.push(resolver);
    }
    for (id, data_source, code) in [("wait", "table", scan(turns, "null")), ("batch", "worker", batch.to_owned())] {
        let (id, data_source, code) = (id.to_owned(), data_source.to_owned(), source(id, &code));
        let lambda = LambdaOptions::default();
        config.functions.push(FunctionConfig {
            name: id.clone(),
            id,
            data_source,
            code,
            lambda,
            conflict_handler: None,
        });
    }
    let mut piped = harness::constant("Item.piped", "1");
    let around = "export function request(ctx) {}\nexport function response(ctx) { return ctx.prev.result }";
    let code = source("piped", around).expect("code");
    piped.kind = ResolverKind::Pipeline { functions: vec!["wait".into(), "batch".into()], code };
    config.resolvers.push(piped);
    config.resolvers.push(harness::constant("Query.items", "[{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]"));
    let api = harness::api(config, harness::deps(directory));
    let request = Request {
        body: Body { query: query.into(), variables: Map::new(), operation_name: None },
        headers: Vec::new(),
        domain_name: None,
        identity: harness::identity("api-key"),
    };
    let answer: Value = serde_json::from_slice(&api.execute(&request).await.body).unwrap();
    let batches = slow.batches.lock().clone();
    (batches, answer["data"].to_string())
}

#[tokio::test]
async fn a_batch_waits_for_whoever_can_join_it_and_for_nobody_else() {
    // `until` is answered once the function is invoked.
    let (made, data) = batches("{ until items { batched } }").await;
    assert_eq!(made, [json!([1, 2, 3, 4])]);
    assert_eq!(data, r#"{"until":"invoked","items":[{"batched":1},{"batched":2},{"batched":3},{"batched":4}]}"#);
    // What is above is answered at different times, the last item first.
    let (made, _) = batches("{ items { parent { batched } } }").await;
    assert_eq!(made, [json!([1, 2, 3, 4])]);
    // So are the functions before it in a pipeline.
    let (made, data) = batches("{ items { piped } }").await;
    assert_eq!(made, [json!([1, 2, 3, 4])]);
    assert_eq!(data, r#"{"items":[{"piped":1},{"piped":2},{"piped":3},{"piped":4}]}"#);
    // Fields do not mix.
    let (made, _) = batches("{ items { batched parent { batched } } }").await;
    assert_eq!(made, [json!([1, 2, 3, 4]), json!([1, 2, 3, 4])]);
}

//! Versioned data sources over the embedded tables: versions, conflicts, the delta table and `Sync`.

mod conflicts;
mod sync;
mod writes;

use std::sync::Arc;

use appsync::{
    Api, ApiConfig, Body, ConflictHandler, DataSourceConfig, DataSourceKind, DeltaSync, Deps, LambdaOptions, Request,
    ResolverConfig, ResolverKind,
};
use aws_protocol::{BoxFuture, Caller, Directory, Service, ServiceError};
use clock::{Clock, SimulatedClock, Timestamp};
use parking_lot::Mutex;
use resolver::Source;
use serde_json::{Map, Value, json};
use tables::{Rehearsal, Tables};
use tokio::sync::watch;

use crate::harness;

/// Every field sends its argument as it is, to the table `Posts`, with the conflict handler of its name.
const SCHEMA: &str = "
    type Query { read(request: AWSJSON!): AWSJSON }
    type Mutation {
      unchecked(request: AWSJSON!): AWSJSON
      optimistic(request: AWSJSON!): AWSJSON
      automerge(request: AWSJSON!): AWSJSON
      lambda(request: AWSJSON!): AWSJSON
    }";

const VERBATIM: &str = "import { util } from '@aws-appsync/utils'
export function request(ctx) { return ctx.args.request }
export function response(ctx) {
  if (ctx.error) { util.error(ctx.error.message, ctx.error.type, ctx.result) }
  return ctx.result
}";

/// 2026-01-01T23:59:00Z: a minute later it is another day.
const NOW: i64 = 1_767_311_940_000;
const DAY_MINUTES: i64 = 24 * 60;

/// The conflict handler's function: answers as told, and keeps what it was asked.
#[derive(Default)]
struct Function {
    answer: Mutex<Value>,
    asked: Mutex<Value>,
}

impl Service for Function {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn call<'a>(&'a self, _: &'a str, input: Value, _: &'a Caller) -> BoxFuture<'a, Result<Value, ServiceError>> {
        *self.asked.lock() = input["Payload"].clone();
        let payload = self.answer.lock().clone();
        Box::pin(async move { Ok(json!({ "Payload": payload })) })
    }
}

/// The tables. While the gate is shut, transactions wait in front of them, and are made later also if nobody waits for
/// them any more, as those in the engine's queue are.
struct Gate {
    tables: Arc<Tables>,
    /// Whether it is open.
    open: watch::Sender<bool>,
    /// Transactions that wait, or waited.
    waiting: watch::Sender<usize>,
    /// Transactions that are made.
    made: watch::Sender<usize>,
}

impl Service for Gate {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        if operation != "TransactWriteItems" || *self.open.borrow() {
            return self.tables.call(operation, input, caller);
        }
        let (tables, mut open, made) = (self.tables.clone(), self.open.subscribe(), self.made.clone());
        let answer = tokio::spawn(async move {
            open.wait_for(|open| *open).await.unwrap();
            let answer = tables.call("TransactWriteItems", input, &Caller::anonymous()).await;
            made.send_modify(|made| *made += 1);
            answer
        });
        self.waiting.send_modify(|waiting| *waiting += 1);
        Box::pin(async move { answer.await.unwrap() })
    }
}

/// An API on two tables.
struct World {
    api: Arc<Api>,
    config: ApiConfig,
    deps: Deps,
    tables: Arc<Tables>,
    gate: Arc<Gate>,
    function: Arc<Function>,
    clock: Arc<SimulatedClock>,
}

/// What a field came to: its value, or the error's type, message and data.
type Outcome = Result<Value, (String, String, Value)>;

impl World {
    async fn new() -> Self {
        Self::with(DeltaSync {
            base_table_ttl_minutes: 30 * DAY_MINUTES,
            delta_table: "Changes".into(),
            delta_table_ttl_minutes: DAY_MINUTES,
        })
        .await
    }

    async fn with(delta: DeltaSync) -> Self {
        let tables = Arc::new(Tables::in_memory().unwrap());
        for table in [base_table(), delta_table()] {
            tables.put_table(table).await.unwrap();
        }
        let function = Arc::new(Function::default());
        let clock = Arc::new(SimulatedClock::new(Timestamp(NOW), 1));
        let services = Directory::default();
        let gate = Arc::new(Gate {
            tables: tables.clone(),
            open: watch::Sender::new(true),
            waiting: watch::Sender::new(0),
            made: watch::Sender::new(0),
        });
        services.register(gate.clone());
        services.register(Arc::new(Rehearsal::start().unwrap()));
        services.register(function.clone());
        let mut config = harness::config(SCHEMA);
        let kind = DataSourceKind::VersionedDynamoDb { table: "Posts".into(), delta };
        config.data_sources.push(DataSourceConfig { name: "PostsSource".into(), role_arn: None, kind });
        let function_arn = "arn:aws:lambda:us-east-1:000000000000:function:resolve".into();
        config.resolvers = vec![
            resolver("Query", "read", None),
            resolver("Mutation", "unchecked", None),
            resolver("Mutation", "optimistic", Some(ConflictHandler::OptimisticConcurrency)),
            resolver("Mutation", "automerge", Some(ConflictHandler::Automerge)),
            resolver("Mutation", "lambda", Some(ConflictHandler::Lambda { function_arn })),
        ];
        let mut deps = harness::deps(services);
        deps.clock = clock.clone();
        Self { api: harness::api(config.clone(), deps.clone()), config, deps, tables, gate, function, clock }
    }

    /// Begins a write of the item `late` that stands before the gate.
    async fn begin_write(&self) -> tokio::task::JoinHandle<Outcome> {
        self.gate.open.send_replace(false);
        let api = self.api.clone();
        let writing = tokio::spawn(async move { send(&api, "optimistic", put("late", "late")).await });
        self.gate.waiting.subscribe().wait_for(|waiting| *waiting > 0).await.unwrap();
        writing
    }

    async fn send(&self, field: &str, request: Value) -> Outcome {
        send(&self.api, field, request).await
    }

    async fn sync(&self, more: Value) -> Value {
        let mut request = json!({ "operation": "Sync" });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.send("read", request).await.unwrap()
    }

    /// All items of a table, typed.
    async fn scan(&self, table: &str) -> Vec<Value> {
        let answer = self.tables.call("Scan", json!({ "TableName": table }), &Caller::anonymous()).await.unwrap();
        answer["Items"].as_array().unwrap().clone()
    }

    fn now(&self) -> i64 {
        self.clock.now().0
    }
}

async fn send(api: &Api, field: &str, request: Value) -> Outcome {
    let operation = if field == "read" { "query" } else { "mutation" };
    let query = format!("{operation} Q($request: AWSJSON!) {{ {field}(request: $request) }}");
    let variables = Map::from_iter([("request".to_owned(), Value::from(request.to_string()))]);
    let request = Request {
        body: Body { query: query.into(), variables, operation_name: None },
        headers: Vec::new(),
        domain_name: None,
        identity: harness::identity("api-key"),
    };
    let body: Value = serde_json::from_slice(&api.execute(&request).await.body).unwrap();
    match body["errors"].get(0) {
        None => Ok(serde_json::from_str(body["data"][field].as_str().unwrap_or("null")).unwrap()),
        Some(error) => {
            assert_eq!(error["errorInfo"], Value::Null);
            let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            let data = match &error["data"] {
                Value::String(text) => serde_json::from_str(text).unwrap(),
                other => other.clone(),
            };
            Err((text("errorType"), text("message"), data))
        }
    }
}

fn resolver(type_name: &str, field_name: &str, conflict_handler: Option<ConflictHandler>) -> ResolverConfig {
    let code = Some(Source { name: field_name.into(), code: VERBATIM.into() }.into());
    ResolverConfig {
        type_name: type_name.into(),
        field_name: field_name.into(),
        kind: ResolverKind::Unit { data_source: "PostsSource".into(), code },
        lambda: LambdaOptions::default(),
        caching: None,
        conflict_handler,
    }
}

fn base_table() -> Value {
    json!({
        "TableName": "Posts", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
    })
}

fn delta_table() -> Value {
    let key = |hash: &str, range: &str| json!([{ "AttributeName": hash, "KeyType": "HASH" }, { "AttributeName": range, "KeyType": "RANGE" }]);
    let names = ["ds_pk", "ds_sk", "gsi_ds_pk", "gsi_ds_sk"];
    json!({
        "TableName": "Changes", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": names.map(|name| json!({ "AttributeName": name, "AttributeType": "S" })),
        "KeySchema": key("ds_pk", "ds_sk"),
        "GlobalSecondaryIndexes": [{ "IndexName": "all", "KeySchema": key("gsi_ds_pk", "gsi_ds_sk"),
            "Projection": { "ProjectionType": "ALL" } }],
    })
}

fn put(id: &str, title: &str) -> Value {
    json!({ "operation": "PutItem", "key": { "id": { "S": id } }, "attributeValues": { "title": { "S": title } } })
}

/// `SET title = ..., extra = ...` by a client that knows `version`.
fn update(id: &str, version: i64, attributes: Value) -> Value {
    let attributes = attributes.as_object().unwrap();
    let sets: Vec<String> = attributes.keys().map(|name| format!("#{name} = :{name}")).collect();
    let names: Map<String, Value> = attributes.keys().map(|name| (format!("#{name}"), name.as_str().into())).collect();
    let values: Map<String, Value> =
        attributes.iter().map(|(name, value)| (format!(":{name}"), value.clone())).collect();
    json!({ "operation": "UpdateItem", "key": { "id": { "S": id } }, "_version": version, "update": {
        "expression": format!("SET {}", sets.join(", ")), "expressionNames": names, "expressionValues": values } })
}

fn delete(id: &str, version: i64) -> Value {
    json!({ "operation": "DeleteItem", "key": { "id": { "S": id } }, "_version": version })
}

fn titles(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect()
}

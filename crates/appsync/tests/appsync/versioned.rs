//! Versioned data sources over the embedded tables: versions, conflicts, the delta table and `Sync`.

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

#[tokio::test]
async fn writes_count_versions_and_leave_a_record_of_each() {
    let world = World::new().await;
    let put = world.send("optimistic", put("1", "a")).await.unwrap();
    assert_eq!(put, json!({ "id": "1", "title": "a", "_version": 1, "_lastChangedAt": NOW }));
    world.clock.advance_millis(1_001);
    let changed = world.now();
    let updated = world.send("optimistic", update("1", 1, json!({ "title": { "S": "b" } }))).await.unwrap();
    assert_eq!(updated, json!({ "id": "1", "title": "b", "_version": 2, "_lastChangedAt": changed }));
    world.clock.advance_millis(60_000);
    let gone = world.now();
    let deleted = world.send("optimistic", delete("1", 2)).await.unwrap();
    let ttl = gone / 1_000 + 30 * DAY_MINUTES * 60;
    let tombstone =
        json!({ "id": "1", "title": "b", "_version": 3, "_lastChangedAt": gone, "_deleted": true, "_ttl": ttl });
    assert_eq!(deleted, tombstone);
    let read = json!({ "operation": "GetItem", "key": { "id": { "S": "1" } } });
    assert_eq!(world.send("read", read).await, Ok(tombstone), "reads pass through, tombstones too");

    let mut records = world.scan("Changes").await;
    records.sort_by_key(|record| record["ds_sk"]["S"].to_string() + &record["ds_pk"]["S"].to_string());
    let keys: Vec<_> = records
        .iter()
        .map(|record| {
            ["ds_pk", "ds_sk", "title", "_ttl"]
                .map(|name| record[name].as_object().unwrap().values().next().unwrap().as_str().unwrap())
        })
        .collect();
    let ttl = |at: i64| (at / 1_000 + DAY_MINUTES * 60).to_string();
    assert_eq!(
        keys,
        [
            ["PostsSource:2026-01-02", "00:00:01.001:1:3", "b", &ttl(gone)],
            ["PostsSource:2026-01-01", "23:59:00.000:1:1", "a", &ttl(NOW)],
            ["PostsSource:2026-01-01", "23:59:01.001:1:2", "b", &ttl(changed)],
        ]
    );
    assert_eq!(records[0]["_deleted"], json!({ "BOOL": true }));
}

#[tokio::test]
async fn a_mutation_that_does_not_know_the_latest_version_is_refused_with_the_item() {
    let world = World::new().await;
    world.send("optimistic", put("1", "a")).await.unwrap();
    let latest = world.send("optimistic", update("1", 1, json!({ "title": { "S": "b" } }))).await.unwrap();
    let mut stale_put = put("1", "c");
    stale_put["_version"] = 1.into();
    let refused = Err(("ConflictUnhandled".to_owned(), "Conflict resolver rejects mutation.".to_owned(), latest));
    for stale in
        [update("1", 1, json!({ "title": { "S": "c" } })), update("1", 9, json!({})), stale_put, delete("1", 0)]
    {
        assert_eq!(world.send("optimistic", stale.clone()).await, refused, "{stale}");
    }
    assert_eq!(world.scan("Changes").await.len(), 2, "a refused mutation leaves no record");
    let unchecked = world.send("unchecked", update("1", 1, json!({ "title": { "S": "c" } }))).await.unwrap();
    assert_eq!((&unchecked["title"], &unchecked["_version"]), (&json!("c"), &json!(3)));
}

#[tokio::test]
async fn automerge_goes_by_the_type_of_each_attribute() {
    let world = World::new().await;
    let mut first = put("1", "a");
    first["attributeValues"]["list"] = json!({ "L": [{ "N": 24 }, { "N": 30 }] });
    first["attributeValues"]["set"] = json!({ "SS": ["breakfast", "lunch"] });
    first["attributeValues"]["map"] = json!({ "M": { "ppg": { "S": "35.4" } } });
    world.send("automerge", first.clone()).await.unwrap();
    world.send("automerge", update("1", 1, json!({ "title": { "S": "b" } }))).await.unwrap();
    let brought = json!({
        "title": { "S": "c" }, "list": { "L": [{ "N": 30 }, { "N": 35 }] }, "set": { "SS": ["lunch", "brunch"] },
        "map": { "M": { "ppg": { "S": "25.7" }, "rpg": { "S": "6.9" } } }, "new": { "BOOL": true },
    });
    let merged = world.send("automerge", update("1", 1, brought)).await.unwrap();
    let expected = json!({ "id": "1", "title": "b", "list": [24, 30, 30, 35], "set": ["breakfast", "lunch", "brunch"],
        "map": { "ppg": "35.4", "rpg": "6.9" }, "new": true, "_version": 3, "_lastChangedAt": NOW });
    assert_eq!(merged, expected);

    // What an update makes of the item's own values counts once.
    let relative = json!({ "operation": "UpdateItem", "key": { "id": { "S": "1" } }, "_version": 1, "update": {
        "expression": "SET list = list_append(list, :l), map.apg = :m",
        "expressionValues": { ":l": { "L": [{ "N": 99 }] }, ":m": { "S": "6.3" } } } });
    let refused = world.send("automerge", relative.clone()).await.expect_err("`list` is a reserved word");
    assert_eq!(refused.0, "DynamoDB:ValidationException");
    let mut relative = relative;
    relative["update"]["expression"] = "SET #list = list_append(#list, :l), #map.apg = :m".into();
    relative["update"]["expressionNames"] = json!({ "#list": "list", "#map": "map" });
    let merged = world.send("automerge", relative).await.unwrap();
    assert_eq!(merged["list"], json!([24, 30, 30, 35, 99]));
    assert_eq!(merged["map"], json!({ "ppg": "35.4", "rpg": "6.9", "apg": "6.3" }));

    first["_version"] = 1.into();
    first["attributeValues"]["other"] = json!({ "S": "x" });
    let merged = world.send("automerge", first).await.unwrap();
    assert_eq!((&merged["title"], &merged["other"], &merged["_version"]), (&json!("b"), &json!("x"), &json!(5)));
    let (kind, ..) = world.send("automerge", delete("1", 1)).await.expect_err("a deletion is not merged");
    assert_eq!(kind, "ConflictUnhandled");
}

#[tokio::test]
async fn a_function_resolves_conflicts_and_its_mistakes_are_conflict_errors() {
    let world = World::new().await;
    world.send("lambda", put("1", "a")).await.unwrap();
    world.send("lambda", update("1", 1, json!({ "title": { "S": "b" } }))).await.unwrap();
    let stale = || update("1", 1, json!({ "title": { "S": "c" }, "extra": { "N": "7" } }));

    let item =
        json!({ "id": "other", "title": "resolved", "tags": ["x", 1.5, null], "_version": 99, "_deleted": true });
    *world.function.answer.lock() = json!({ "action": "RESOLVE", "item": item });
    let resolved = world.send("lambda", stale()).await.unwrap();
    let expected =
        json!({ "title": "resolved", "tags": ["x", 1.5, null], "id": "1", "_version": 3, "_lastChangedAt": NOW });
    assert_eq!(resolved, expected);
    let asked = world.function.asked.lock().clone();
    let existing = json!({ "id": "1", "title": "b", "_version": 2, "_lastChangedAt": NOW });
    let mut new = existing.clone();
    new["title"] = "c".into();
    new["extra"] = 7.into();
    assert_eq!(asked["newItem"], new);
    assert_eq!(asked["existingItem"], existing);
    assert_eq!(asked["arguments"]["request"]["_version"], 1);
    assert_eq!(
        asked["resolver"],
        json!({ "tableName": "Posts", "awsRegion": "us-east-1", "parentType": "Mutation", "field": "lambda" })
    );
    assert_eq!(asked.get("identity"), Some(&Value::Null), "an API key is nobody");

    let cases = [
        (stale(), json!({ "action": "REJECT" }), "ConflictUnhandled"),
        (delete("1", 1), json!({ "action": "REJECT" }), "ConflictUnhandled"),
        (stale(), json!({ "action": "REMOVE" }), "ConflictError"),
        (stale(), json!({ "action": "RESOLVE" }), "ConflictError"),
        (delete("1", 1), json!({ "action": "RESOLVE", "item": {} }), "ConflictError"),
        (stale(), json!("what?"), "ConflictError"),
    ];
    for (request, answer, expected) in cases {
        *world.function.answer.lock() = answer.clone();
        let (kind, ..) = world.send("lambda", request).await.expect_err("not resolved");
        assert_eq!(kind, expected, "{answer}");
    }
    *world.function.answer.lock() = json!({ "action": "REMOVE" });
    let removed = world.send("lambda", delete("1", 1)).await.unwrap();
    assert_eq!((&removed["_deleted"], &removed["_version"]), (&json!(true), &json!(4)));
    assert_eq!(world.function.asked.lock()["newItem"], Value::Null);
}

#[tokio::test]
async fn a_condition_of_the_request_counts_beside_the_version() {
    let world = World::new().await;
    let mut create = put("1", "a");
    create["condition"] = json!({ "expression": "(attribute_not_exists(#id))", "expressionNames": { "#id": "id" }, "expressionValues": {} });
    let item = world.send("automerge", create.clone()).await.unwrap();
    let (kind, message, data) = world.send("automerge", create).await.expect_err("it is there already");
    assert_eq!(kind, "ConditionalCheckFailedException");
    let start = "The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: ";
    assert!(message.starts_with(start), "{message}");
    assert_eq!(data, item);

    let exists = json!({ "expression": "attribute_exists(#id)", "expressionNames": { "#id": "id" } });
    let mut absent = update("2", 4, json!({ "title": { "S": "x" } }));
    absent["condition"] = exists.clone();
    let (kind, _, data) = world.send("optimistic", absent).await.expect_err("there is nothing to update");
    assert_eq!((kind.as_str(), data), ("ConditionalCheckFailedException", Value::Null));

    let mut stale = update("1", 0, json!({ "extra": { "S": "x" } }));
    stale["condition"] = json!({ "expression": "title = :t", "expressionValues": { ":t": { "S": "z" } } });
    let (kind, ..) = world.send("automerge", stale).await.expect_err("a merge does not go round the condition");
    assert_eq!(kind, "ConditionalCheckFailedException");

    let mut gone = delete("2", 1);
    gone["condition"] = exists;
    assert_eq!(world.send("optimistic", gone).await, Ok(Value::Null), "what is absent counts as deleted");
}

#[tokio::test]
async fn a_function_decides_what_a_failed_condition_means() {
    let world = World::new().await;
    let item = world.send("optimistic", put("1", "a")).await.unwrap();
    let mut conditional = update("1", 1, json!({ "title": { "S": "b" } }));
    conditional["condition"] = json!({ "expression": "title = :t", "expressionValues": { ":t": { "S": "z" } },
        "conditionalCheckFailedHandler": { "strategy": "Custom", "lambdaArn": "arn:aws:lambda:us-east-1:0:function:f" } });
    for (answer, expected) in [
        (json!({ "action": "discard" }), Ok(item.clone())),
        (json!({ "action": "reject" }), Err("ConditionalCheckFailedException")),
        (json!({ "action": "shrug" }), Err("MappingTemplate")),
    ] {
        *world.function.answer.lock() = answer;
        let outcome = world.send("optimistic", conditional.clone()).await;
        assert_eq!(outcome.as_ref().map_err(|(kind, ..)| kind.as_str()), expected.as_ref().map_err(|kind| *kind));
    }
    let asked = world.function.asked.lock().clone();
    assert_eq!((&asked["requestMapping"], &asked["resolver"]["field"]), (&conditional, &json!("optimistic")));
    assert_eq!(asked["currentValue"]["title"], json!({ "S": "a" }));

    // Another update of the same version; a condition that fails again is the end, handler or not.
    let again = json!({ "expression": "title = :t", "expressionValues": { ":t": { "S": "a" } } });
    let given = json!({ "expression": "SET title = :n", "expressionValues": { ":n": { "S": "c" } } });
    let mapping = json!({ "update": given, "condition": conditional["condition"] });
    *world.function.answer.lock() = json!({ "action": "retry", "retryMapping": mapping });
    let (kind, ..) = world.send("optimistic", conditional.clone()).await.expect_err("it still does not hold");
    assert_eq!(kind, "ConditionalCheckFailedException");
    *world.function.answer.lock() =
        json!({ "action": "retry", "retryMapping": { "update": given, "condition": again } });
    let retried = world.send("optimistic", conditional.clone()).await.unwrap();
    assert_eq!((&retried["title"], &retried["_version"]), (&json!("c"), &json!(2)));
    let (kind, ..) = world.send("optimistic", conditional).await.expect_err("the version comes first");
    assert_eq!(kind, "ConflictUnhandled");
}

#[tokio::test]
async fn what_only_appsync_may_set_and_what_it_cannot_do_is_refused_in_its_words() {
    let world = World::new().await;
    let mut edited = put("1", "a");
    edited["attributeValues"]["_deleted"] = json!({ "BOOL": false });
    let mut no_version = update("1", 1, json!({ "title": { "S": "b" } }));
    no_version.as_object_mut().unwrap().remove("_version");
    let supported = "(TransactGetItems,PutItem,BatchGetItem,Scan,Query,GetItem,DeleteItem,UpdateItem,Sync)";
    let cases = [
        (edited, "BadRequest", "Updating _deleted field can not be set from the client.".to_owned()),
        (
            update("1", 1, json!({ "_version": { "N": 7 } })),
            "BadRequest",
            "Updating _version field can not be set from the client.".to_owned(),
        ),
        (
            no_version,
            "BadRequest",
            "UpdateItem on versioned data source requires the _version to be provided.".to_owned(),
        ),
        (
            json!({ "operation": "UpdateItem", "key": { "id": { "S": "1" } }, "update": {}, "_version": "new" }),
            "MappingTemplate",
            "Value for field '$[_version]' must be a number.".to_owned(),
        ),
        (
            json!({ "operation": "TransactWriteItems", "transactItems": [] }),
            "UnsupportedOperation",
            format!(
                "Unsupported operation 'TransactWriteItems'. Datasource Versioning only supports the following \
                 operations {supported}."
            ),
        ),
    ];
    for (request, kind, message) in cases {
        let refused = world.send("optimistic", request).await.expect_err("refused");
        assert_eq!(refused, (kind.to_owned(), message, Value::Null));
    }
    assert!(world.scan("Posts").await.is_empty());
}

#[tokio::test]
async fn a_change_whose_record_cannot_be_written_is_not_made() {
    let delta =
        DeltaSync { base_table_ttl_minutes: 1, delta_table: "Missing".into(), delta_table_ttl_minutes: DAY_MINUTES };
    let world = World::with(delta).await;
    let (kind, ..) = world.send("optimistic", put("1", "a")).await.expect_err("no delta table");
    assert_eq!(kind, "DeltaSyncWriteError");
    assert!(world.scan("Posts").await.is_empty());
}

#[tokio::test]
async fn a_base_table_that_keeps_no_tombstones_forgets_at_once() {
    let delta =
        DeltaSync { base_table_ttl_minutes: 0, delta_table: "Changes".into(), delta_table_ttl_minutes: DAY_MINUTES };
    let world = World::with(delta).await;
    world.send("optimistic", put("1", "a")).await.unwrap();
    let deleted = world.send("optimistic", delete("1", 1)).await.unwrap();
    assert_eq!((&deleted["_deleted"], &deleted["_version"]), (&json!(true), &json!(2)));
    assert!(world.scan("Posts").await.is_empty());
    let changes = world.sync(json!({ "lastSync": NOW })).await;
    assert_eq!(changes["items"][1]["_deleted"], true);
}

#[tokio::test]
async fn sync_reads_all_once_and_then_what_changed() {
    let world = World::new().await;
    for id in ["1", "2", "3"] {
        world.send("optimistic", put(id, id)).await.unwrap();
    }
    world.send("optimistic", delete("3", 1)).await.unwrap();
    let first = world.sync(json!({})).await;
    assert_eq!(first["items"].as_array().unwrap().len(), 3, "the tombstone too");
    assert_eq!(
        (&first["startedAt"], &first["nextToken"], &first["scannedCount"]),
        (&json!(NOW), &Value::Null, &json!(3))
    );

    world.clock.advance_millis(1);
    let started = world.sync(json!({ "lastSync": NOW + 1 })).await;
    assert_eq!(started, json!({ "items": [], "nextToken": null, "scannedCount": 0, "startedAt": NOW + 1 }));
    world.send("optimistic", update("1", 1, json!({ "title": { "S": "1b" } }))).await.unwrap();
    world.clock.advance_millis(120_000);
    world.send("optimistic", update("2", 1, json!({ "title": { "S": "2b" } }))).await.unwrap();
    world.send("optimistic", update("1", 2, json!({ "title": { "S": "1c" } }))).await.unwrap();
    let since = json!({ "lastSync": NOW + 1 });
    let mut changes = world.sync(since.clone()).await;
    let over_midnight = changes["items"].as_array_mut().unwrap();
    over_midnight[1..].sort_by_key(|item| item["title"].to_string());
    assert_eq!(titles(&changes), ["1b", "1c", "2b"]);

    let ends_with_b = json!({ "expression": "#_pk = :_pk", "expressionNames": { "#_pk": "title" },
        "expressionValues": { ":_pk": { "S": "2b" } } });
    let filtered = world.sync(json!({ "filter": ends_with_b })).await;
    assert_eq!((titles(&filtered), &filtered["scannedCount"]), (vec!["2b"], &json!(3)));
    for limit in [0, 1_001] {
        let request = json!({ "operation": "Sync", "limit": limit });
        assert_eq!(world.send("read", request).await.expect_err("no such limit").0, "MappingTemplate");
    }
}

/// Changes since a `Sync` through `api` that starts now.
async fn changes(api: &Api, since: &Value) -> Value {
    send(api, "read", json!({ "operation": "Sync", "lastSync": since })).await.unwrap()
}

#[tokio::test]
async fn a_sync_knows_the_writes_through_other_apis_and_versions_of_its_api() {
    let mut merged = harness::config(SCHEMA);
    merged.api_id = "merged".into();
    for name in ["a merged API", "the next version"] {
        let world = World::new().await;
        merged.data_sources.clone_from(&world.config.data_sources);
        merged.resolvers.clone_from(&world.config.resolvers);
        let other = match name {
            "a merged API" => harness::api(merged.clone(), world.deps.clone()),
            _ => world.api.rebuild(world.config.clone(), world.deps.clone()).expect("the same once more"),
        };
        let writing = world.begin_write().await;
        world.clock.advance_millis(1);
        let before = changes(&other, &json!(NOW)).await;
        assert_eq!((&before["items"], &before["startedAt"]), (&json!([]), &json!(NOW)), "{name}");
        world.gate.open.send_replace(true);
        writing.await.unwrap().unwrap();
        assert_eq!(titles(&changes(&other, &before["startedAt"]).await), ["late"], "{name}");
        assert_eq!(changes(&other, &json!(NOW)).await["startedAt"], NOW + 1, "{name}: nothing is under way");
    }
}

#[tokio::test]
async fn a_sync_knows_the_writes_of_requests_that_were_given_up() {
    let world = World::new().await;
    let writing = world.begin_write().await;
    writing.abort();
    assert!(writing.await.expect_err("its client is gone").is_cancelled());
    world.clock.advance_millis(1);
    let before = world.sync(json!({ "lastSync": NOW })).await;
    assert_eq!((&before["items"], &before["startedAt"]), (&json!([]), &json!(NOW)));
    world.gate.open.send_replace(true);
    world.gate.made.subscribe().wait_for(|made| *made > 0).await.unwrap();
    assert_eq!(titles(&world.sync(json!({ "lastSync": before["startedAt"] })).await), ["late"]);
    world.clock.advance_millis(10 * 60_000);
    let later = world.sync(json!({ "lastSync": NOW })).await;
    assert_eq!(later["startedAt"], world.now(), "it does not count for ever");
}

#[tokio::test]
async fn pages_of_a_sync_share_its_beginning() {
    let world = World::new().await;
    for number in 0..5 {
        world.send("optimistic", put(&number.to_string(), &number.to_string())).await.unwrap();
        world.clock.advance_millis(30_000);
    }
    for (first, name) in [(json!({ "limit": 2 }), "base"), (json!({ "limit": 2, "lastSync": NOW }), "delta")] {
        let started_at = world.now();
        let mut page = world.sync(first).await;
        let mut found = Vec::new();
        let mut pages = 1;
        loop {
            assert_eq!(page["startedAt"], started_at, "{name}");
            found.extend(titles(&page).into_iter().map(str::to_owned));
            let Some(token) = page["nextToken"].as_str() else { break };
            world.clock.advance_millis(5);
            page = world.sync(json!({ "limit": 2, "nextToken": token, "lastSync": 0 })).await;
            pages += 1;
        }
        found.sort();
        assert_eq!(found, ["0", "1", "2", "3", "4"], "{name}");
        assert!((3..=5).contains(&pages), "{name}: {pages} pages");
    }
    let page = world.send("read", json!({ "operation": "Scan", "limit": 1 })).await.unwrap();
    let other = json!({ "operation": "Sync", "nextToken": page["nextToken"] });
    let (_, message, _) = world.send("read", other).await.expect_err("the token of a scan");
    assert_eq!(message, "Invalid nextToken: it belongs to another query, or is damaged.");
}

#[tokio::test]
async fn changes_and_tombstones_end_when_their_time_has_come() {
    let world = World::new().await;
    world.send("optimistic", put("1", "a")).await.unwrap();
    world.send("optimistic", put("2", "b")).await.unwrap();
    world.send("optimistic", delete("2", 1)).await.unwrap();
    world.clock.advance_millis(DAY_MINUTES * 60_000);
    let on_the_border = world.sync(json!({ "lastSync": NOW })).await;
    assert_eq!(on_the_border["items"], json!([]), "a day old, the records have expired");
    world.clock.advance_millis(1);
    let all = world.sync(json!({ "lastSync": NOW })).await;
    assert_eq!(titles(&all), ["a", "b"], "too long ago for the delta table");
    world.clock.advance_millis(30 * DAY_MINUTES * 60_000);
    assert_eq!(titles(&world.sync(json!({})).await), ["a"], "the tombstone has expired");
}

#[tokio::test]
async fn one_partition_can_be_synced_alone() {
    let world = World::new().await;
    for id in ["1", "2"] {
        let mut request = put(id, id);
        request["customPartitionKey"] = "id".into();
        request["populateIndexFields"] = true.into();
        world.send("optimistic", request).await.unwrap();
    }
    for partition in [json!("2"), json!({ "S": "2" })] {
        let base = world.sync(json!({ "basePartitionKey": partition, "deltaIndexName": "all" })).await;
        assert_eq!(titles(&base), ["2"]);
        let request = json!({ "basePartitionKey": partition, "deltaIndexName": "all", "lastSync": NOW });
        assert_eq!(titles(&world.sync(request).await), ["2"]);
    }
    let whole = world.sync(json!({ "deltaIndexName": "all", "lastSync": NOW })).await;
    assert_eq!(titles(&whole), ["1", "2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_updates_of_one_version_exactly_one_wins() {
    let world = World::new().await;
    world.send("optimistic", put("1", "start")).await.unwrap();
    for version in 1..=5 {
        let racers: Vec<_> = (0..8)
            .map(|racer| {
                let api = world.api.clone();
                let request = update("1", version, json!({ "title": { "S": format!("racer {racer}") } }));
                tokio::spawn(async move { send(&api, "optimistic", request).await })
            })
            .collect();
        let mut won = Vec::new();
        let mut lost = Vec::new();
        for racer in racers {
            match racer.await.unwrap() {
                Ok(item) => won.push(item),
                Err((kind, _, data)) => lost.push((kind, data)),
            }
        }
        assert_eq!(won.len(), 1, "{lost:?}");
        assert_eq!(won[0]["_version"], version + 1);
        for (kind, data) in lost {
            assert_eq!((kind.as_str(), data), ("ConflictUnhandled", won[0].clone()));
        }
    }
    assert_eq!(world.scan("Changes").await.len(), 6, "one record for each version");
}

//! Traces: what they say of a request, what they leave out, and how long they are kept.

use std::sync::Arc;

use appsync::{
    Api, Body, DataSourceConfig, DataSourceKind, FunctionConfig, HttpTarget, LambdaOptions, Request, ResolverConfig,
    ResolverKind, Response,
    trace::{self, Detail, End, RequestTrace, Ring, Sink, Traces},
};
use aws_protocol::{BoxFuture, Caller, Directory, Service, ServiceError};
use clock::{Clock, SimulatedClock, Timestamp};
use futures::FutureExt;
use parking_lot::Mutex;
use resolver::Source;
use serde_json::{Map, Value, json};

use crate::harness::{self, Call, Scripted};

const SCHEMA: &str = r#"
    type Query { orders(token: String, page: Int): [Order] broken: String closed: String @aws_iam }
    type Order { id: ID items: Items customer: String }
    type Items { first: Item }
    type Item { sku: String }
    type Mutation { start(id: ID): Started stuck: String }
    type Started { id: ID }
    type Subscription { onStart: Started @aws_subscribe(mutations: ["start"]) }"#;

const PASS: &str = "export function request(ctx) { ctx.stash.seen = true; return {} }
export function response(ctx) { return ctx.prev.result }";

const SCAN: &str =
    "export function request(ctx) { console.log('scanning', ctx.args.page); return { operation: 'Scan' } }
export function response(ctx) { return ctx.result.items }";

const BROKEN: &str = "import { util } from '@aws-appsync/utils'
export function request(ctx) { return { operation: 'GetItem', key: { id: { S: '1' } } } }
export function response(ctx) { util.error(ctx.error.message, 'Mine') }";

const CUSTOMER: &str = "export function request(ctx) { return { payload: 'c-' + ctx.source.id } }
export function response(ctx) { return ctx.result }";

struct World {
    api: Arc<Api>,
    ring: Arc<Ring>,
    table: Arc<Scripted>,
}

fn world() -> World {
    let table = Scripted::new("dynamodb");
    let directory = Directory::default();
    directory.register(table.clone());
    World { table, ..world_of(directory, harness::deps(Directory::default()).clock) }
}

/// A world with other services, and a table of which nothing is expected.
fn world_of(directory: Directory, clock: Arc<dyn Clock>) -> World {
    let mut config = harness::config(SCHEMA);
    config.additional_modes = vec![auth::AuthMode::AwsIam];
    let kind = DataSourceKind::DynamoDb { table: "T".into() };
    config.data_sources.push(DataSourceConfig { name: "table".into(), role_arn: None, kind });
    let code = |code: &str| Source { name: "code.js".into(), code: code.into() };
    let scan = Some(code(SCAN).into());
    config.functions.push(FunctionConfig {
        id: "f".into(),
        name: "scan".into(),
        data_source: "table".into(),
        code: scan,
        lambda: LambdaOptions::default(),
        conflict_handler: None,
    });
    let pipeline = ResolverKind::Pipeline { functions: vec!["f".into()], code: code(PASS).into() };
    config.resolvers = vec![
        ResolverConfig {
            type_name: "Query".into(),
            field_name: "orders".into(),
            kind: pipeline,
            lambda: LambdaOptions::default(),
            caching: None,
            conflict_handler: None,
        },
        harness::resolver("Query.broken", BROKEN),
        harness::constant("Query.closed", "'x'"),
        harness::resolver("Order.customer", CUSTOMER),
        harness::constant("Item.sku", "'tea'"),
        harness::constant("Mutation.start", "{ id: ctx.args.id }"),
        harness::resolver("Mutation.stuck", BROKEN),
    ];
    for of_table in [1, 6] {
        let kind = &mut config.resolvers[of_table].kind;
        let ResolverKind::Unit { data_source, .. } = kind else { panic!("a unit resolver") };
        *data_source = "table".into();
    }
    let ring = Arc::new(Ring::new(100, 1 << 20));
    let mut deps = harness::deps(directory);
    deps.traces = Traces::new(vec![ring.clone()]);
    deps.clock = clock;
    World { api: harness::api(config, deps), ring, table: Scripted::new("dynamodb") }
}

fn request(query: &str, variables: Value) -> Request {
    let Value::Object(variables) = variables else { panic!("variables are an object") };
    Request {
        body: Body { query: query.into(), variables, operation_name: None },
        headers: vec![("X-Api-Key".into(), "da2-secret".into()), ("x-mine".into(), "1".into())],
        domain_name: None,
        identity: harness::identity("api-key"),
    }
}

impl World {
    fn answers(&self, operation: &str, answer: Result<Value, ServiceError>) {
        self.table.expect(Call { operation: operation.into(), input: None, answer });
    }

    async fn execute(&self, query: &str, variables: Value) -> Response {
        self.api.execute(&request(query, variables)).await
    }

    fn last(&self) -> Arc<RequestTrace> {
        self.ring.newest(1, None, |_| true).pop().expect("a request")
    }
}

#[tokio::test]
async fn a_trace_tells_what_ran_and_with_what() {
    let world = world();
    let items = json!([{ "id": { "S": "1" }, "items": { "M": { "first": { "M": {} } } } }, { "id": { "S": "2" } }]);
    world.answers("Scan", Ok(json!({ "Items": items })));
    let query = "query Q($t: String) { all: orders(token: $t, page: 3) { id customer items { first { sku } } } }";
    let response = world.execute(query, json!({ "t": "hush" })).await;

    let trace = world.last();
    let id = response.headers.iter().find(|(name, _)| name == "x-amzn-RequestId").expect("an id");
    assert_eq!(id.1, trace.id);
    assert_eq!((trace.operation_type, trace.operation_name.as_deref(), trace.status), (Some("query"), Some("Q"), 200));
    assert_eq!((trace.resolvers, trace.mode), (4, Some(auth::AuthMode::ApiKey)));
    assert_eq!(trace.response(), serde_json::from_slice(&response.body).ok());

    let paths: Vec<String> =
        trace.fields.iter().map(|field| format!("{:?} {:?}", field.parent, json_path(&field.path))).collect();
    assert_eq!(
        paths,
        [
            "None \"/all\"",
            "Some(0) \"/all/0/customer\"",
            "Some(0) \"/all/0/items/first/sku\"",
            "Some(0) \"/all/1/customer\"",
        ]
    );

    let orders = &trace.fields[0];
    assert_eq!((orders.parent_type(), orders.field(), orders.kind), ("Query", "orders", trace::ResolverKind::Pipeline));
    assert_eq!(orders.before.as_ref().and_then(|before| before.evaluated.read()), Some(json!({})));
    let step = &orders.steps[0];
    assert_eq!((&*step.name, &*step.source.name, &*step.source.type_name), ("scan", "table", "AMAZON_DYNAMODB"));
    let before = step.before.as_ref().expect("a request handler");
    assert_eq!(before.stash.read(), Some(json!({ "seen": true })));
    assert_eq!(before.prev.read(), Some(json!({})));
    assert_eq!(before.logs().collect::<Vec<_>>().len(), 1, "console.log");
    assert_eq!(before.evaluated.read(), Some(json!({ "operation": "Scan" })));
    assert_eq!(step.call.as_ref().map(|call| call.operation()).as_deref(), Some("Scan"));
    assert_eq!(step.response().expect("an answer")["items"][1], json!({ "id": "2" }));
    assert_eq!(orders.result().expect("a result")[1], json!({ "id": "2" }));
    assert_eq!(trace.fields[3].source.read(), Some(json!({ "id": "2" })));
    assert_eq!(trace.fields[3].result(), Some(json!("c-2")));
}

fn json_path(path: &[appsync::PathSegment]) -> String {
    let segment = |segment: &appsync::PathSegment| match segment {
        appsync::PathSegment::Key(key) => format!("/{key}"),
        appsync::PathSegment::Index(index) => format!("/{index}"),
    };
    path.iter().map(segment).collect()
}

#[tokio::test]
async fn secrets_are_masked_and_the_request_is_not_changed() {
    let world = world();
    world.answers("Scan", Ok(json!({ "Items": [] })));
    world.execute("query Q($t: String) { orders(token: $t) { id } }", json!({ "t": "hush" })).await;
    let trace = world.last();
    let headers = json!({ "x-api-key": "***", "x-mine": "1" });
    assert_eq!(Value::Object(trace.headers()), headers);
    assert_eq!(trace.header("x-api-key"), Some("da2-secret"), "it is masked for people, not for the process");
    assert_eq!(trace.fields[0].arguments.read(), Some(json!({ "token": "***" })));
    // AWS names nothing of variables: only the argument's name tells.
    assert_eq!(trace.variables(), Some(json!({ "t": "hush" })));
}

#[tokio::test]
async fn the_operation_of_a_call_is_masked() {
    let request = r#"{ operation: 'x?token=hush', method: 'GET', resourcePath: '/' }"#;
    let mut config = harness::config(SCHEMA);
    config.resolvers = vec![harness::resolver(
        "Query.broken",
        &format!("export function request(ctx) {{ return {request} }} export function response(ctx) {{ return null }}"),
    )];
    let ring = Arc::new(Ring::new(1, 1 << 20));
    let mut deps = harness::deps(Directory::default());
    deps.traces = Traces::new(vec![ring.clone()]);
    harness::api(config, deps).execute(&self::request("{ broken }", json!({}))).await;
    let trace = ring.newest(1, None, |_| true).pop().expect("a request");
    let call = trace.fields[0].steps[0].call.as_ref().expect("a call");
    assert_eq!(call.operation(), "x?token=***");
}

#[tokio::test]
async fn failures_say_where_they_come_from() {
    let world = world();
    world.answers("GetItem", Err(ServiceError::new("ResourceNotFoundException", "no table")));
    world.execute("{ broken closed }", json!({})).await;
    let trace = world.last();
    let [broken] = &trace.fields[..] else { panic!("what may not be read does not run: {:?}", trace.fields) };
    let step = &broken.steps[0];
    let failed = step.call.as_ref().and_then(|call| call.error.as_ref()).expect("the call failed");
    assert_eq!(failed.kind.as_deref(), Some("DynamoDB:ResourceNotFoundException"));
    let after = step.after.as_ref().expect("a response handler");
    assert!(matches!(&after.end, End::Raised(error) if error.kind.as_deref() == Some("Mine")), "{:?}", after.end);
    assert_eq!(after.error.as_ref(), Some(failed), "ctx.error");
    assert_eq!(broken.result(), None);
    let types: Vec<_> = trace.errors.iter().map(|error| error.error_type()).collect();
    assert_eq!(types, [Some("Mine"), Some("Unauthorized")]);
}

/// A table that never answers.
struct Silence;

impl Service for Silence {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn call<'a>(&'a self, _: &'a str, _: Value, _: &'a Caller) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_request_whose_client_hangs_up_leaves_what_was_recorded_so_far() {
    let clock = SimulatedClock::new(Timestamp(0), 1);
    let directory = Directory::default();
    directory.register(Arc::new(Silence));
    let world = world_of(directory, Arc::new(clock.clone()));
    let query = "mutation Both($id: ID) { start(id: $id) { id } stuck }";
    let asked = request(query, json!({ "id": "7" }));
    for hangs_up in [true, false] {
        let mut answer = Box::pin(world.api.execute(&asked));
        assert!((&mut answer).now_or_never().is_none(), "the table is silent");
        clock.advance_to(clock.now().plus_millis(if hangs_up { 5 } else { 30_000 }));
        if hangs_up {
            drop(answer);
        } else {
            answer.await;
        }
        let trace = world.last();
        assert_eq!((trace.cancelled, trace.status), (hangs_up, if hangs_up { 499 } else { 200 }));
        assert_eq!(trace.errors.len(), usize::from(!hangs_up));
        assert_eq!((trace.operation_type, trace.operation_name.as_deref()), (Some("mutation"), Some("Both")));
        assert_eq!((trace.variables(), trace.header("x-mine").is_some()), (Some(json!({ "id": "7" })), true));
        let [start, stuck] = &trace.fields[..] else { panic!("two resolvers began: {:?}", trace.fields) };
        assert_eq!((start.field(), start.result(), &start.error), ("start", Some(json!({ "id": "7" })), &None));
        let interrupted = stuck.error.as_ref().expect("it did not end");
        assert_eq!((stuck.field(), interrupted.kind.as_deref()), ("stuck", Some("Interrupted")));
        assert_eq!(stuck.micros, if hangs_up { 5_000 } else { 30_000_000 });
    }
    assert_eq!(world.ring.newest(9, None, |_| true).len(), 2, "one trace each");
}

#[tokio::test]
async fn what_does_not_run_is_told_too() {
    let world = world();
    world.execute("{ nothing }", json!({})).await;
    let trace = world.last();
    assert_eq!((trace.operation_type, trace.fields.len(), trace.errors.len()), (None, 0, 1));
    assert_eq!(trace.query(), "{ nothing }");

    let target = HttpTarget { method: "POST", path: "/graphql".to_owned(), route: "/graphql" };
    let refused = world.api.refuse(target.clone(), &[], Response::refused(401, "UnauthorizedException", "no"));
    let trace = world.last();
    assert_eq!((trace.status, trace.error_type()), (401, Some("UnauthorizedException")));
    assert_eq!(trace.http, Some(target));
    assert!(refused.headers.iter().any(|(name, value)| name == "x-amzn-RequestId" && *value == trace.id));
}

#[tokio::test]
async fn subscribers_are_counted() {
    let world = world();
    let subscription = world.api.subscribe(&request("subscription { onStart { id } }", json!({}))).await;
    let _subscriptions =
        [subscription, world.api.subscribe(&request("subscription { onStart { id } }", json!({}))).await];
    assert_eq!(world.last().operation_type, Some("subscription"));
    world.execute("mutation { start(id: 1) { id } }", json!({})).await;
    let published: Vec<_> = world.last().published.iter().map(|to| (to.field.clone(), to.subscribers)).collect();
    assert_eq!(published, [("onStart".to_owned(), 2)]);
}

#[tokio::test]
async fn a_large_request_takes_no_more_than_it_may() {
    let world = world();
    let items: Vec<Value> =
        (0..1_500).map(|n| json!({ "id": { "S": format!("{n}-{}", "x".repeat(2_000)) } })).collect();
    world.answers("Scan", Ok(json!({ "Items": items })));
    let response = world.execute("{ orders { customer } }", json!({})).await;
    assert!(response.body.len() > 1 << 20);
    let trace = world.last();
    assert_eq!((trace.resolvers, trace.fields.len()), (1_501, 1_000));
    let kept: usize =
        trace.fields.iter().filter_map(|field| field.source.read()).map(|value| value.to_string().len()).sum();
    assert!((1..1 << 20).contains(&kept), "{kept}");
    assert_eq!(trace.response(), None);
}

/// Wants times only.
#[derive(Default)]
struct Times(Mutex<Vec<Arc<RequestTrace>>>);

impl Sink for Times {
    fn detail(&self) -> Detail {
        Detail::Times
    }

    fn finished(&self, trace: &Arc<RequestTrace>) {
        self.0.lock().push(trace.clone());
    }
}

#[tokio::test]
async fn who_wants_times_gets_no_values() {
    let mut config = harness::config(SCHEMA);
    config.resolvers = vec![harness::constant("Mutation.start", "{ id: ctx.args.id }")];
    let mut deps = harness::deps(Directory::default());
    let times = Arc::new(Times::default());
    deps.traces = Traces::new(vec![times.clone(), Arc::new(Ring::new(0, 0))]);
    let api = harness::api(config, deps);
    api.execute(&request("mutation { start(id: 1) { id } }", Value::Object(Map::new()))).await;
    let trace = times.0.lock().pop().expect("a trace");
    assert_eq!((trace.fields.len(), trace.fields[0].steps.len()), (1, 1));
    assert_eq!((trace.fields[0].arguments.read(), trace.fields[0].result(), trace.response()), (None, None, None));
}

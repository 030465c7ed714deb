//! No input, however deep or long, does harm: each limit answers with an error.

use appsync::{
    Api, ApiConfig, Body, DataSourceConfig, DataSourceKind, LambdaOptions, Request, ResolverConfig, ResolverKind,
};
use aws_protocol::{BoxFuture, Caller, Directory, Service, ServiceError};
use clock::{Clock, SimulatedClock, Timestamp};
use futures::FutureExt;
use resolver::Source;
use serde_json::{Map, Value};
use std::sync::Arc;

use crate::harness;

const SCHEMA: &str = "
    type Query { node: Node nodes: [Node] either: Either wide: [Node] slow: String }
    type Node { id: ID node: Node! nullable: Node }
    type Other { node: Either }
    union Either = Node | Other";

fn config() -> ApiConfig {
    let mut config = harness::config(SCHEMA);
    config.resolvers.push(harness::constant("Query.node", "{ id: 1, node: { id: 2, node: { id: 3, nullable: {} } } }"));
    config.resolvers.push(harness::constant("Node.id", "1"));
    config.resolvers.push(harness::constant("Query.nodes", "[{}, {}, {}]"));
    config
}

async fn ask(api: &Api, query: &str) -> Value {
    let request = Request {
        body: Body { query: query.into(), variables: Map::new(), operation_name: None },
        headers: Vec::new(),
        domain_name: None,
        identity: harness::identity("api-key"),
    };
    serde_json::from_slice(&api.execute(&request).await.body).unwrap()
}

fn api(config: ApiConfig) -> Arc<Api> {
    harness::api(config, harness::deps(Directory::default()))
}

fn message(answer: &Value) -> &str {
    answer["errors"][0]["message"].as_str().unwrap()
}

#[tokio::test]
async fn deep_and_long_documents_are_refused() {
    let api = api(config());
    for open in ["{node", "{node(a:", "{node(a:[", "{a(b:{c:"] {
        let answer = ask(&api, &open.repeat(100_000)).await;
        assert!(answer["data"].is_null() && message(&answer).starts_with("Invalid Syntax"), "{answer}");
    }
    let answer = ask(&api, &format!("{{ {} }}", "node { id } ".repeat(5_000))).await;
    assert_eq!(message(&answer), "Maximum char length exceeded");
}

#[tokio::test]
async fn fragments_cannot_multiply_the_work() {
    let api = api(config());
    // Each fragment selects the next one twice, under two aliases: 2^30 fields.
    let mut query = "{ node { ...F0 } } ".to_owned();
    for n in 0..30 {
        query += &format!("fragment F{n} on Node {{ a: nullable {{ ...F{0} }} b: nullable {{ ...F{0} }} }} ", n + 1);
    }
    query += "fragment F30 on Node { id }";
    let answer = ask(&api, &query).await;
    assert!(message(&answer).contains("too deep or too large"), "{answer}");
    // A chain of fragments is deeper than its text.
    let mut query = "{ node { ...F0 } } ".to_owned();
    for n in 0..1_000 {
        query += &format!("fragment F{n} on Node {{ nullable {{ ...F{} }} }} ", n + 1);
    }
    query += "fragment F1000 on Node { id }";
    let answer = ask(&api, &query).await;
    assert!(answer["data"].is_null() && !message(&answer).is_empty(), "{answer}");
}

#[tokio::test]
async fn nesting_as_deep_as_allowed_is_no_danger() {
    let api = api(config());
    let levels = 115;
    let query = format!("{{ node {{ {} id {} }} }}", "nullable { ".repeat(levels), "} ".repeat(levels));
    let answer = ask(&api, &query).await;
    assert_eq!(answer["data"].to_string(), r#"{"node":{"nullable":null}}"#, "{answer}");
}

#[tokio::test]
async fn resolvers_at_every_level_are_no_danger() {
    let mut config = config();
    config.resolvers.push(harness::constant("Node.nullable", "{}"));
    let api = api(config);
    let levels = 115;
    let query = format!("{{ node {{ {} id {} }} }}", "nullable { ".repeat(levels), "} ".repeat(levels));
    let answer = ask(&api, &query).await;
    let mut inner = &answer["data"]["node"];
    for _ in 0..levels {
        inner = &inner["nullable"];
    }
    assert_eq!(inner["id"], "1", "{answer}");
}

#[tokio::test]
async fn the_query_depth_limit_fails_the_fields_beyond_it() {
    let mut config = config();
    config.query_depth_limit = 2;
    let api = api(config);
    let answer = ask(&api, "{ node { id nullable { id } } }").await;
    assert_eq!(answer["data"].to_string(), r#"{"node":{"id":"1","nullable":null}}"#);
    assert!(answer.get("errors").is_none(), "nothing beyond the limit was reached: {answer}");
    let answer = ask(&api, "{ node { node { id } } }").await;
    assert_eq!(answer["errors"][0]["errorType"], "QueryDepthLimitReached", "{answer}");
    assert_eq!(answer["errors"][0]["path"].to_string(), r#"["node","node","id"]"#);
}

#[tokio::test]
async fn the_resolver_count_limit_fails_the_resolvers_beyond_it() {
    let mut config = config();
    config.resolver_count_limit = 3;
    let answer = ask(&api(config), "{ nodes { id } }").await;
    assert_eq!(answer["data"].to_string(), r#"{"nodes":[{"id":"1"},{"id":"1"},{"id":null}]}"#);
    assert_eq!(answer["errors"][0]["errorType"], "ResolverExecutionLimitReached");
}

#[tokio::test]
async fn resolvers_beyond_the_limit_cost_nothing() {
    let mut config = harness::config("type Query { list: [Item] } type Item { f: String nested: Item }");
    config.resolvers.push(harness::constant("Query.list", &format!("[{}]", "{nested:{}},".repeat(2_000))));
    config.resolvers.push(harness::constant("Item.f", "'v'"));
    config.resolver_count_limit = 10;
    let aliases: String = (0..2_000).map(|n| format!("a{n}:f ")).collect();
    // Four million fields with a resolver: a future for each would take gigabytes.
    let api = harness::api(config, harness::deps(Directory::default()));
    let answer = ask(&api, &format!("{{ list {{ {aliases} nested {{ f }} }} }}")).await;
    assert_eq!(answer["errors"][0]["errorType"], "ResponseSizeLimitExceeded", "{}", answer["errors"]);
    let answer = ask(&api, "{ list { f nested { f } } }").await;
    assert_eq!(answer["data"]["list"][0].to_string(), r#"{"f":"v","nested":{"f":"v"}}"#);
    assert_eq!(answer["data"]["list"][1999].to_string(), r#"{"f":null,"nested":{"f":null}}"#);
    let refused = &answer["errors"][0];
    assert_eq!(refused["errorType"], "ResolverExecutionLimitReached");
    assert_eq!(refused["message"], "Resolver execution limit of 10 reached.");
}

#[tokio::test]
async fn a_response_that_grows_too_large_is_not_sent() {
    let mut config = config();
    config
        .resolvers
        .push(harness::constant("Query.wide", &format!("[{}]", "{ nullable: { nullable: {} } },".repeat(20))));
    config.resolvers.retain(|resolver| resolver.type_name == "Query");
    let api = api(config);
    let aliases: String = (0..2_000).map(|n| format!("a{n}: id ")).collect();
    let wide: String = (0..20).map(|n| format!("w{n}: wide {{ ...F }} ")).collect();
    let query = format!("{{ {wide} }} fragment F on Node {{ {aliases} }}");
    let answer = ask(&api, &query).await;
    assert_eq!(answer["errors"][0]["errorType"], "ResponseSizeLimitExceeded", "{}", answer["errors"]);
    assert!(answer["data"].is_null());
}

#[tokio::test]
async fn introspection_may_be_off_and_is_bounded() {
    let mut off = config();
    off.introspection = false;
    let off = api(off);
    let query =
        "{ __typename s: __schema { __typename queryType { name } ...F } } fragment F on __Schema { types { name } }";
    let answer = ask(&off, query).await;
    let messages: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| &error["message"]).collect();
    assert_eq!(
        messages,
        [
            "Validation error of type FieldUndefined: Field 'queryType' in type '__Schema' is undefined @ '__schema/queryType'",
            "Validation error of type FieldUndefined: Field 'types' in type '__Schema' is undefined @ 'F/types'",
        ]
    );
    assert_eq!((answer["errors"][0]["locations"][0]["column"].as_u64(), &answer["data"]), (Some(39), &Value::Null));
    let answer = ask(&off, "{ __typename nodes { __typename } }").await;
    assert_eq!(answer["data"]["__typename"], "Query", "{answer}");
    let deep = "fields { type { ".repeat(8) + "name" + &" } }".repeat(8);
    let answer = ask(&api(config()), &format!("{{ __schema {{ types {{ {deep} }} }} }}")).await;
    assert!(answer["errors"].is_array(), "deep introspection is refused");
}

/// A service that never answers.
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
async fn a_request_ends_after_thirty_seconds() {
    let clock = SimulatedClock::new(Timestamp(0), 1);
    let directory = Directory::default();
    directory.register(Arc::new(Silence));
    let mut config = config();
    config.data_sources.push(DataSourceConfig {
        name: "table".into(),
        role_arn: None,
        kind: DataSourceKind::DynamoDb { table: "T".into() },
    });
    let code =
        "export function request(ctx) { return { operation: 'Scan' } }\nexport function response(ctx) { return null }";
    config.resolvers.push(ResolverConfig {
        type_name: "Query".into(),
        field_name: "slow".into(),
        kind: ResolverKind::Unit {
            data_source: "table".into(),
            code: Some(Source { name: "slow.js".into(), code: code.into() }.into()),
        },
        lambda: LambdaOptions::default(),
        caching: None,
        conflict_handler: None,
    });
    let mut deps = harness::deps(directory);
    deps.clock = Arc::new(clock.clone());
    let api = harness::api(config, deps);
    let mut answer = Box::pin(ask(&api, "{ slow }"));
    assert!((&mut answer).now_or_never().is_none());
    assert_eq!(clock.next_wake(), Some(Timestamp(30_000)));
    clock.advance_to(Timestamp(30_000));
    assert_eq!(clock.now(), Timestamp(30_000));
    let answer = answer.await;
    assert_eq!(answer["errors"][0]["errorType"], "ExecutionTimeout");
    assert_eq!(message(&answer), "Execution timed out.");
}

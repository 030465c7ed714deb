//! Subscriptions as their owner sees them: order, sharing, slow consumers, ends.

use std::sync::Arc;

use appsync::{Api, ApiConfig, Body, DataSourceConfig, DataSourceKind, Delivery, Request, ResolverKind, Subscription};
use aws_protocol::{BoxFuture, Caller, Directory, Service, ServiceError};
use bytes::Bytes;
use clock::{SimulatedClock, Timestamp};
use futures::FutureExt;
use serde_json::{Map, Value};

use crate::harness;

const SCHEMA: &str = r#"
    type Query { none: String }
    type Mutation { tick(n: Int): Tick close(group: String): Tick }
    type Subscription { onTick: Tick @aws_subscribe(mutations: ["tick"]) @aws_api_key @aws_iam }
    type Tick @aws_api_key @aws_iam { n: Int secret: String @aws_iam }"#;

const TICK: &str = r"export function request(ctx) { return { payload: { n: ctx.args.n, secret: 'x' } } }
export function response(ctx) { return ctx.result }";

const SUBSCRIBE: &str = r"import { extensions } from '@aws-appsync/utils'
export function request(ctx) { return { payload: null } }
export function response(ctx) {
  extensions.setSubscriptionInvalidationFilter({ filterGroup: [{ filters: [{ fieldName: 'group', operator: 'eq', value: 'staff' }] }] })
  return null
}";

const CLOSE: &str = r"import { extensions } from '@aws-appsync/utils'
export function request(ctx) { return { payload: null } }
export function response(ctx) {
  extensions.invalidateSubscriptions({ subscriptionField: 'onTick', payload: { group: ctx.args.group } })
  return null
}";

fn api() -> Arc<Api> {
    harness::api(config(SCHEMA), harness::deps(Directory::default()))
}

fn config(schema: &str) -> ApiConfig {
    let mut config = harness::config(schema);
    config.additional_modes = vec![auth::AuthMode::AwsIam];
    for (field, code) in [("Mutation.tick", TICK), ("Mutation.close", CLOSE), ("Subscription.onTick", SUBSCRIBE)] {
        config.resolvers.push(harness::resolver(field, code));
    }
    config
}

/// The next version of `api`, with this schema, in force.
fn next_version(api: &Api, schema: &str) -> Arc<Api> {
    let next = api.rebuild(config(schema), harness::deps(Directory::default())).expect("a version");
    next.take_over();
    next
}

fn request(query: &str, identity: &str) -> Request {
    Request {
        body: Body { query: query.into(), variables: Map::new(), operation_name: None },
        headers: Vec::new(),
        domain_name: None,
        identity: harness::identity(identity),
    }
}

async fn subscribe(api: &Arc<Api>, query: &str, identity: &str) -> Subscription {
    api.subscribe(&request(query, identity)).await.expect("a subscription")
}

async fn tick(api: &Api, n: usize) {
    let answer = api.execute(&request(&format!("mutation {{ tick(n: {n}) {{ n secret }} }}"), "api-key")).await;
    assert_eq!(answer.status, 200);
}

fn next(subscription: &mut Subscription) -> Option<Delivery> {
    // Tokio makes a task yield now and then, even where something is waiting.
    tokio::task::coop::unconstrained(subscription.next()).now_or_never().flatten()
}

fn payload(subscription: &mut Subscription) -> Bytes {
    match next(subscription) {
        Some(Delivery::Data(payload)) => payload,
        other => panic!("no payload: {other:?}"),
    }
}

#[tokio::test]
async fn payloads_come_in_order_and_are_shared() {
    let api = api();
    let query = "subscription { onTick { n } }";
    let mut one = subscribe(&api, query, "api-key").await;
    let mut other = subscribe(&api, query, "api-key").await;
    for n in 0..10 {
        tick(&api, n).await;
    }
    for n in 0..10 {
        let (first, second) = (payload(&mut one), payload(&mut other));
        assert_eq!(first, format!(r#"{{"data":{{"onTick":{{"n":{n}}}}}}}"#));
        assert_eq!(first.as_ptr(), second.as_ptr(), "one payload serves both");
    }
    assert_eq!(next(&mut one), None);
}

#[tokio::test]
async fn payloads_differ_where_rights_differ() {
    let api = api();
    let mut key = subscribe(&api, "subscription { onTick { n secret } }", "api-key").await;
    tick(&api, 1).await;
    let answer: Value = serde_json::from_slice(&payload(&mut key)).unwrap();
    assert_eq!(answer["data"].to_string(), r#"{"onTick":{"n":1,"secret":null}}"#);
    assert_eq!(answer["errors"][0]["message"], "Not Authorized to access secret on type Tick");
}

#[tokio::test]
async fn a_slow_subscriber_is_told_and_let_go_and_others_are_not_disturbed() {
    let api = api();
    let mut slow = subscribe(&api, "subscription { onTick { n } }", "api-key").await;
    let mut fast = subscribe(&api, "subscription { onTick { n } }", "api-key").await;
    for n in 0..1_100 {
        tick(&api, n).await;
        payload(&mut fast);
    }
    for _ in 0..1_024 {
        payload(&mut slow);
    }
    match next(&mut slow) {
        Some(Delivery::Ended(errors)) => assert_eq!(errors[0].error_type(), Some("SlowConsumer")),
        other => panic!("should have ended: {other:?}"),
    }
    assert_eq!(next(&mut slow), None);
    assert!(slow.next().await.is_none(), "nothing follows the end");
}

#[tokio::test]
async fn invalidation_ends_the_subscriptions_it_names() {
    let api = api();
    let mut subscription = subscribe(&api, "subscription { onTick { n } }", "api-key").await;
    api.execute(&request(r#"mutation { close(group: "guests") { n } }"#, "api-key")).await;
    tick(&api, 1).await;
    payload(&mut subscription);
    api.execute(&request(r#"mutation { close(group: "staff") { n } }"#, "api-key")).await;
    match next(&mut subscription) {
        Some(Delivery::Ended(errors)) => assert_eq!(errors[0].error_type(), Some("SubscriptionInvalidated")),
        other => panic!("should have ended: {other:?}"),
    }
}

#[tokio::test]
async fn dropping_a_subscription_unsubscribes() {
    let api = api();
    let dropped = subscribe(&api, "subscription { onTick { n } }", "api-key").await;
    drop(dropped);
    assert_eq!(api.subscriptions(), 0);
    let _kept = subscribe(&api, "subscription { onTick { n } }", "api-key").await;
    assert_eq!(api.subscriptions(), 1);
}

#[tokio::test]
async fn subscriptions_go_on_when_a_new_version_takes_over() {
    let first = api();
    let mut open = subscribe(&first, "subscription { onTick { n secret } }", "api-key").await;
    // What the API's key may read changes, and with it what the open subscription gets.
    let second = next_version(&first, &SCHEMA.replace("secret: String @aws_iam", "secret: String"));
    tick(&second, 1).await;
    assert_eq!(payload(&mut open), r#"{"data":{"onTick":{"n":1,"secret":"x"}}}"#);
    // A request that began on the old version is still heard, and so is who subscribes there.
    tick(&first, 2).await;
    assert_eq!(payload(&mut open), r#"{"data":{"onTick":{"n":2,"secret":"x"}}}"#);
    let mut late = subscribe(&first, "subscription { onTick { secret } }", "api-key").await;
    tick(&second, 3).await;
    assert_eq!(payload(&mut late), r#"{"data":{"onTick":{"secret":"x"}}}"#);
    assert_eq!((first.subscriptions(), second.subscriptions()), (2, 2));
}

#[tokio::test]
async fn subscriptions_that_a_new_version_does_not_allow_end_with_the_reason() {
    let cases = [
        (
            SCHEMA.replace("n: Int secret", "m: Int secret"),
            "Validation error of type FieldUndefined: Field 'n' in type 'Tick' is undefined @ 'onTick/n'",
        ),
        (
            SCHEMA.replace(r#"["tick"]) @aws_api_key"#, r#"["tick"])"#),
            "Not Authorized to access onTick on type Subscription",
        ),
    ];
    for (schema, reason) in cases {
        let api = api();
        let mut open = subscribe(&api, "subscription { onTick { n } }", "api-key").await;
        let _kept = subscribe(&api, "subscription { onTick { secret } }", "iam").await;
        let second = next_version(&api, &schema);
        match next(&mut open) {
            Some(Delivery::Ended(errors)) => assert_eq!(errors[0].message, reason),
            other => panic!("should have ended: {other:?}"),
        }
        assert_eq!(second.subscriptions(), 1, "the other one goes on");
    }
}

#[tokio::test]
async fn a_version_that_does_not_compile_leaves_the_one_before_in_force() {
    let api = api();
    let mut open = subscribe(&api, "subscription { onTick { n } }", "api-key").await;
    let broken = SCHEMA.replace(r#"mutations: ["tick"]"#, r#"mutations: ["tock"]"#);
    let wrong = api.rebuild(config(&broken), harness::deps(Directory::default())).err().expect("broken");
    assert_eq!(wrong[0].message, "subscription 'onTick' listens to mutation 'tock', which does not exist");
    tick(&api, 1).await;
    payload(&mut open);
}

#[tokio::test]
async fn subscriptions_of_a_deleted_api_end() {
    let api = api();
    let mut open = subscribe(&api, "subscription { onTick { n } }", "api-key").await;
    api.end_subscriptions();
    match next(&mut open) {
        Some(Delivery::Ended(errors)) => assert_eq!(errors[0].error_type(), Some("NotFoundException")),
        other => panic!("should have ended: {other:?}"),
    }
}

#[tokio::test]
async fn who_subscribes_while_the_api_is_deleted_hears_of_the_end() {
    let api = api();
    // The door has found the API; before the subscription is registered, the API goes.
    api.end_subscriptions();
    let mut late = subscribe(&api, "subscription { onTick { n } }", "api-key").await;
    match next(&mut late) {
        Some(Delivery::Ended(errors)) => assert_eq!(errors[0].message, "GraphQL API was deleted."),
        other => panic!("should have ended: {other:?}"),
    }
}

#[tokio::test]
async fn a_resolver_that_subscribing_waits_for_has_the_time_of_a_request() {
    let clock = Arc::new(SimulatedClock::new(Timestamp(0), 1));
    let services = Directory::default();
    services.register(Arc::new(Silent));
    let mut config = config(SCHEMA);
    let kind = DataSourceKind::DynamoDb { table: "t".into() };
    config.data_sources.push(DataSourceConfig { name: "table".into(), role_arn: None, kind });
    let scan = "export function request() { return { operation: 'Scan' } }\nexport function response() { return null }";
    config.resolvers.retain(|resolver| resolver.field_name != "onTick");
    let mut resolver = harness::resolver("Subscription.onTick", scan);
    if let ResolverKind::Unit { data_source, .. } = &mut resolver.kind {
        *data_source = "table".into();
    }
    config.resolvers.push(resolver);
    let deps = appsync::Deps { clock: clock.clone(), ..harness::deps(services) };
    let api = harness::api(config, deps);
    let request = request("subscription { onTick { n } }", "api-key");
    let mut subscribing = Box::pin(api.subscribe(&request));
    assert!((&mut subscribing).now_or_never().is_none(), "the table does not answer");
    clock.advance_millis(30_000);
    let errors = subscribing.now_or_never().expect("the time is over").err().expect("an error");
    assert_eq!(errors[0].error_type(), Some("ExecutionTimeout"));
}

/// A table that never answers.
struct Silent;

impl Service for Silent {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn call<'a>(&'a self, _: &'a str, _: Value, _: &'a Caller) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(std::future::pending())
    }
}

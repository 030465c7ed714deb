//! Subscriptions as their owner sees them: order, sharing, slow consumers, ends.

use std::sync::Arc;

use appsync::{Api, Body, Delivery, Request, Subscription};
use aws_protocol::Directory;
use bytes::Bytes;
use futures::FutureExt;
use serde_json::{Map, Value};

use crate::harness;

const SCHEMA: &str = r#"
    type Query { none: String }
    type Mutation { tick(n: Int): Tick close(group: String): Tick }
    type Subscription { onTick: Tick @aws_subscribe(mutations: ["tick"]) }
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
    let mut config = harness::config(SCHEMA);
    config.additional_modes = vec![auth::AuthMode::AwsIam];
    for (field, code) in [("Mutation.tick", TICK), ("Mutation.close", CLOSE), ("Subscription.onTick", SUBSCRIBE)] {
        config.resolvers.push(harness::resolver(field, code));
    }
    harness::api(config, harness::deps(Directory::default()))
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

//! An Event API as a whole: who may do what, what handlers make of events, and who hears them.

use std::sync::Arc;

use appsync::{DataSourceConfig, DataSourceKind, Deps, HttpClient, HttpRequest, HttpResponse, Writes, trace::Traces};
use auth::{AuthMode, Identity, Policy, identity::IamIdentity};
use aws_protocol::{BoxFuture, Caller, Directory, Partition, Service, ServiceError};
use clock::{SimulatedClock, Timestamp};
use event_api::{
    Behavior, Delivery, Error, EventApi, EventApiConfig, HandlerConfig, InvokeType, NamespaceConfig, Outcome, Pattern,
    Publish, Request, Subscription,
};
use parking_lot::Mutex;
use resolver::{Source, javascript::JavaScript};
use serde_json::{Value, json};

const CODE: &str = "
    import { util } from '@aws-appsync/utils';
    export function onPublish(ctx) {
        return ctx.events.filter(({ payload }) => payload !== 'drop').map(({ id, payload }) => {
            if (payload === 'stop') util.error('stopped', 'Stop');
            if (payload === 'forbid') util.unauthorized();
            return payload === 'fail' ? { id, error: 'failed' } : { id, payload: { payload, on: ctx.info.channel.path } };
        });
    }
    export function onSubscribe(ctx) {
        if (ctx.info.channel.segments.includes('closed')) util.unauthorized();
        if (ctx.info.channel.path === '/coded/broken/*') util.error('broken', 'Broken');
    }";

const AROUND: &str = "
    export const onPublish = {
        request: (ctx) => ({ operation: 'Invoke', payload: ctx.events.map(({ payload }) => payload) }),
        response: (ctx) => ctx.error
            ? ctx.events.map(({ id }) => ({ id, error: `${ctx.error.type}: ${ctx.error.message}` }))
            : ctx.events.map(({ id }) => ({ id, payload: ctx.result })),
    };";

/// A function that fails where it is told to, and otherwise answers what it is told to.
#[derive(Default)]
struct Function {
    asked: Mutex<Vec<Value>>,
    answer: Mutex<Value>,
}

impl Service for Function {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn call<'a>(&'a self, _: &'a str, input: Value, _: &'a Caller) -> BoxFuture<'a, Result<Value, ServiceError>> {
        self.asked.lock().push(input);
        let answer = self.answer.lock().clone();
        let failed = answer.get("errorMessage").is_some();
        let answer = if failed {
            json!({ "Payload": answer, "FunctionError": "Unhandled" })
        } else {
            json!({ "Payload": answer })
        };
        Box::pin(async { Ok(answer) })
    }
}

struct NoHttp;

impl HttpClient for NoHttp {
    fn send(&self, _: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
        Box::pin(async { Err("no HTTP here".to_owned()) })
    }
}

struct World {
    api: Arc<EventApi>,
    deps: Deps,
    function: Arc<Function>,
}

fn namespace(name: &str, code: &str, on_publish: Option<Behavior>) -> NamespaceConfig {
    let handler = |behavior| HandlerConfig { data_source: "function".to_owned(), behavior };
    NamespaceConfig {
        name: name.to_owned(),
        publish_modes: vec![AuthMode::ApiKey, AuthMode::AwsIam],
        subscribe_modes: vec![AuthMode::ApiKey, AuthMode::AwsIam],
        code: (!code.is_empty()).then(|| Source { name: "handlers.js".to_owned(), code: code.to_owned() }),
        on_publish: on_publish.map(handler),
        on_subscribe: None,
    }
}

fn config(namespaces: Vec<NamespaceConfig>) -> EventApiConfig {
    EventApiConfig {
        api_id: "api".to_owned(),
        partition: Partition::new("us-east-1", "000000000000"),
        connection_modes: vec![AuthMode::AwsIam],
        namespaces,
        data_sources: vec![
            DataSourceConfig {
                name: "function".to_owned(),
                role_arn: None,
                kind: DataSourceKind::Lambda { function_arn: "function".to_owned() },
            },
            DataSourceConfig { name: "none".to_owned(), role_arn: None, kind: DataSourceKind::None },
        ],
    }
}

fn world(namespaces: Vec<NamespaceConfig>) -> World {
    let function = Arc::new(Function::default());
    let services = Directory::default();
    services.register(function.clone());
    let deps = Deps {
        services,
        clock: Arc::new(SimulatedClock::new(Timestamp(1_700_000_000_000), 1)),
        language: Arc::new(JavaScript::default()),
        http: Arc::new(NoHttp),
        traces: Traces::default(),
        token_key: [0; 32],
        cache_bytes: 0,
        writes: Writes::default(),
    };
    let api = EventApi::build(config(namespaces), &deps).expect("compiles");
    World { api, deps, function }
}

fn request(identity: Identity) -> Request {
    let headers = vec![("X-Tenant".to_owned(), "t".to_owned()), ("Cookie".to_owned(), "c".to_owned())];
    Request { headers, domain_name: None, identity }
}

fn iam(statement: Value) -> Identity {
    let mut policy = Policy::default();
    policy.add(&json!({ "Statement": statement })).expect("a policy");
    Identity::Iam(Arc::new(IamIdentity {
        account: "000000000000".to_owned(),
        user_arn: "arn:aws:iam::000000000000:user/u".to_owned(),
        username: "AIDAU".to_owned(),
        source_ip: Vec::new(),
        cognito: None,
        policy,
    }))
}

impl World {
    async fn publish(&self, channel: &str, events: &[Value]) -> Result<Outcome, Error> {
        self.publish_as(Identity::ApiKey, channel, events).await
    }

    async fn publish_as(&self, identity: Identity, channel: &str, events: &[Value]) -> Result<Outcome, Error> {
        let texts: Vec<String> = events.iter().map(Value::to_string).collect();
        let publish = Publish::read(&json!({ "channel": channel, "events": texts }))?;
        self.api.publish(&request(identity), publish).await
    }

    async fn subscribe(&self, path: &str) -> Result<Subscription, Error> {
        let pattern = Pattern::parse(path).expect("a pattern");
        self.api.subscribe(&request(Identity::ApiKey), &pattern).await
    }

    fn answers(&self, answer: Value) {
        *self.function.answer.lock() = answer;
    }
}

/// The next event, unpacked.
async fn heard(subscription: &mut Subscription) -> Value {
    match subscription.next().await {
        Some(Delivery::Event(event)) => {
            let text: String = serde_json::from_slice(&event).expect("a JSON string");
            serde_json::from_str(&text).expect("a text of JSON")
        }
        other => panic!("{other:?}"),
    }
}

fn failed(outcome: &Outcome) -> Vec<(usize, &str)> {
    outcome.failed.iter().map(|event| (event.index, &*event.message)).collect()
}

#[tokio::test]
async fn events_reach_the_channel_and_what_is_above_it() {
    let world = world(vec![namespace("news", "", None), namespace("other", "", None)]);
    let mut exact = world.subscribe("/news/sport/tennis").await.expect("allowed");
    let mut all = world.subscribe("news/*").await.expect("allowed");
    let mut sport = world.subscribe("/news/sport/*").await.expect("allowed");
    let mut elsewhere = world.subscribe("/other/*").await.expect("allowed");
    assert_eq!(world.api.subscriptions(), 4);
    let outcome = world.publish("/news/sport/tennis", &[json!({ "n": 1 }), json!("ä\"")]).await.expect("published");
    let indexes: Vec<usize> = outcome.successful.iter().map(|event| event.index).collect();
    assert_eq!((indexes, outcome.failed.len(), outcome.delivered), (vec![0, 1], 0, 6));
    assert_ne!(outcome.successful[0].identifier, outcome.successful[1].identifier);
    world.publish("news/weather", &[json!(2)]).await.expect("published");
    world.publish("/other/a", &[json!(3)]).await.expect("published");
    for subscription in [&mut exact, &mut sport, &mut all] {
        assert_eq!(heard(subscription).await, json!({ "n": 1 }));
        assert_eq!(heard(subscription).await, json!("ä\""));
    }
    assert_eq!(heard(&mut all).await, json!(2));
    assert_eq!(heard(&mut elsewhere).await, json!(3), "and nothing of other namespaces");
    drop((exact, all, sport, elsewhere));
    assert_eq!(world.api.subscriptions(), 0);
    assert_eq!(world.publish("/nowhere/a", &[json!(1)]).await, Err(Error::NoNamespace("nowhere".to_owned())));
}

#[tokio::test]
async fn a_handler_changes_drops_and_fails_events_or_the_whole_request() {
    let world = world(vec![namespace("coded", CODE, None)]);
    let mut subscription = world.subscribe("/coded/a").await.expect("allowed");
    let outcome = world.publish("coded/a/", &[json!("keep"), json!("drop"), json!("fail")]).await.expect("published");
    assert_eq!(failed(&outcome), [(2, "failed")]);
    assert_eq!(heard(&mut subscription).await, json!({ "payload": "keep", "on": "/coded/a" }));
    let stopped = Error::Handler { kind: Some("Stop".to_owned()), message: "stopped".to_owned() };
    assert_eq!(world.publish("/coded/a", &[json!("keep"), json!("stop")]).await, Err(stopped));
    assert_eq!(world.publish("/coded/a", &[json!("forbid")]).await, Err(Error::Forbidden));
    world.publish("/coded/a", &[json!("last")]).await.expect("published");
    assert_eq!(heard(&mut subscription).await["payload"], "last", "nothing of a refused request was sent");

    assert_eq!(world.subscribe("/coded/closed").await.err(), Some(Error::Forbidden));
    let broken = Error::Handler { kind: Some("Broken".to_owned()), message: "broken".to_owned() };
    assert_eq!(world.subscribe("/coded/broken/*").await.err(), Some(broken));
    assert_eq!(world.api.subscriptions(), 1);
}

#[tokio::test]
async fn a_data_source_is_asked_between_request_and_response() {
    let world = world(vec![namespace("around", AROUND, Some(Behavior::Code))]);
    let mut subscription = world.subscribe("/around/*").await.expect("allowed");
    world.answers(json!({ "total": 3 }));
    world.publish("/around/a", &[json!(1), json!(2)]).await.expect("published");
    assert_eq!(heard(&mut subscription).await, json!({ "total": 3 }));
    assert_eq!(world.function.asked.lock()[0]["Payload"], json!([1, 2]));
    world.answers(json!({ "errorMessage": "no", "errorType": "E" }));
    let outcome = world.publish("/around/a", &[json!(1)]).await.expect("the handler says what comes of it");
    assert_eq!(failed(&outcome), [(0, "Lambda:Unhandled: no")]);
}

#[tokio::test]
async fn a_function_handles_events_directly() {
    let mut direct = namespace("direct", "", Some(Behavior::Direct(InvokeType::RequestResponse)));
    direct.on_subscribe = direct.on_publish.clone();
    let world = world(vec![direct, namespace("told", "", Some(Behavior::Direct(InvokeType::Event)))]);
    world.answers(Value::Null);
    world.subscribe("/direct/*").await.expect("no answer is no objection");
    let asked = world.function.asked.lock()[0].clone();
    assert_eq!(asked["InvocationType"], "RequestResponse");
    let expected = json!({
        "identity": null,
        "result": null,
        "request": { "headers": { "x-tenant": "t" }, "domainName": null },
        "info": {
            "channel": { "path": "/direct/*", "segments": ["direct", "*"] },
            "channelNamespace": { "name": "direct" },
            "operation": "SUBSCRIBE",
        },
        "error": null,
        "prev": null,
        "stash": {},
        "outErrors": [],
        "events": null,
    });
    assert_eq!(asked["Payload"], expected);
    world.answers(json!({ "error": "not you" }));
    let refused = Error::Handler { kind: None, message: "not you".to_owned() };
    assert_eq!(world.subscribe("/direct/a").await.err(), Some(refused.clone()));
    assert_eq!(world.publish("/direct/a", &[json!(1)]).await, Err(refused));
    world.answers(json!({ "events": [] }));
    let outcome = world.publish("/direct/a", &[json!(1)]).await.expect("published to nobody");
    assert_eq!(outcome.successful.len(), 1);
    let payload = world.function.asked.lock().last().expect("asked")["Payload"].clone();
    assert_eq!(payload["events"], json!([{ "id": outcome.successful[0].identifier, "payload": 1 }]));
    world.answers(json!({ "errorMessage": "boom", "errorType": "Boom" }));
    let boom = Error::Handler { kind: Some("Boom".to_owned()), message: "boom".to_owned() };
    assert_eq!(world.publish("/direct/a", &[json!(1)]).await, Err(boom));
    world.answers(json!({ "errorMessage": "no", "errorType": "UnauthorizedException" }));
    assert_eq!(world.subscribe("/direct/a").await.err(), Some(Error::Forbidden));

    let mut told = world.subscribe("/told/a").await.expect("allowed");
    world.publish("/told/a", &[json!("as it came")]).await.expect("published");
    assert_eq!(heard(&mut told).await, "as it came");
    assert_eq!(world.function.asked.lock().last().expect("asked")["InvocationType"], "Event");
}

#[tokio::test]
async fn modes_and_policies_decide() {
    let mut closed = namespace("closed", "", None);
    closed.publish_modes = vec![AuthMode::AwsIam];
    let world = world(vec![namespace("open", "", None), closed]);
    assert_eq!(world.api.connect(&Identity::ApiKey), Err(Error::Unauthorized), "no connection mode");
    assert_eq!(world.publish("/closed/a", &[json!(1)]).await, Err(Error::Unauthorized));
    assert!(world.subscribe("/closed/a").await.is_ok());
    let api = "arn:aws:appsync:us-east-1:000000000000:apis/api";
    let may = |action: &str, resource: String| {
        iam(json!([{ "Effect": "Allow", "Action": format!("appsync:{action}"), "Resource": resource }]))
    };
    let publisher = may("EventPublish", format!("{api}/channelNamespace/closed"));
    assert!(world.publish_as(publisher.clone(), "/closed/a", &[json!(1)]).await.is_ok());
    assert_eq!(world.publish_as(publisher.clone(), "/open/a", &[json!(1)]).await, Err(Error::Unauthorized));
    assert_eq!(world.api.connect(&publisher), Err(Error::Unauthorized));
    assert_eq!(world.api.connect(&may("EventConnect", api.to_owned())), Ok(()));
    let subscriber = may("EventSubscribe", format!("{api}/*"));
    let pattern = Pattern::parse("/open/*").expect("a pattern");
    assert!(world.api.subscribe(&request(subscriber), &pattern).await.is_ok());
    assert!(world.api.subscribe(&request(publisher), &pattern).await.is_err());
}

#[tokio::test]
async fn subscriptions_outlive_a_version_unless_their_namespace_is_gone() {
    let world = world(vec![namespace("kept", "", None), namespace("gone", "", None)]);
    let mut kept = world.subscribe("/kept/*").await.expect("allowed");
    let mut gone = world.subscribe("/gone/*").await.expect("allowed");
    let next = world.api.rebuild(config(vec![namespace("kept", CODE, None)]), &world.deps).expect("compiles");
    world.publish("/gone/a", &[json!(1)]).await.expect("this version is in force");
    next.take_over();
    assert_eq!(heard(&mut gone).await, json!(1));
    assert_eq!(gone.next().await, Some(Delivery::Ended(Error::Deleted)));
    assert_eq!(gone.next().await, None);
    assert_eq!(world.subscribe("/gone/a").await.err(), Some(Error::Deleted), "an old version takes no more");
    let later = World { api: next, ..world };
    later.publish("/kept/a", &[json!(2)]).await.expect("published");
    assert_eq!(heard(&mut kept).await["payload"], 2, "by the new handler");
    later.api.end_subscriptions();
    assert_eq!(kept.next().await, Some(Delivery::Ended(Error::Deleted)));
    assert!(later.subscribe("/kept/a").await.is_err());
}

#[tokio::test]
async fn a_subscriber_that_does_not_read_is_let_go() {
    let world = world(vec![namespace("busy", "", None)]);
    let mut slow = world.subscribe("/busy/a").await.expect("allowed");
    for n in 0..1_025 {
        world.publish("/busy/a", &[json!(n)]).await.expect("publishers do not notice");
    }
    assert_eq!(world.api.subscriptions(), 0);
    for n in 0..1_024 {
        assert_eq!(heard(&mut slow).await, n);
    }
    assert_eq!(slow.next().await, Some(Delivery::Ended(Error::TooSlow(1_024))));
}

#[test]
fn handlers_and_their_configuration_go_together() {
    let code = |text: &str, behavior| namespace("n", text, behavior);
    let direct = Some(Behavior::Direct(InvokeType::Event));
    let mut none = code("", direct);
    none.on_publish.as_mut().expect("there").data_source = "none".to_owned();
    let mut nothing = code("", direct);
    nothing.on_publish.as_mut().expect("there").data_source = "nothing".to_owned();
    let cases = [
        (code("export const onPublish = 1", None), "onPublish must be a function"),
        (code(AROUND, None), "its HandlerConfig must name a data source"),
        (code(CODE, Some(Behavior::Code)), "the code must export it as an object"),
        (code("", Some(Behavior::Code)), "the code must export it as an object"),
        (code(CODE, direct), "its behavior has to be CODE"),
        (none, "needs a data source of type AWS_LAMBDA"),
        (nothing, "which the API has not"),
    ];
    let world = world(Vec::new());
    for (namespace, expected) in cases {
        let Err(wrong) = EventApi::build(config(vec![namespace]), &world.deps) else { panic!("compiled: {expected}") };
        assert!(wrong[0].message.contains(expected), "{}", wrong[0]);
    }
}

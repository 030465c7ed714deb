//! `AWS_LAMBDA`: what the function is asked, what its answers mean, and how long they are remembered.

use std::sync::Arc;

use auth::{
    ApiKey, ApiKeys, Authenticator, Config, CredentialStore, EventOperation, IamConfig, Identity, KeyCache,
    LambdaConfig, OidcConfig, Presented, Provider,
};
use aws_protocol::{BoxFuture, Caller, Directory, Service, ServiceError};
use clock::{Clock, SimulatedClock, Timestamp};
use futures::FutureExt;
use http::HeaderMap;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::{NOT_AUTHORIZED, NOW, PARTNER, headers, issuer::Issuer, issuer::Keys, refused};

const API: &str = "abcdefghijklmnopqrstuvwxyz";

/// A function that answers as its token says, and keeps what it was asked.
#[derive(Default)]
struct Function {
    events: Mutex<Vec<Value>>,
}

impl Service for Function {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        mut input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        assert_eq!((operation, &input["FunctionName"]), ("Invoke", &json!("authorizer")));
        let event = input["Payload"].take();
        let token = event["authorizationToken"].as_str().expect("a token").to_owned();
        self.events.lock().push(event);
        Box::pin(async move {
            let payload = match token.rsplit(' ').next().unwrap_or_default() {
                "no" => json!({ "isAuthorized": false }),
                "throws" => return Ok(json!({ "FunctionError": "Unhandled", "Payload": { "errorMessage": "boom" } })),
                "missing" => return Err(ServiceError::new("ResourceNotFoundException", "Function not found: x")),
                "hangs" => std::future::pending().await,
                "nothing" => json!({}),
                "short" => json!({ "isAuthorized": true, "ttlOverride": 5 }),
                "never" => json!({ "isAuthorized": true, "ttlOverride": 0 }),
                "large" => json!({ "isAuthorized": true, "resolverContext": { "a": "x".repeat(1_048_576) } }),
                _ => json!({ "isAuthorized": true, "resolverContext": { "tenant": "t1" },
                    "deniedFields": ["Order.total", "arn:aws:appsync:r:a:apis/other/types/Query/fields/a"] }),
            };
            Ok(json!({ "StatusCode": 200, "Payload": payload }))
        })
    }
}

struct World {
    authenticator: Authenticator,
    function: Arc<Function>,
    clock: SimulatedClock,
}

fn config(ttl_seconds: i64, token: Option<&str>, services: Directory) -> Provider {
    Provider::Lambda(LambdaConfig {
        api_id: API.into(),
        account: "000000000000".into(),
        function_arn: "authorizer".into(),
        ttl_seconds,
        token: token.map(|expression| Config::whole_match(expression).expect("an expression")),
        services,
    })
}

fn world(ttl_seconds: i64, token: Option<&str>, others: Vec<Provider>) -> World {
    let clock = SimulatedClock::new(Timestamp(NOW * 1000), 1);
    let function = Arc::new(Function::default());
    let services = Directory::default();
    services.register(function.clone());
    let mut providers = vec![config(ttl_seconds, token, services)];
    providers.extend(others);
    let keys = KeyCache::new(Arc::new(Keys::default()), Arc::new(clock.clone()));
    let credentials = Arc::new(CredentialStore::default());
    let authenticator = Authenticator::new(Config { providers }, credentials, keys, Arc::new(clock.clone()));
    World { authenticator, function, clock }
}

impl World {
    async fn with(&self, token: &str) -> Result<Identity, auth::Error> {
        self.post(&headers(&[("authorization", token)]), b"{}").await
    }

    async fn post(&self, headers: &HeaderMap, payload: &[u8]) -> Result<Identity, auth::Error> {
        self.present("POST", "/graphql", "", headers, payload).await
    }

    async fn present(
        &self,
        method: &str,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        payload: &[u8],
    ) -> Result<Identity, auth::Error> {
        self.authenticator.authenticate(&Presented { method, path, query, headers, payload, peer: None }).await
    }

    fn asked(&self) -> usize {
        self.function.events.lock().len()
    }
}

#[tokio::test]
async fn the_event_has_the_token_the_request_and_its_headers() {
    let world = world(0, None, Vec::new());
    let sent = headers(&[("authorization", "Bearer good"), ("x-tenant", "t1"), ("x-tenant", "t2")]);
    let body = br#"{"query":"query Q { a }","operationName":"Q","variables":{"n":1}}"#;
    let context = world.post(&sent, body).await.expect("accepted").to_context();
    assert_eq!(context, json!({ "resolverContext": { "tenant": "t1" } }));
    world
        .present("GET", "/graphql", "query=%7B+a+%7D&variables=%7B%22n%22%3A2%7D", &sent, b"")
        .await
        .expect("accepted");
    world.present("POST", "/graphql/connect", "", &sent, b"{}").await.expect("accepted");
    world.post(&sent, b"no json").await.expect("what is wrong with the body is told later");
    let event = |id: &Value, query: &str, name: Value, variables: Value| {
        json!({
            "authorizationToken": "Bearer good",
            "requestContext": { "apiId": API, "accountId": "000000000000", "requestId": id, "queryString": query,
                "operationName": name, "variables": variables },
            "requestHeaders": { "authorization": "Bearer good", "x-tenant": "t1, t2" },
        })
    };
    let events = world.function.events.lock().clone();
    let expected = [
        ("query Q { a }", json!("Q"), json!({ "n": 1 })),
        ("{ a }", Value::Null, json!({ "n": 2 })),
        ("", json!("DeepDish:Connect"), json!({})),
        ("", Value::Null, json!({})),
    ];
    assert_eq!(events.len(), expected.len());
    for (got, (query, name, variables)) in events.iter().zip(expected) {
        let id = &got["requestContext"]["requestId"];
        assert_eq!(id.as_str().map(str::len), Some(36));
        assert_eq!(got, &event(id, query, name, variables));
    }
}

/// "Configuring authorization and authentication to secure Event APIs", Events guide [M].
#[tokio::test]
async fn of_an_event_api_the_function_is_told_the_operation_and_its_channel() {
    let world = world(300, None, Vec::new());
    let sent = headers(&[("authorization", "good")]);
    let presented = Presented { method: "POST", path: "/event", query: "", headers: &sent, payload: b"{}", peer: None };
    let cases = [
        (EventOperation::Connect, "EVENT_CONNECT", None),
        (EventOperation::Publish("/news/a"), "EVENT_PUBLISH", Some("/news/a")),
        (EventOperation::Subscribe("/news/*"), "EVENT_SUBSCRIBE", Some("/news/*")),
        (EventOperation::Subscribe("/news/b"), "EVENT_SUBSCRIBE", Some("/news/b")),
    ];
    for (position, (operation, name, channel)) in cases.into_iter().enumerate() {
        for _ in 0..2 {
            let identity = world.authenticator.authenticate_event(&presented, operation).await.expect("accepted");
            assert_eq!(identity.to_event_context(), json!({ "handlerContext": { "tenant": "t1" } }));
        }
        assert_eq!(world.asked(), position + 1, "an answer is remembered for its operation and channel");
        let event = world.function.events.lock()[position].clone();
        let context = &event["requestContext"];
        let mut expected =
            json!({ "apiId": API, "accountId": "000000000000", "requestId": context["requestId"], "operation": name });
        if let Some(channel) = channel {
            expected["channel"] = channel.into();
            expected["channelNamespaceName"] = "news".into();
        }
        assert_eq!(context, &expected);
        assert_eq!(event["authorizationToken"], "good");
        assert_eq!(event["requestHeaders"], json!({ "authorization": "good" }));
    }
}

#[tokio::test]
async fn whoever_the_function_does_not_let_in_is_refused() {
    let world = world(300, Some("[a-z]+"), Vec::new());
    let refusal = (401, NOT_AUTHORIZED.to_owned());
    for token in ["no", "throws", "missing", "nothing"] {
        assert_eq!(refused(world.with(token).await), refusal, "{token}");
    }
    let asked = world.asked();
    assert_eq!(refused(world.with("TOKEN").await), refusal);
    assert_eq!(world.asked(), asked, "a token that IdentityValidationExpression does not match asks nobody");
    let Ok(Identity::Lambda(identity)) = world.with("good").await else { panic!("refused") };
    assert_eq!(identity.denied_fields, ["Order.total"], "ARNs count for the API that they name");
    assert_eq!(refused(world.post(&headers(&[]), b"{}").await).1, "Valid authorization header not provided.");
}

#[tokio::test]
async fn a_function_has_ten_seconds() {
    let world = world(0, None, Vec::new());
    let mut answer = Box::pin(world.with("hangs"));
    assert!((&mut answer).now_or_never().is_none());
    world.clock.advance_millis(9_999);
    assert!((&mut answer).now_or_never().is_none());
    world.clock.advance_millis(1);
    assert_eq!(refused(answer.await), (401, NOT_AUTHORIZED.to_owned()));
    assert_eq!(world.clock.now().0, NOW * 1000 + 10_000);
}

#[tokio::test]
async fn answers_are_remembered_as_long_as_they_or_the_api_say() {
    // Token, TTL of the API, how often the function is asked: at once again, four seconds later, and six.
    let cases = [
        ("good", 0, [1, 2, 3]),
        ("good", 5, [1, 1, 2]),
        ("good", 300, [1, 1, 1]),
        ("no", 300, [1, 1, 1]),
        ("short", 300, [1, 1, 2]),
        ("short", 0, [1, 1, 2]),
        ("never", 300, [1, 2, 3]),
        ("large", 300, [1, 2, 3]),
        ("throws", 300, [1, 2, 3]),
    ];
    for (token, ttl, expected) in cases {
        let world = world(ttl, None, Vec::new());
        let mut asked = Vec::new();
        for pause in [0, 4_000, 2_000] {
            world.clock.advance_millis(pause);
            let first = world.with(token).await.is_ok();
            assert_eq!(first, !matches!(token, "no" | "throws"), "{token}");
            asked.push(world.asked());
        }
        assert_eq!(asked, expected, "{token} with a TTL of {ttl}");
        let _ = world.with("another").await;
        assert_eq!(world.asked(), expected[2] + 1, "each token has an answer of its own");
    }
}

#[tokio::test]
async fn what_belongs_to_another_mode_is_no_token_of_the_function() {
    let jwt = Issuer::rsa("k").sign(&json!({ "iss": "https://stranger.example", "exp": NOW + 60 }));
    let signature = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/appsync/aws4_request, Signature=00";
    let oidc = || {
        let issuer = PARTNER.to_owned();
        Provider::Oidc(OidcConfig { issuer, client_id: None, iat_ttl_millis: None, auth_ttl_millis: None })
    };
    let iam = || Provider::Iam(IamConfig { region: "us-east-1".into() });
    let cases = [
        ("a JWT, no issuer to compare", jwt.clone(), vec![], true),
        ("a JWT beside AWS_IAM", jwt.clone(), vec![iam()], true),
        ("a JWT beside OPENID_CONNECT", jwt.clone(), vec![oidc()], false),
        ("a JWT with something before it", format!("prefix-{jwt}"), vec![oidc()], true),
        ("a JWT with something behind it", format!("{jwt}#suffix"), vec![oidc()], true),
        ("a signature, no AWS_IAM", signature.to_owned(), vec![oidc()], true),
        ("a signature beside AWS_IAM", signature.to_owned(), vec![iam()], false),
    ];
    for (what, token, others, accepted) in cases {
        let world = world(0, None, others);
        assert_eq!(world.with(&token).await.is_ok(), accepted, "{what}");
        assert_eq!(world.asked(), usize::from(accepted), "{what}");
    }
    let keys = ApiKeys([("da2-good".to_owned(), ApiKey { expires: NOW + 60 })].into());
    let world = world(0, None, vec![Provider::ApiKey(keys)]);
    let both = headers(&[("authorization", "good"), ("x-api-key", "da2-good")]);
    assert!(matches!(world.post(&both, b"{}").await, Ok(Identity::ApiKey)));
}

//! Credentials of every mode, good and bad, as a table of cases: what each gets, in AppSync's words.

mod issuer;
mod lambda_authorizer;

use std::sync::Arc;

use auth::{
    ApiKey, ApiKeys, AuthMode, Authenticator, Config, Credential, CredentialStore, Error, IamConfig, Identity,
    KeyCache, OidcConfig, Policy, Presented, Principal, Provider, UserPoolConfig,
};
use aws_protocol::sigv4;
use clock::{SimulatedClock, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue};
use issuer::{Issuer, Keys};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const POOL: &str = "http://127.0.0.1:4000/us-east-1_pool";
const PARTNER: &str = "https://partner.example";
const SECRET: &str = "the-secret";

struct World {
    authenticator: Authenticator,
    clock: SimulatedClock,
    pool: Issuer,
    partner: Issuer,
    keys: Arc<Keys>,
}

fn world_with(providers: Vec<Provider>) -> World {
    let clock = SimulatedClock::new(Timestamp(NOW * 1000), 1);
    let (pool, partner) = (Issuer::rsa("pool-1"), Issuer::rsa("partner-1"));
    let keys = Arc::new(Keys::default());
    keys.publish(POOL, &[&pool]);
    keys.publish(PARTNER, &[&partner]);
    let credentials = Arc::new(CredentialStore::default());
    let principal = Principal {
        account: "000000000000".into(),
        arn: "arn:aws:iam::000000000000:user/u".into(),
        id: "AIDAU".into(),
        policy: Policy::allow_all(),
        cognito: None,
    };
    let credential = Credential { secret_access_key: SECRET.into(), session_token: None, expires: None, principal };
    credentials.insert("AKIAGOOD", credential);
    let cache = KeyCache::new(keys.clone(), Arc::new(clock.clone()));
    let authenticator = Authenticator::new(Config { providers }, credentials, cache, Arc::new(clock.clone()));
    World { authenticator, clock, pool, partner, keys }
}

fn oidc() -> OidcConfig {
    OidcConfig {
        issuer: format!("{PARTNER}/"),
        client_id: Some(Config::whole_match("app-[0-9]").expect("an expression")),
        iat_ttl_millis: None,
        auth_ttl_millis: None,
    }
}

fn all_modes() -> World {
    let keys = [("da2-good", NOW + 60), ("da2-old", NOW)].map(|(key, expires)| (key.to_owned(), ApiKey { expires }));
    let pool = UserPoolConfig {
        issuer: POOL.into(),
        app_client: Some(Config::whole_match("web").expect("an expression")),
        default_action: None,
    };
    world_with(vec![
        Provider::ApiKey(ApiKeys(keys.into())),
        Provider::Iam(IamConfig { region: "us-east-1".into() }),
        Provider::Oidc(oidc()),
        Provider::UserPool(pool),
    ])
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| -> (HeaderName, HeaderValue) {
        (name.parse().expect("a name"), value.parse().expect("a value"))
    };
    pairs.iter().map(pair).collect()
}

async fn authenticate(world: &World, headers: &HeaderMap) -> Result<Identity, Error> {
    let peer = Some("127.0.0.1".parse().expect("an address"));
    let presented = Presented { method: "POST", path: "/graphql", query: "", headers, payload: b"{}", peer };
    world.authenticator.authenticate(&presented).await
}

async fn with(world: &World, name: &str, value: &str) -> Result<Identity, Error> {
    authenticate(world, &headers(&[("host", "h"), (name, value)])).await
}

fn refused(result: Result<Identity, Error>) -> (u16, String) {
    let error = result.expect_err("refused");
    (error.status(), error.message())
}

const NOT_AUTHORIZED: &str = "You are not authorized to make this call.";

fn id_token() -> Value {
    json!({ "iss": POOL, "sub": "s", "aud": "web", "token_use": "id", "cognito:username": "ann",
        "cognito:groups": ["approvers"], "exp": NOW + 3600, "iat": NOW })
}

fn access_token() -> Value {
    json!({ "iss": POOL, "sub": "s", "client_id": "web", "token_use": "access", "username": "ann",
        "exp": NOW + 3600, "iat": NOW })
}

fn partner_token() -> Value {
    json!({ "iss": PARTNER, "sub": "p", "aud": ["other", "app-1"], "exp": NOW + 3600, "iat": NOW })
}

fn changed(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

#[tokio::test]
async fn without_credentials() {
    let world = all_modes();
    let missing = (401, "Valid authorization header not provided.".to_owned());
    assert_eq!(refused(authenticate(&world, &headers(&[("host", "h")])).await), missing);
    assert_eq!(refused(with(&world, "authorization", "Bearer ").await), missing);
}

#[tokio::test]
async fn api_keys() {
    let world = all_modes();
    assert!(matches!(with(&world, "x-api-key", "da2-good").await, Ok(Identity::ApiKey)));
    for key in ["da2-old", "da2-none", ""] {
        assert_eq!(refused(with(&world, "x-api-key", key).await), (401, NOT_AUTHORIZED.to_owned()), "{key}");
    }
    let without_keys = world_with(vec![Provider::Oidc(oidc())]);
    assert_eq!(refused(with(&without_keys, "x-api-key", "da2-good").await), (401, NOT_AUTHORIZED.to_owned()));
}

#[tokio::test]
async fn tokens_of_the_user_pool() {
    let world = all_modes();
    for (claims, spelling) in [(id_token(), "Bearer "), (access_token(), ""), (access_token(), "bearer ")] {
        let value = format!("{spelling}{}", world.pool.sign(&claims));
        let identity = with(&world, "authorization", &value).await.expect("accepted");
        assert_eq!(identity.mode(), AuthMode::AmazonCognitoUserPools);
        let context = identity.to_context();
        assert_eq!((&context["username"], &context["issuer"]), (&json!("ann"), &json!(POOL)), "{claims}");
        assert_eq!(context["sourceIp"], json!(["127.0.0.1"]));
    }
    let groups = with(&world, "authorization", &world.pool.sign(&id_token())).await.expect("accepted");
    assert_eq!(groups.groups(), ["approvers"]);
}

#[tokio::test]
async fn tokens_that_are_not_good_enough() {
    let world = all_modes();
    let cases = [
        ("expired", world.pool.sign(&changed(id_token(), "exp", json!(NOW))), "Token has expired."),
        ("no exp", world.pool.sign(&changed(id_token(), "exp", Value::Null)), NOT_AUTHORIZED),
        ("from the future", world.pool.sign(&changed(id_token(), "iat", json!(NOW + 600))), NOT_AUTHORIZED),
        ("not yet valid", world.pool.sign(&changed(id_token(), "nbf", json!(NOW + 600))), NOT_AUTHORIZED),
        ("another client", world.pool.sign(&changed(id_token(), "aud", json!("webby"))), NOT_AUTHORIZED),
        ("another use", world.pool.sign(&changed(id_token(), "token_use", json!("refresh"))), NOT_AUTHORIZED),
        ("unknown issuer", world.pool.sign(&changed(id_token(), "iss", json!("https://x"))), NOT_AUTHORIZED),
        ("signed by another issuer", world.partner.sign(&id_token()), NOT_AUTHORIZED),
        ("an unknown key", Issuer::rsa("pool-9").sign(&id_token()), NOT_AUTHORIZED),
        ("a forged signature", Issuer::rsa("pool-1").sign(&id_token()), NOT_AUTHORIZED),
        ("no algorithm", issuer::unsigned(&id_token()), NOT_AUTHORIZED),
        ("the public key as a shared secret", world.pool.sign_with_public_key(&id_token()), NOT_AUTHORIZED),
        ("no token", "nonsense".to_owned(), NOT_AUTHORIZED),
        ("half a token", "a.b".to_owned(), NOT_AUTHORIZED),
        ("a token of a megabyte", format!("{}.e30.x", "a".repeat(1 << 20)), NOT_AUTHORIZED),
    ];
    for (what, token, message) in cases {
        assert_eq!(refused(with(&world, "authorization", &token).await), (401, message.to_owned()), "{what}");
    }
}

#[tokio::test]
async fn tokens_of_an_openid_connect_provider() {
    let world = all_modes();
    let identity = with(&world, "authorization", &world.partner.sign(&partner_token())).await.expect("accepted");
    assert_eq!(identity.mode(), AuthMode::OpenidConnect);
    assert_eq!(identity.to_context()["sub"], "p");
    for claims in [changed(partner_token(), "aud", json!("app-10")), changed(partner_token(), "iat", Value::Null)] {
        let token = world.partner.sign(&claims);
        assert_eq!(refused(with(&world, "authorization", &token).await).0, 401, "{claims}");
    }
}

#[tokio::test]
async fn the_only_provider_does_not_compare_issuers_and_bounds_ages() {
    let config = OidcConfig { iat_ttl_millis: Some(60_000), auth_ttl_millis: Some(120_000), ..oidc() };
    let world = world_with(vec![Provider::Oidc(config)]);
    let fresh = changed(changed(partner_token(), "iss", json!("https://elsewhere")), "auth_time", json!(NOW - 100));
    let token = world.partner.sign(&fresh);
    assert_eq!(with(&world, "authorization", &token).await.expect("accepted").mode(), AuthMode::OpenidConnect);
    world.clock.advance_millis(30_000);
    let expired = (401, "Token has expired.".to_owned());
    assert_eq!(refused(with(&world, "authorization", &token).await), expired, "auth_time is older than AuthTTL");
    let later = changed(fresh, "auth_time", json!(NOW));
    world.clock.advance_millis(30_000);
    assert_eq!(refused(with(&world, "authorization", &world.partner.sign(&later)).await), expired, "IatTTL");
}

#[tokio::test]
async fn a_rotated_key_is_read_once_and_unknown_ones_do_not_make_a_stream_of_reads() {
    let world = all_modes();
    with(&world, "authorization", &world.pool.sign(&id_token())).await.expect("accepted");
    let next = Issuer::rsa("pool-2");
    world.keys.publish(POOL, &[&world.pool, &next]);
    world.clock.advance_millis(10_000);
    let token = next.sign(&id_token());
    let both = tokio::join!(with(&world, "authorization", &token), with(&world, "authorization", &token));
    both.0.and(both.1).expect("accepted");
    assert_eq!(world.keys.reads(POOL), 2);
    for _ in 0..10 {
        refused(with(&world, "authorization", &Issuer::rsa("pool-9").sign(&id_token())).await);
    }
    assert_eq!(world.keys.reads(POOL), 2, "an unknown key within five seconds of the last read");
}

#[tokio::test]
async fn unreachable_keys_refuse_without_saying_why() {
    let world = all_modes();
    world.keys.withdraw(PARTNER);
    let refusal = refused(with(&world, "authorization", &world.partner.sign(&partner_token())).await);
    assert_eq!(refusal, (401, "The keys of the token's issuer are not available.".to_owned()));
}

fn signed(secret: &str, region: &str) -> HeaderMap {
    signed_by("AKIAGOOD", secret, region)
}

fn signed_by(access_key_id: &str, secret: &str, region: &str) -> HeaderMap {
    let mut headers = headers(&[("host", "h")]);
    let payload = sigv4::Payload::Bytes(b"{}");
    let request = sigv4::Request { method: "POST", path: "/graphql", query: "", headers: &headers, payload };
    let credentials = sigv4::Credentials {
        access_key_id: access_key_id.into(),
        secret_access_key: secret.into(),
        session_token: None,
    };
    let added = sigv4::sign(&request, &credentials, sigv4::Scope { region, service: "appsync" }, NOW);
    headers.extend(added);
    headers
}

#[tokio::test]
async fn signatures() {
    let world = all_modes();
    let identity = authenticate(&world, &signed(SECRET, "us-east-1")).await.expect("accepted");
    assert_eq!(identity.mode(), AuthMode::AwsIam);
    assert_eq!(identity.to_context()["userArn"], "arn:aws:iam::000000000000:user/u");
    for (secret, region) in [("wrong", "us-east-1"), (SECRET, "eu-west-1")] {
        let error = authenticate(&world, &signed(secret, region)).await.expect_err("refused");
        assert_eq!((error.status(), error.error_type()), (403, "BadRequestException"));
    }
    let stranger = signed_by("AKIANONE", SECRET, "us-east-1");
    let error = authenticate(&world, &stranger).await.expect_err("refused");
    assert_eq!((error.status(), error.error_type()), (403, "UnrecognizedClientException"));
}

#[tokio::test]
async fn of_two_credentials_the_one_counts_whose_mode_the_api_has() {
    let mut both = signed(SECRET, "us-east-1");
    both.insert("x-api-key", HeaderValue::from_static("da2-good"));
    let keys = || Provider::ApiKey(ApiKeys([("da2-good".to_owned(), ApiKey { expires: NOW + 60 })].into()));
    let iam = || Provider::Iam(IamConfig { region: "us-east-1".into() });
    let cases =
        [(vec![keys(), iam()], AuthMode::AwsIam), (vec![keys()], AuthMode::ApiKey), (vec![iam()], AuthMode::AwsIam)];
    for (providers, mode) in cases {
        let identity = authenticate(&world_with(providers), &both).await.expect("accepted");
        assert_eq!(identity.mode(), mode);
    }
    let neither = world_with(vec![Provider::Oidc(oidc())]);
    assert_eq!(refused(authenticate(&neither, &both).await), (401, NOT_AUTHORIZED.to_owned()));
}

#[tokio::test]
async fn keys_that_were_read_outlive_an_issuer_that_is_away() {
    let world = all_modes();
    let token = world.pool.sign(&changed(id_token(), "exp", json!(NOW + 864_000)));
    with(&world, "authorization", &token).await.expect("accepted");
    world.keys.withdraw(POOL);
    world.clock.advance_millis(10_000);
    let unknown = with(&world, "authorization", &Issuer::rsa("pool-9").sign(&id_token())).await;
    assert!(matches!(unknown, Err(Error::KeysUnavailable { .. })), "{unknown:?}");
    with(&world, "authorization", &token).await.expect("a forged key id takes nobody's keys away");
    world.clock.advance_millis(2 * 3_600_000);
    with(&world, "authorization", &token).await.expect("old keys are better than none");
    world.clock.advance_millis(22 * 3_600_000);
    let stale = with(&world, "authorization", &token).await;
    assert!(matches!(stale, Err(Error::KeysUnavailable { .. })), "but not for ever: {stale:?}");
}

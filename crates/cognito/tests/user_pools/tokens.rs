//! What is in the tokens, and that anybody can verify them with the published keys.

use cognito::UserPools;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::{Map, Value, json};

use crate::fixture::{Fixture, ISSUER};

/// The claims of `token`, verified by another library with the pool's JWKS.
pub(crate) async fn verified(pools: &UserPools, pool_id: &str, token: &Value) -> Map<String, Value> {
    let token = token.as_str().expect("a token");
    let jwks: JwkSet = serde_json::from_value(pools.jwks(pool_id).await.expect("keys")).expect("a JWKS");
    let header = decode_header(token).expect("a header");
    let key = jwks.find(&header.kid.expect("a kid")).expect("the key is published");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[format!("{ISSUER}/{pool_id}")]);
    validation.validate_exp = false;
    validation.validate_aud = false;
    decode(token, &DecodingKey::from_jwk(key).expect("an RSA key"), &validation).expect("a good signature").claims
}

#[tokio::test]
async fn the_claims_are_cognitos() {
    let fixture = Fixture::new().await;
    fixture.put_group(json!({"GroupName": "viewers", "Precedence": 5, "RoleArn": "arn:aws:iam::1:role/v"})).await;
    fixture.put_group(json!({"GroupName": "approvers", "Precedence": 1, "RoleArn": "arn:aws:iam::1:role/a"})).await;
    fixture.put_group(json!({"GroupName": "zero"})).await;
    for group in ["zero", "viewers", "approvers"] {
        fixture.pools.attach(&fixture.pool_id, "alice", group).await.expect("attached");
    }
    fixture.clock.advance_millis(999);
    let tokens = fixture.tokens().await;
    let mut id = verified(&fixture.pools, &fixture.pool_id, &tokens["IdToken"]).await;
    let mut access = verified(&fixture.pools, &fixture.pool_id, &tokens["AccessToken"]).await;
    for same in ["sub", "origin_jti", "event_id"] {
        assert_eq!(id[same].as_str().map(str::len), Some(36), "{same} is a UUID");
        assert_eq!(id.shift_remove(same), access.shift_remove(same), "{same}");
    }
    assert_ne!(id.shift_remove("jti"), access.shift_remove("jti"));
    let issuer = format!("{ISSUER}/{}", fixture.pool_id);
    let expected_id = json!({
        "cognito:groups": ["approvers", "viewers", "zero"],
        "iss": issuer,
        "token_use": "id",
        "auth_time": 1_793_754_123,
        "exp": 1_793_757_723,
        "iat": 1_793_754_123,
        "aud": fixture.client_id,
        "cognito:username": "alice",
        "cognito:preferred_role": "arn:aws:iam::1:role/a",
        "cognito:roles": ["arn:aws:iam::1:role/a", "arn:aws:iam::1:role/v"],
        "email": "alice@example.com",
        "email_verified": true,
    });
    let expected_access = json!({
        "cognito:groups": ["approvers", "viewers", "zero"],
        "iss": issuer,
        "token_use": "access",
        "auth_time": 1_793_754_123,
        "exp": 1_793_757_723,
        "iat": 1_793_754_123,
        "client_id": fixture.client_id,
        "scope": "aws.cognito.signin.user.admin",
        "username": "alice",
    });
    assert_eq!(Value::Object(id), expected_id);
    assert_eq!(Value::Object(access), expected_access);
}

#[tokio::test]
async fn a_client_sets_the_life_of_its_tokens_and_what_they_show() {
    let client = json!({
        "ClientName": "short", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "EnableTokenRevocation": false,
        "AccessTokenValidity": 5, "IdTokenValidity": 2, "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "hours"},
        "ReadAttributes": ["name"],
    });
    let fixture = Fixture::with(json!({"PoolName": "p"}), client).await;
    let tokens = fixture.tokens().await;
    assert_eq!(tokens["ExpiresIn"], 300);
    let id = verified(&fixture.pools, &fixture.pool_id, &tokens["IdToken"]).await;
    let access = verified(&fixture.pools, &fixture.pool_id, &tokens["AccessToken"]).await;
    let life = |claims: &Map<String, Value>| claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(e, i)| e - i);
    assert_eq!((life(&id), life(&access)), (Some(7200), Some(300)));
    assert!(!id.contains_key("email") && !id.contains_key("origin_jti") && !access.contains_key("origin_jti"));
}

#[tokio::test]
async fn a_rotated_key_verifies_until_its_tokens_have_expired() {
    let fixture = Fixture::new().await;
    let count = async || fixture.pools.jwks(&fixture.pool_id).await.expect("keys")["keys"].as_array().map(Vec::len);
    let old = fixture.tokens().await;
    assert_eq!(count().await, Some(1));
    fixture.pools.rotate_keys(&fixture.pool_id).await.expect("rotated");
    assert_eq!(count().await, Some(2));
    let new = fixture.tokens().await;
    for token in [&old["AccessToken"], &new["AccessToken"]] {
        verified(&fixture.pools, &fixture.pool_id, token).await;
        fixture.call("GetUser", json!({"AccessToken": token})).await.expect("still accepted");
    }
    let kid = |tokens: &Value| decode_header(tokens["IdToken"].as_str().expect("a token")).expect("a header").kid;
    assert_ne!(kid(&old), kid(&new));
    fixture.clock.advance_millis(24 * 60 * 60 * 1000);
    assert_eq!(count().await, Some(1));
}

#[tokio::test]
async fn the_discovery_document_points_at_the_keys() {
    let fixture = Fixture::new().await;
    let document = fixture.pools.openid_configuration(&fixture.pool_id).expect("a document");
    assert_eq!(document["issuer"], fixture.pools.issuer(&fixture.pool_id));
    assert_eq!(document["jwks_uri"], format!("{ISSUER}/{}/.well-known/jwks.json", fixture.pool_id));
    assert!(fixture.pools.openid_configuration("us-east-1_none").is_err());
    assert!(fixture.pools.jwks("us-east-1_none").await.is_err());
}

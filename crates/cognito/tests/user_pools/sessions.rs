//! What happens after sign-in: renewing, revoking, signing out, and restarts.

use aws_protocol::{Caller, Service};
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, PASSWORD, failure},
    tokens::verified,
};

const REVOKED: &str = "NotAuthorizedException: Access Token has been revoked";

async fn renew(fixture: &Fixture, refresh: &Value) -> Result<Value, aws_protocol::ServiceError> {
    fixture.call("GetTokensFromRefreshToken", json!({"ClientId": fixture.client_id, "RefreshToken": refresh})).await
}

async fn get_user(fixture: &Fixture, access: &Value) -> Result<Value, aws_protocol::ServiceError> {
    fixture.call("GetUser", json!({"AccessToken": access})).await
}

#[tokio::test]
async fn both_ways_of_renewing_keep_the_sign_in() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens().await;
    fixture.clock.advance_millis(3_600_000);
    let expired = "NotAuthorizedException: Access Token has expired";
    assert_eq!(failure(get_user(&fixture, &first["AccessToken"]).await), expired);
    let newer = renew(&fixture, &first["RefreshToken"]).await.expect("renewed");
    let older =
        fixture.initiate("REFRESH_TOKEN_AUTH", json!({"REFRESH_TOKEN": first["RefreshToken"]})).await.expect("renewed");
    let before = verified(&fixture.pools, &fixture.pool_id, &first["AccessToken"]).await;
    for renewed in [&newer["AuthenticationResult"], &older["AuthenticationResult"]] {
        assert!(renewed.get("RefreshToken").is_none(), "the refresh token stays the same");
        let after = verified(&fixture.pools, &fixture.pool_id, &renewed["AccessToken"]).await;
        for same in ["origin_jti", "auth_time", "event_id", "sub"] {
            assert_eq!(before[same], after[same], "{same}");
        }
        assert_ne!(before["jti"], after["jti"]);
        get_user(&fixture, &renewed["AccessToken"]).await.expect("a good token");
    }
}

#[tokio::test]
async fn a_refresh_token_expires_after_thirty_days() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens().await;
    fixture.clock.advance_millis(30 * 24 * 60 * 60 * 1000 - 1);
    renew(&fixture, &tokens["RefreshToken"]).await.expect("the last moment");
    fixture.clock.advance_millis(1);
    let expired = "NotAuthorizedException: Refresh Token has expired";
    assert_eq!(failure(renew(&fixture, &tokens["RefreshToken"]).await), expired);
}

#[tokio::test]
async fn revoking_ends_one_sign_in_and_signing_out_ends_all() {
    let fixture = Fixture::new().await;
    let (first, second) = (fixture.tokens().await, fixture.tokens().await);
    let revoke = |token: &Value| fixture.call("RevokeToken", json!({"ClientId": fixture.client_id, "Token": token}));
    revoke(&first["RefreshToken"]).await.expect("revoked");
    revoke(&first["RefreshToken"]).await.expect("revoking twice is no error");
    let wrong_kind = revoke(&second["AccessToken"]).await;
    assert_eq!(failure(wrong_kind), "UnsupportedTokenTypeException: Wrong type of token");
    let revoked = "NotAuthorizedException: Refresh Token has been revoked";
    assert_eq!(failure(renew(&fixture, &first["RefreshToken"]).await), revoked);
    assert_eq!(failure(get_user(&fixture, &first["AccessToken"]).await), REVOKED);
    get_user(&fixture, &second["AccessToken"]).await.expect("the other sign-in lives on");

    let claims = verified(&fixture.pools, &fixture.pool_id, &second["IdToken"]).await;
    assert!(!fixture.pools.is_revoked(&fixture.pool_id, &claims).expect("a known pool"));
    fixture.call("GlobalSignOut", json!({"AccessToken": second["AccessToken"]})).await.expect("signed out");
    assert_eq!(failure(get_user(&fixture, &second["AccessToken"]).await), REVOKED);
    assert_eq!(failure(renew(&fixture, &second["RefreshToken"]).await), revoked);
    assert!(fixture.pools.is_revoked(&fixture.pool_id, &claims).expect("a known pool"));
    get_user(&fixture, &fixture.tokens().await["AccessToken"]).await.expect("a new sign-in works");
}

#[tokio::test]
async fn a_disabled_or_deleted_user_has_no_valid_tokens() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens().await;
    fixture.admin("AdminDisableUser", json!({"Username": "alice"})).await.expect("disabled");
    let disabled = "NotAuthorizedException: User is disabled.";
    assert_eq!(failure(get_user(&fixture, &tokens["AccessToken"]).await), disabled);
    assert_eq!(failure(fixture.sign_in("alice", PASSWORD).await), disabled);
    fixture.admin("AdminEnableUser", json!({"Username": "alice"})).await.expect("enabled");
    assert_eq!(failure(get_user(&fixture, &tokens["AccessToken"]).await), REVOKED);
    let tokens = fixture.tokens().await;
    fixture.admin("AdminDeleteUser", json!({"Username": "alice"})).await.expect("deleted");
    assert_eq!(
        failure(get_user(&fixture, &tokens["AccessToken"]).await),
        "UserNotFoundException: User does not exist."
    );
    assert_eq!(
        failure(renew(&fixture, &tokens["RefreshToken"]).await),
        "NotAuthorizedException: Invalid Refresh Token"
    );
}

#[tokio::test]
async fn a_refresh_token_works_for_its_own_client_only() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens().await;
    let settings = cognito::ClientSettings { client_name: "other".to_owned(), ..Default::default() };
    let other = fixture.pools.put_client("Other", &fixture.pool_id, None, settings).await.expect("created");
    let input = json!({"ClientId": other.client_id, "RefreshToken": tokens["RefreshToken"]});
    let refused = fixture.call("GetTokensFromRefreshToken", input).await;
    assert_eq!(failure(refused), "NotAuthorizedException: Invalid Refresh Token");
}

#[tokio::test]
async fn a_user_changes_password_and_attributes() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens().await;
    let change = |previous: &str, proposed: &str| {
        let input = json!({
            "AccessToken": tokens["AccessToken"], "PreviousPassword": previous, "ProposedPassword": proposed,
        });
        fixture.call("ChangePassword", input)
    };
    let incorrect = "NotAuthorizedException: Incorrect username or password.";
    assert_eq!(failure(change("wrong", "Another horse 1!").await), incorrect);
    let weak = "InvalidPasswordException: Password did not conform with policy: Password must have numeric characters";
    assert_eq!(failure(change(PASSWORD, "Another horse!").await), weak);
    change(PASSWORD, "Another horse 1!").await.expect("changed");
    assert_eq!(failure(fixture.sign_in("alice", PASSWORD).await), incorrect);
    fixture.sign_in("alice", "Another horse 1!").await.expect("the new password");

    let update = |name: &str, value: &str| {
        let attributes = json!([{"Name": name, "Value": value}]);
        fixture
            .call("UpdateUserAttributes", json!({"AccessToken": tokens["AccessToken"], "UserAttributes": attributes}))
    };
    update("email", "a@example.org").await.expect("updated");
    let unauthorized = "NotAuthorizedException: A client attempted to write unauthorized attribute";
    assert_eq!(failure(update("email_verified", "true").await), unauthorized);
    let unknown = failure(update("custom:x", "1").await);
    assert!(unknown.ends_with("Type for attribute {custom:x} could not be determined"), "{unknown}");
    let user = get_user(&fixture, &tokens["AccessToken"]).await.expect("the user");
    assert_eq!(user["Username"], "alice");
    assert_eq!(user["UserAttributes"][1], json!({"Name": "email", "Value": "a@example.org"}));
    assert_eq!(user["UserAttributes"].as_array().map(Vec::len), Some(2), "a changed address is not verified");
}

#[tokio::test]
async fn a_restart_keeps_pools_users_keys_and_sign_ins() {
    let fixture = Fixture::new().await;
    fixture.put_group(json!({"GroupName": "approvers"})).await;
    fixture.pools.attach(&fixture.pool_id, "alice", "approvers").await.expect("attached");
    let (kept, ended) = (fixture.tokens().await, fixture.tokens().await);
    let revoke = json!({"ClientId": fixture.client_id, "Token": ended["RefreshToken"]});
    fixture.call("RevokeToken", revoke).await.expect("revoked");

    let after = fixture.restarted();
    let settings = json!({"PoolName": "orders", "AutoVerifiedAttributes": ["email"]});
    let settings = cognito::UserPoolSettings::from_json(settings).expect("valid settings");
    assert_eq!(after.put_user_pool("Users", None, settings).await.expect("applied again"), fixture.pool_id);
    let settings = cognito::ClientSettings::from_json(crate::fixture::all_flows()).expect("valid settings");
    let client = after.put_client("Web", &fixture.pool_id, None, settings).await.expect("applied again");
    assert_eq!(client.client_id, fixture.client_id);
    let seed = cognito::UserSeed {
        username: "alice".to_owned(),
        password: Some("Another one 1!".to_owned()),
        ..Default::default()
    };
    assert!(!after.put_user(&fixture.pool_id, seed).await.expect("applied again"), "the user stays as it is");

    assert_eq!(
        after.jwks(&fixture.pool_id).await.expect("keys"),
        fixture.pools.jwks(&fixture.pool_id).await.expect("keys")
    );
    let call = async |operation: &str, input: Value| after.call(operation, input, &Caller::anonymous()).await;
    call("GetUser", json!({"AccessToken": kept["AccessToken"]})).await.expect("the token is still good");
    assert_eq!(failure(call("GetUser", json!({"AccessToken": ended["AccessToken"]})).await), REVOKED);
    let renewed =
        call("GetTokensFromRefreshToken", json!({"ClientId": fixture.client_id, "RefreshToken": kept["RefreshToken"]}))
            .await
            .expect("the refresh token is still good");
    let claims = verified(&after, &fixture.pool_id, &renewed["AuthenticationResult"]["IdToken"]).await;
    assert_eq!(claims["cognito:groups"], json!(["approvers"]));
    let parameters = json!({"USERNAME": "alice", "PASSWORD": PASSWORD});
    let input = json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": fixture.client_id, "AuthParameters": parameters});
    call("InitiateAuth", input).await.expect("the password is still the same");
}

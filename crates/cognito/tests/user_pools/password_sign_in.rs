//! USER_PASSWORD_AUTH, its Admin twin, enabled flows, secrets and lockout.

use serde_json::json;

use crate::fixture::{Fixture, PASSWORD, all_flows, failure};

const INCORRECT: &str = "NotAuthorizedException: Incorrect username or password.";

#[tokio::test]
async fn the_right_password_gives_tokens_whatever_the_case_of_the_name() {
    let fixture = Fixture::new().await;
    for name in ["alice", "Alice", "ALICE"] {
        fixture.sign_in(name, PASSWORD).await.expect(name);
    }
    assert_eq!(failure(fixture.sign_in("alice", "wrong").await), INCORRECT);
    assert_eq!(failure(fixture.sign_in("nobody", PASSWORD).await), INCORRECT);
    assert_eq!(failure(fixture.sign_in("alice", &"x".repeat(300)).await), INCORRECT);
}

#[tokio::test]
async fn a_legacy_client_names_unknown_users() {
    let client = json!({"ClientName": "old", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]});
    let fixture = Fixture::with(json!({"PoolName": "p"}), client).await;
    assert_eq!(failure(fixture.sign_in("nobody", "x").await), "UserNotFoundException: User does not exist.");
}

#[tokio::test]
async fn a_flow_must_be_enabled_and_known() {
    let fixture = Fixture::with(json!({"PoolName": "p"}), json!({"ClientName": "srp only"})).await;
    let parameters = json!({"USERNAME": "alice", "PASSWORD": PASSWORD});
    let cases = [
        ("USER_PASSWORD_AUTH", "InvalidParameterException: USER_PASSWORD_AUTH flow not enabled for this client"),
        ("CUSTOM_AUTH", "InvalidParameterException: AuthFlow CUSTOM_AUTH is not supported by stepwell"),
        (
            "ADMIN_USER_PASSWORD_AUTH",
            "InvalidParameterException: Initiate Auth method not supported: ADMIN_USER_PASSWORD_AUTH",
        ),
        ("x", "InvalidParameterException: Initiate Auth method not supported: x"),
    ];
    for (flow, expected) in cases {
        assert_eq!(failure(fixture.initiate(flow, parameters.clone()).await), expected);
    }
}

#[tokio::test]
async fn five_wrong_passwords_lock_a_user_who_exists_or_not() {
    let fixture = Fixture::new().await;
    for name in ["alice", "nobody"] {
        for _ in 0..5 {
            assert_eq!(failure(fixture.sign_in(name, "wrong").await), INCORRECT, "{name}");
        }
        let locked = "NotAuthorizedException: Password attempts exceeded";
        assert_eq!(failure(fixture.sign_in(name, PASSWORD).await), locked, "{name}");
    }
    fixture.clock.advance_millis(1000);
    fixture.sign_in("alice", PASSWORD).await.expect("the second is over");
}

#[tokio::test]
async fn an_administrator_signs_a_user_in() {
    let fixture = Fixture::new().await;
    let input = |name: &str, password: &str| {
        json!({
            "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "ClientId": fixture.client_id,
            "AuthParameters": {"USERNAME": name, "PASSWORD": password},
        })
    };
    fixture.admin("AdminInitiateAuth", input("alice", PASSWORD)).await.expect("signed in");
    assert_eq!(failure(fixture.admin("AdminInitiateAuth", input("alice", "wrong")).await), INCORRECT);
    let unknown = fixture.admin("AdminInitiateAuth", input("nobody", "x")).await;
    assert_eq!(failure(unknown), "UserNotFoundException: User does not exist.");
}

#[tokio::test]
async fn a_client_with_a_secret_must_prove_it() {
    use aws_lc_rs::hmac;
    use base64::{Engine, engine::general_purpose::STANDARD};

    let mut client = all_flows();
    client["GenerateSecret"] = true.into();
    let fixture = Fixture::with(json!({"PoolName": "p"}), client).await;
    let id = &fixture.client_id;
    let described = fixture.admin("DescribeUserPoolClient", json!({"ClientId": id})).await.expect("the client");
    let secret = described["UserPoolClient"]["ClientSecret"].as_str().expect("a secret").to_owned();
    let hash = |name: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        STANDARD.encode(hmac::sign(&key, format!("{name}{id}").as_bytes()))
    };
    let with = |hash: Option<String>| {
        let mut parameters = json!({"USERNAME": "alice", "PASSWORD": PASSWORD});
        if let Some(hash) = hash {
            parameters["SECRET_HASH"] = hash.into();
        }
        fixture.initiate("USER_PASSWORD_AUTH", parameters)
    };
    let missing =
        format!("NotAuthorizedException: Client {id} is configured with secret but SECRET_HASH was not received");
    let wrong = format!("NotAuthorizedException: Unable to verify secret hash for client {id}");
    assert_eq!(failure(with(None).await), missing);
    assert_eq!(failure(with(Some(hash("bob"))).await), wrong);
    assert_eq!(failure(with(Some("%%%".to_owned())).await), wrong);
    let tokens = with(Some(hash("alice"))).await.expect("signed in");
    let refresh = &tokens["AuthenticationResult"]["RefreshToken"];
    let renew = |secret: serde_json::Value| {
        fixture
            .call("GetTokensFromRefreshToken", json!({"ClientId": id, "RefreshToken": refresh, "ClientSecret": secret}))
    };
    assert_eq!(failure(renew(serde_json::Value::Null).await), wrong);
    renew(secret.clone().into()).await.expect("renewed");
}

#[tokio::test]
async fn a_temporary_password_must_be_replaced() {
    let fixture = Fixture::new().await;
    let input = json!({"Username": "carol", "TemporaryPassword": "Temporary 1!", "UserAttributes": [{"Name": "email", "Value": "carol@example.com"}]});
    let created = fixture.admin("AdminCreateUser", input).await.expect("created");
    assert_eq!(created["User"]["UserStatus"], "FORCE_CHANGE_PASSWORD");
    let challenge = fixture.sign_in("carol", "Temporary 1!").await.expect("a challenge");
    assert_eq!(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    assert_eq!(challenge["ChallengeParameters"]["requiredAttributes"], "[]");
    assert_eq!(challenge["ChallengeParameters"]["userAttributes"], r#"{"email":"carol@example.com"}"#);
    let answer = |session: &serde_json::Value, password: &str| {
        let responses = json!({"USERNAME": "carol", "NEW_PASSWORD": password, "userAttributes.name": "Carol"});
        fixture.respond("NEW_PASSWORD_REQUIRED", session.clone(), responses)
    };
    let session = &challenge["Session"];
    let short = "InvalidPasswordException: Password did not conform with policy: Password not long enough";
    assert_eq!(failure(answer(session, "x").await), short);
    let invalid = "NotAuthorizedException: Invalid session for the user.";
    assert_eq!(failure(answer(&json!("AAAAAAAAAAAAAAAAAAAAAAAA"), "Permanent 1!").await), invalid);
    answer(session, "Permanent 1!").await.expect("signed in");
    assert_eq!(failure(answer(session, "Permanent 2!").await), invalid);
    fixture.sign_in("carol", "Permanent 1!").await.expect("the new password");
    let carol = fixture.admin("AdminGetUser", json!({"Username": "carol"})).await.expect("the user");
    assert_eq!(carol["UserStatus"], "CONFIRMED");
    assert!(carol["UserAttributes"].as_array().expect("a list").contains(&json!({"Name": "name", "Value": "Carol"})));
}

#[tokio::test]
async fn a_temporary_password_expires_after_seven_days() {
    let fixture = Fixture::new().await;
    let input = json!({"Username": "dave", "TemporaryPassword": "Temporary 1!"});
    fixture.admin("AdminCreateUser", input).await.expect("created");
    fixture.clock.advance_millis(7 * 24 * 60 * 60 * 1000);
    let expected = "NotAuthorizedException: Temporary password has expired and must be reset by an administrator.";
    assert_eq!(failure(fixture.sign_in("dave", "Temporary 1!").await), expected);
}

//! Malformed input gets an exception of AWS's and never a panic or an internal error.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, PASSWORD, administrator, failure},
    srp_client::{SrpClient, prime},
};

#[tokio::test]
async fn a_public_value_must_be_a_group_element() {
    let fixture = Fixture::new().await;
    let n = prime().to_str_radix(16);
    let twice = (prime() * 2_u8).to_str_radix(16);
    let huge = "a".repeat(8000);
    for value in ["0", "00", &n, &twice, &huge, "-5", "+5", "xyz", "5 5", "ä", "0x5", "5\u{0}"] {
        let parameters = json!({"USERNAME": "alice", "SRP_A": value});
        let refused = failure(fixture.initiate("USER_SRP_AUTH", parameters).await);
        assert_eq!(refused, "InvalidParameterException: Invalid SRP_A", "{value:.20}");
    }
    let too_long = json!({"USERNAME": "alice", "SRP_A": "a".repeat(9000)});
    assert!(failure(fixture.initiate("USER_SRP_AUTH", too_long).await).starts_with("InvalidParameterException"));
}

#[tokio::test]
async fn required_parameters_are_named() {
    let fixture = Fixture::new().await;
    let cases = [
        ("USER_SRP_AUTH", json!({"USERNAME": "alice"}), "SRP_A"),
        ("USER_SRP_AUTH", json!({"SRP_A": "5"}), "USERNAME"),
        ("USER_PASSWORD_AUTH", json!({"USERNAME": "alice"}), "PASSWORD"),
        ("USER_PASSWORD_AUTH", json!({"USERNAME": "", "PASSWORD": "x"}), "USERNAME"),
        ("REFRESH_TOKEN_AUTH", json!({}), "REFRESH_TOKEN"),
    ];
    for (flow, parameters, name) in cases {
        let expected = format!("InvalidParameterException: Missing required parameter {name}");
        assert_eq!(failure(fixture.initiate(flow, parameters).await), expected, "{flow}");
    }
    let answer = json!({
        "USERNAME": "alice", "PASSWORD_CLAIM_SECRET_BLOCK": "AAAA", "TIMESTAMP": "Wed Nov 4 01:02:03 UTC 2026",
        "PASSWORD_CLAIM_SIGNATURE": "AAAA",
    });
    for name in ["USERNAME", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP", "PASSWORD_CLAIM_SIGNATURE"] {
        let mut without = answer.clone();
        without.as_object_mut().expect("an object").remove(name);
        let refused = failure(fixture.respond("PASSWORD_VERIFIER", Value::Null, without).await);
        assert_eq!(refused, format!("InvalidParameterException: Missing required parameter {name}"));
    }
}

#[tokio::test]
async fn a_broken_answer_is_a_wrong_password_or_a_wrong_parameter() {
    let fixture = Fixture::new().await;
    let client = SrpClient::new(42);
    let parameters = json!({"USERNAME": "alice", "SRP_A": client.srp_a()});
    let challenge = fixture.initiate("USER_SRP_AUTH", parameters).await.expect("a challenge");
    let right = client.answer(&challenge, &fixture.pool_id, PASSWORD, "Wed Nov 4 01:02:03 UTC 2026");
    let mut flipped = STANDARD.decode(right["PASSWORD_CLAIM_SECRET_BLOCK"].as_str().expect("text")).expect("base64");
    flipped[40] ^= 1;
    let cases = [
        ("PASSWORD_CLAIM_SECRET_BLOCK", STANDARD.encode(flipped), "NotAuthorizedException"),
        ("PASSWORD_CLAIM_SECRET_BLOCK", "%%%".to_owned(), "NotAuthorizedException"),
        ("PASSWORD_CLAIM_SECRET_BLOCK", "AAAA".to_owned(), "NotAuthorizedException"),
        ("PASSWORD_CLAIM_SIGNATURE", "%%%".to_owned(), "NotAuthorizedException"),
        ("PASSWORD_CLAIM_SIGNATURE", "AAAA".to_owned(), "NotAuthorizedException"),
        ("USERNAME", "bob".to_owned(), "NotAuthorizedException"),
        ("TIMESTAMP", "now".to_owned(), "InvalidParameterException"),
        ("TIMESTAMP", "Wed Nov 4 01:02:03 UTC 999999999999".to_owned(), "InvalidParameterException"),
    ];
    for (name, value, code) in cases {
        let mut broken = right.clone();
        broken[name] = value.clone().into();
        let refused = fixture.respond("PASSWORD_VERIFIER", Value::Null, broken).await;
        assert_eq!(refused.expect_err("refused").code, code, "{name} = {value}");
    }
    fixture.respond("PASSWORD_VERIFIER", Value::Null, right).await.expect("the unbroken answer still works");
}

#[tokio::test]
async fn tokens_that_are_not_ours_are_invalid() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens().await;
    let access = tokens["AccessToken"].as_str().expect("a token").to_owned();
    let parts: Vec<&str> = access.split('.').collect();
    let none = format!("{}.{}.", base64_url(r#"{"alg":"none","kid":"x"}"#), parts[1]);
    let foreign = format!("{}.{}.{}", parts[0], base64_url(r#"{"iss":"https://example.com/us-east-1_x"}"#), parts[2]);
    let long = format!("{access}{}", "A".repeat(20_000));
    let id = tokens["IdToken"].as_str().expect("a token").to_owned();
    for token in ["", "a", "a.b.c", "..", &access[1..], &access[..access.len() - 4], &none, &foreign, &long, &id] {
        let refused = failure(fixture.call("GetUser", json!({"AccessToken": token})).await);
        assert_eq!(refused, "NotAuthorizedException: Invalid Access Token", "{token:.60}");
    }
    for token in ["", "a", "%%", &"A".repeat(9000), &access] {
        let input = json!({"ClientId": fixture.client_id, "RefreshToken": token});
        let refused = failure(fixture.call("GetTokensFromRefreshToken", input).await);
        assert_eq!(refused, "NotAuthorizedException: Invalid Refresh Token", "{token:.60}");
    }
}

fn base64_url(text: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn every_operation_survives_every_shape() {
    use aws_protocol::Service;

    let fixture = Fixture::new().await;
    let operations = [
        "InitiateAuth",
        "RespondToAuthChallenge",
        "GetTokensFromRefreshToken",
        "RevokeToken",
        "GlobalSignOut",
        "GetUser",
        "SignUp",
        "ConfirmSignUp",
        "ResendConfirmationCode",
        "ChangePassword",
        "UpdateUserAttributes",
        "AdminCreateUser",
        "AdminSetUserPassword",
        "AdminConfirmSignUp",
        "AdminGetUser",
        "AdminDeleteUser",
        "AdminInitiateAuth",
        "AdminRespondToAuthChallenge",
        "AdminAddUserToGroup",
        "AdminRemoveUserFromGroup",
        "AdminListGroupsForUser",
        "AdminUpdateUserAttributes",
        "AdminUserGlobalSignOut",
        "AdminDisableUser",
        "AdminEnableUser",
        "CreateGroup",
        "ListGroups",
        "ListUsers",
        "ListUsersInGroup",
        "CreateUserPool",
        "DescribeUserPool",
        "ListUserPools",
        "DeleteUserPool",
        "CreateUserPoolClient",
        "DescribeUserPoolClient",
        "ListUserPoolClients",
    ];
    let every_member = |value: Value| -> Value {
        let names = [
            "UserPoolId",
            "ClientId",
            "Username",
            "Password",
            "AuthFlow",
            "AuthParameters",
            "ChallengeName",
            "ChallengeResponses",
            "Session",
            "AccessToken",
            "RefreshToken",
            "Token",
            "GroupName",
            "PoolName",
            "ClientName",
            "UserAttributes",
            "MaxResults",
            "Limit",
            "NextToken",
            "ConfirmationCode",
            "Filter",
            "PreviousPassword",
            "ProposedPassword",
            "TemporaryPassword",
        ];
        names.iter().map(|name| ((*name).to_owned(), value.clone())).collect()
    };
    let long = "x".repeat(100_000);
    let shapes = [
        Value::Null,
        json!({}),
        json!([]),
        json!("text"),
        json!(7),
        every_member(Value::Null),
        every_member(json!("")),
        every_member(json!("x\u{0}y")),
        every_member(json!(long)),
        every_member(json!(-1)),
        every_member(json!({"a": {"b": []}})),
        every_member(json!([[[]]])),
    ];
    for operation in operations {
        for shape in &shapes {
            let Err(error) = fixture.pools.call(operation, shape.clone(), &administrator()).await else { continue };
            assert_eq!(error.status, 400, "{operation} {shape:.60}: {error} {:?}", error.internal);
            assert_ne!(error.code, "UnknownOperationException", "{operation}");
        }
    }
}

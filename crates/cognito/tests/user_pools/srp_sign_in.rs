//! USER_SRP_AUTH against an independent client.

use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, PASSWORD, failure},
    srp_client::SrpClient,
};

const TIMESTAMP: &str = "Wed Nov 4 01:02:03 UTC 2026";

async fn challenge(fixture: &Fixture, client: &SrpClient, username: &str) -> Value {
    let parameters = json!({"USERNAME": username, "SRP_A": client.srp_a()});
    let challenge = fixture.initiate("USER_SRP_AUTH", parameters).await.expect("a challenge");
    assert_eq!(challenge["ChallengeName"], "PASSWORD_VERIFIER");
    challenge
}

#[tokio::test]
async fn the_right_password_gives_tokens() {
    let fixture = Fixture::new().await;
    for private in [0x1234_5678_9abc_def1, 3, u64::MAX] {
        let client = SrpClient::new(private);
        let challenge = challenge(&fixture, &client, "alice").await;
        let answer = client.answer(&challenge, &fixture.pool_id, PASSWORD, TIMESTAMP);
        let tokens = fixture.respond("PASSWORD_VERIFIER", Value::Null, answer).await.expect("signed in");
        assert_eq!(tokens["AuthenticationResult"]["TokenType"], "Bearer");
        assert_eq!(tokens["AuthenticationResult"]["ExpiresIn"], 3600);
    }
}

#[tokio::test]
async fn a_wrong_password_a_changed_answer_and_a_second_use_are_refused() {
    let fixture = Fixture::new().await;
    let client = SrpClient::new(0xfeed_beef);
    let incorrect = "NotAuthorizedException: Incorrect username or password.";

    let first = challenge(&fixture, &client, "alice").await;
    let wrong = client.answer(&first, &fixture.pool_id, "Wrong horse 1!", TIMESTAMP);
    assert_eq!(failure(fixture.respond("PASSWORD_VERIFIER", Value::Null, wrong).await), incorrect);

    let right = client.answer(&first, &fixture.pool_id, PASSWORD, TIMESTAMP);
    let mut moved = right.clone();
    moved["TIMESTAMP"] = "Wed Nov 4 01:02:04 UTC 2026".into();
    assert_eq!(failure(fixture.respond("PASSWORD_VERIFIER", Value::Null, moved).await), incorrect);

    fixture.respond("PASSWORD_VERIFIER", Value::Null, right.clone()).await.expect("the first use");
    let again = fixture.respond("PASSWORD_VERIFIER", Value::Null, right).await;
    assert_eq!(failure(again), "NotAuthorizedException: Invalid session for the user.");
}

#[tokio::test]
async fn a_challenge_lives_three_minutes_and_a_clock_may_be_five_off() {
    let fixture = Fixture::new().await;
    let client = SrpClient::new(77);
    let old = challenge(&fixture, &client, "alice").await;
    fixture.clock.advance_millis(180_000);
    let answer = client.answer(&old, &fixture.pool_id, PASSWORD, TIMESTAMP);
    let late = fixture.respond("PASSWORD_VERIFIER", Value::Null, answer).await;
    assert_eq!(failure(late), "NotAuthorizedException: Invalid session for the user, session is expired.");

    let fresh = challenge(&fixture, &client, "alice").await;
    let off = client.answer(&fresh, &fixture.pool_id, PASSWORD, "Wed Nov 4 00:59:03 UTC 2026");
    let refused = fixture.respond("PASSWORD_VERIFIER", Value::Null, off).await;
    assert_eq!(failure(refused), "NotAuthorizedException: Incorrect username or password.");
    let near = client.answer(&fresh, &fixture.pool_id, PASSWORD, "Wed Nov 4 01:01:03 UTC 2026");
    fixture.respond("PASSWORD_VERIFIER", Value::Null, near).await.expect("four minutes are within bounds");
}

#[tokio::test]
async fn an_unknown_user_looks_like_a_known_one() {
    let fixture = Fixture::new().await;
    let client = SrpClient::new(4711);
    let (known, unknown) = (challenge(&fixture, &client, "alice").await, challenge(&fixture, &client, "nobody").await);
    let members = |challenge: &Value| -> Vec<(String, usize)> {
        let parameters = challenge["ChallengeParameters"].as_object().expect("parameters");
        let length = |name: &str, text: &Value| {
            if name.starts_with("US") || name == "SRP_B" || name == "SECRET_BLOCK" {
                0
            } else {
                text.as_str().expect("text").len()
            }
        };
        parameters.iter().map(|(name, text)| (name.clone(), length(name, text))).collect()
    };
    assert_eq!(members(&known), members(&unknown));
    let block = |challenge: &Value| challenge["ChallengeParameters"]["SECRET_BLOCK"].as_str().expect("text").len();
    assert!(block(&known).abs_diff(block(&unknown)) < 8, "the blocks differ by the length of the name only");

    let again = challenge(&fixture, &client, "nobody").await;
    assert_eq!(again["ChallengeParameters"]["SALT"], unknown["ChallengeParameters"]["SALT"], "a salt does not change");
    assert_ne!(again["ChallengeParameters"]["SRP_B"], unknown["ChallengeParameters"]["SRP_B"]);

    let answer = client.answer(&unknown, &fixture.pool_id, PASSWORD, TIMESTAMP);
    let refused = fixture.respond("PASSWORD_VERIFIER", Value::Null, answer).await;
    let wrong = client.answer(&known, &fixture.pool_id, "Wrong horse 1!", TIMESTAMP);
    assert_eq!(failure(refused), failure(fixture.respond("PASSWORD_VERIFIER", Value::Null, wrong).await));
}

#[tokio::test]
async fn a_user_of_an_address_pool_signs_in_under_an_opaque_name_and_so_does_an_unknown_one() {
    let client = json!({"ClientName": "web", "PreventUserExistenceErrors": "ENABLED"});
    let fixture = Fixture::with(json!({"PoolName": "p", "UsernameAttributes": ["email"]}), client).await;
    let seed = cognito::UserSeed {
        username: "Bob@example.com".to_owned(),
        password: Some(PASSWORD.to_owned()),
        ..cognito::UserSeed::default()
    };
    fixture.pools.put_user(&fixture.pool_id, seed).await.expect("the user is created");
    let client = SrpClient::new(815);
    let known = challenge(&fixture, &client, "bob@EXAMPLE.com").await;
    let answer = client.answer(&known, &fixture.pool_id, PASSWORD, TIMESTAMP);
    fixture.respond("PASSWORD_VERIFIER", Value::Null, answer).await.expect("signed in");
    let unknown = challenge(&fixture, &client, "eve@example.com").await;
    let shape = |challenge: &Value| -> Vec<usize> {
        let name = challenge["ChallengeParameters"]["USER_ID_FOR_SRP"].as_str().expect("text");
        name.split('-').map(str::len).collect()
    };
    assert_eq!(shape(&unknown), [8, 4, 4, 4, 12]);
    assert_eq!(shape(&known), shape(&unknown));
}

//! SignUp, ConfirmSignUp, and the outbox between them.

use cognito::Purpose;
use serde_json::{Value, json};

use crate::fixture::{Fixture, failure};

async fn sign_up(fixture: &Fixture, name: &str, attributes: Value) -> Result<Value, aws_protocol::ServiceError> {
    let input = json!({
        "ClientId": fixture.client_id, "Username": name, "Password": "Brand new 1!", "UserAttributes": attributes,
    });
    fixture.call("SignUp", input).await
}

async fn confirm(fixture: &Fixture, name: &str, code: &str) -> Result<Value, aws_protocol::ServiceError> {
    let input = json!({"ClientId": fixture.client_id, "Username": name, "ConfirmationCode": code});
    fixture.call("ConfirmSignUp", input).await
}

fn email(address: &str) -> Value {
    json!([{"Name": "email", "Value": address}])
}

fn last_code(fixture: &Fixture) -> String {
    let messages = fixture.pools.outbox(&fixture.pool_id).expect("a known pool");
    messages.last().expect("a message").code.clone()
}

#[tokio::test]
async fn the_code_from_the_outbox_confirms_a_new_user() {
    let fixture = Fixture::new().await;
    let answer = sign_up(&fixture, "bob", email("bob@example.com")).await.expect("signed up");
    assert_eq!(answer["UserConfirmed"], false);
    let delivery = json!({"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "b***@e***"});
    assert_eq!(answer["CodeDeliveryDetails"], delivery);
    let exists = "UsernameExistsException: User already exists";
    assert_eq!(failure(sign_up(&fixture, "BOB", json!([])).await), exists);
    let unconfirmed = "UserNotConfirmedException: User is not confirmed.";
    assert_eq!(failure(fixture.sign_in("bob", "Brand new 1!").await), unconfirmed);

    let message = fixture.pools.outbox(&fixture.pool_id).expect("a known pool").pop().expect("a message");
    assert_eq!((message.purpose, message.destination.as_str()), (Purpose::SignUp, "bob@example.com"));
    let mismatch = "CodeMismatchException: Invalid verification code provided, please try again.";
    assert_eq!(failure(confirm(&fixture, "bob", "nope").await), mismatch);
    confirm(&fixture, "bob", &message.code).await.expect("confirmed");
    let again = "NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED";
    assert_eq!(failure(confirm(&fixture, "bob", &message.code).await), again);
    fixture.sign_in("bob", "Brand new 1!").await.expect("confirmed users sign in");
    let bob = fixture.admin("AdminGetUser", json!({"Username": "bob"})).await.expect("the user");
    let verified = json!({"Name": "email_verified", "Value": "true"});
    assert!(bob["UserAttributes"].as_array().expect("a list").contains(&verified));
}

#[tokio::test]
async fn a_code_is_good_for_a_day_and_five_guesses() {
    let fixture = Fixture::new().await;
    sign_up(&fixture, "bob", email("bob@example.com")).await.expect("signed up");
    let code = last_code(&fixture);
    for _ in 0..5 {
        assert!(failure(confirm(&fixture, "bob", "nope").await).starts_with("CodeMismatchException"));
    }
    let limit = "LimitExceededException: Attempt limit exceeded, please try after some time.";
    assert_eq!(failure(confirm(&fixture, "bob", &code).await), limit);

    let resend = json!({"ClientId": fixture.client_id, "Username": "bob"});
    fixture.call("ResendConfirmationCode", resend).await.expect("sent again");
    let code = last_code(&fixture);
    fixture.clock.advance_millis(24 * 60 * 60 * 1000);
    let expired = "ExpiredCodeException: Invalid code provided, please request a code again.";
    assert_eq!(failure(confirm(&fixture, "bob", &code).await), expired);
    assert_eq!(failure(confirm(&fixture, "nobody", &code).await), expired);
}

#[tokio::test]
async fn an_administrator_confirms_without_a_code() {
    let fixture = Fixture::new().await;
    let answer = sign_up(&fixture, "bob", json!([])).await.expect("signed up");
    assert!(answer.get("CodeDeliveryDetails").is_none());
    fixture.admin("AdminConfirmSignUp", json!({"Username": "bob"})).await.expect("confirmed");
    fixture.sign_in("bob", "Brand new 1!").await.expect("signed in");
}

#[tokio::test]
async fn an_address_names_one_user() {
    let client = crate::fixture::all_flows();
    let pool = json!({"PoolName": "p", "UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]});
    let fixture = Fixture::with(pool, client).await;
    let refused = "InvalidParameterException: Username should be an email.";
    assert_eq!(failure(sign_up(&fixture, "bob", json!([])).await), refused);
    let answer = sign_up(&fixture, "bob@example.com", json!([])).await.expect("signed up");
    confirm(&fixture, "bob@example.com", &last_code(&fixture)).await.expect("confirmed");
    fixture.sign_in("Bob@Example.com", "Brand new 1!").await.expect("signed in");
    let bob = fixture.admin("AdminGetUser", json!({"Username": "bob@example.com"})).await.expect("the user");
    assert_eq!(bob["Username"], answer["UserSub"]);
    let taken = failure(sign_up(&fixture, "BOB@example.com", json!([])).await);
    assert!(taken.starts_with("AliasExistsException"), "{taken}");
}

#[tokio::test]
async fn a_pool_may_allow_only_administrators_and_require_attributes() {
    let pool = json!({"PoolName": "p", "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true}});
    let closed = Fixture::with(pool, crate::fixture::all_flows()).await;
    let refused = "NotAuthorizedException: SignUp is not permitted for this user pool";
    assert_eq!(failure(sign_up(&closed, "bob", json!([])).await), refused);

    let schema = json!([{"Name": "name", "Required": true}, {"Name": "tenant", "AttributeDataType": "String"}]);
    let strict = Fixture::with(json!({"PoolName": "p", "Schema": schema}), crate::fixture::all_flows()).await;
    let missing = failure(sign_up(&strict, "bob", json!([])).await);
    assert!(missing.ends_with("name: The attribute name is required"), "{missing}");
    let given = json!([{"Name": "name", "Value": "Bob"}, {"Name": "custom:tenant", "Value": "t1"}]);
    sign_up(&strict, "bob", given).await.expect("signed up");
}

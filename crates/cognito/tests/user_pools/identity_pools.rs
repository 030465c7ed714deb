//! `cognito-identity`: credentials for signed-in users and guests.

use std::sync::Arc;

use aws_protocol::{Caller, Service};
use cognito::{IdentityPoolSettings, IdentityPools};
use serde_json::{Value, json};

use crate::fixture::{Fixture, failure};

const GUEST_ROLE: &str = "arn:aws:iam::123456789012:role/guest";
const USER_ROLE: &str = "arn:aws:iam::123456789012:role/user";

struct Identities {
    pools: IdentityPools,
    pool_id: String,
}

impl Identities {
    async fn new(fixture: &Fixture, allow_guests: bool) -> Self {
        let pools = IdentityPools::new(Arc::new(fixture.restarted()));
        let settings = json!({
            "AllowUnauthenticatedIdentities": allow_guests,
            "CognitoIdentityProviders": [{"ProviderName": provider(fixture), "ClientId": fixture.client_id}],
            "Roles": {"authenticated": USER_ROLE, "unauthenticated": GUEST_ROLE},
        });
        let settings = IdentityPoolSettings::from_json(settings).expect("valid settings");
        let pool_id = pools.put_identity_pool("Identities", None, settings.clone()).await.expect("created");
        assert_eq!(pools.put_identity_pool("Identities", None, settings).await.expect("applied again"), pool_id);
        Self { pools, pool_id }
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, aws_protocol::ServiceError> {
        self.pools.call(operation, input, &Caller::anonymous()).await
    }

    async fn get_id(&self, logins: Value) -> Result<Value, aws_protocol::ServiceError> {
        self.call("GetId", json!({"IdentityPoolId": self.pool_id, "Logins": logins})).await
    }

    async fn credentials(&self, id: &Value, logins: Value) -> Result<Value, aws_protocol::ServiceError> {
        self.call("GetCredentialsForIdentity", json!({"IdentityId": id, "Logins": logins})).await
    }
}

/// As clients name it: the issuer without its scheme.
fn provider(fixture: &Fixture) -> String {
    fixture.pools.issuer(&fixture.pool_id).replace("http://", "")
}

#[tokio::test]
async fn a_signed_in_user_keeps_one_identity_and_gets_credentials() {
    let fixture = Fixture::new().await;
    let identities = Identities::new(&fixture, false).await;
    let tokens = fixture.tokens().await;
    let logins = json!({provider(&fixture): tokens["IdToken"]});
    let id = identities.get_id(logins.clone()).await.expect("an identity")["IdentityId"].clone();
    assert_eq!(identities.get_id(logins.clone()).await.expect("an identity")["IdentityId"], id);
    let answer = identities.credentials(&id, logins).await.expect("credentials");
    let text = |name: &str| answer["Credentials"][name].as_str().expect(name).to_owned();
    let found = identities.pools.credentials(&text("AccessKeyId"), &text("SessionToken")).expect("the store works");
    let found = found.expect("credentials given out here");
    assert_eq!(found.secret_access_key, text("SecretKey"));
    assert_eq!((found.role_arn.as_str(), found.is_authenticated()), (USER_ROLE, true));
    assert_eq!(found.identity_id, id);
    assert!(found.provider.contains(":CognitoSignIn:"), "{}", found.provider);
    assert!(identities.pools.credentials("ASIAANOTHERKEY", &text("SessionToken")).expect("the store works").is_none());
    for token in ["", ".", "a.b", &"x".repeat(9000)] {
        assert!(identities.pools.credentials(&text("AccessKeyId"), token).expect("the store works").is_none());
    }
}

#[tokio::test]
async fn guests_are_for_pools_that_allow_them() {
    let fixture = Fixture::new().await;
    let closed = Identities::new(&fixture, false).await;
    let refused = "NotAuthorizedException: Unauthenticated access is not supported for this identity pool.";
    assert_eq!(failure(closed.get_id(json!({})).await), refused);

    let open = Identities::new(&fixture, true).await;
    let id = open.get_id(json!({})).await.expect("an identity")["IdentityId"].clone();
    assert_ne!(open.get_id(json!({})).await.expect("another identity")["IdentityId"], id);
    let answer = open.credentials(&id, json!({})).await.expect("credentials");
    let text = |name: &str| answer["Credentials"][name].as_str().expect(name).to_owned();
    let found = open.pools.credentials(&text("AccessKeyId"), &text("SessionToken")).expect("the store works");
    let found = found.expect("credentials given out here");
    assert_eq!((found.role_arn.as_str(), found.is_authenticated()), (GUEST_ROLE, false));
}

#[tokio::test]
async fn a_guest_who_signs_in_takes_the_identity_along_unless_the_user_has_one() {
    let fixture = Fixture::new().await;
    let identities = Identities::new(&fixture, true).await;
    let logins = json!({provider(&fixture): fixture.tokens().await["IdToken"]});
    let guest = async || identities.get_id(json!({})).await.expect("an identity")["IdentityId"].clone();
    let (first, second) = (guest().await, guest().await);
    let credentials = async |id: &Value| identities.credentials(id, logins.clone()).await.expect("credentials");
    assert_eq!(credentials(&first).await["IdentityId"], first, "the guest's identity is the user's now");
    assert_eq!(identities.get_id(logins.clone()).await.expect("an identity")["IdentityId"], first);
    assert_eq!(credentials(&second).await["IdentityId"], first, "the user has one already");
    let closed = failure(identities.credentials(&first, json!({})).await);
    assert!(closed.starts_with("NotAuthorizedException: Logins don't match."), "{closed}");
    identities.credentials(&second, json!({})).await.expect("still a guest");
}

#[tokio::test]
async fn a_login_must_be_a_current_id_token_of_the_right_provider() {
    let fixture = Fixture::new().await;
    let identities = Identities::new(&fixture, true).await;
    let tokens = fixture.tokens().await;
    let name = provider(&fixture);
    let cases = [
        (json!({&name: tokens["AccessToken"]}), "Not a valid OpenId Connect identity token."),
        (json!({&name: "x"}), "Not a valid OpenId Connect identity token."),
        (json!({"example.com/other": tokens["IdToken"]}), "Issuer doesn't match providerName"),
    ];
    for (logins, reason) in cases {
        let expected = format!("NotAuthorizedException: Invalid login token. {reason}");
        assert_eq!(failure(identities.get_id(logins).await), expected);
    }
    let logins = json!({&name: tokens["IdToken"]});
    let user = identities.get_id(logins).await.expect("an identity")["IdentityId"].clone();
    let foreign = failure(identities.credentials(&user, json!({})).await);
    assert!(foreign.starts_with("NotAuthorizedException: Logins don't match."), "{foreign}");
    let unknown = failure(identities.call("GetId", json!({"IdentityPoolId": "us-east-1:none"})).await);
    assert_eq!(unknown, "ResourceNotFoundException: IdentityPool 'us-east-1:none' not found.");
    let absent = identities.call("ListIdentities", json!({})).await;
    assert_eq!(absent.expect_err("not here").code, "UnknownOperationException");
}

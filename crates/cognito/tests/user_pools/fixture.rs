//! A pool with one client and one user on a simulated clock, and calls that read well.

use std::{collections::BTreeMap, sync::Arc};

use aws_protocol::{Caller, Partition, Service, ServiceError};
use clock::{SimulatedClock, Timestamp};
use cognito::{ClientSettings, GroupSettings, UserPoolSettings, UserPools, UserSeed};
use serde_json::{Value, json};
use store::MemoryStore;

pub(crate) const ISSUER: &str = "http://127.0.0.1:4000";
pub(crate) const PASSWORD: &str = "Correct horse 1!";
/// 2026-11-04T01:02:03Z, a Wednesday.
pub(crate) const NOW: Timestamp = Timestamp(1_793_754_123_000);

pub(crate) struct Fixture {
    pub(crate) pools: UserPools,
    pub(crate) clock: SimulatedClock,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) pool_id: String,
    pub(crate) client_id: String,
}

/// Every flow that there is, and unknown users hidden.
pub(crate) fn all_flows() -> Value {
    json!({
        "ClientName": "web",
        "PreventUserExistenceErrors": "ENABLED",
        "ExplicitAuthFlows": [
            "ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
            "ALLOW_ADMIN_USER_PASSWORD_AUTH",
        ],
    })
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with(json!({"PoolName": "orders", "AutoVerifiedAttributes": ["email"]}), all_flows()).await
    }

    /// A pool with these settings, one client and, unless users sign up with an address, the user `alice`.
    pub(crate) async fn with(pool: Value, client: Value) -> Self {
        let clock = SimulatedClock::new(NOW, 7);
        let store = Arc::new(MemoryStore::new());
        let pools = open(&store, &clock);
        let signs_up_with_name = pool.get("UsernameAttributes").is_none();
        let settings = UserPoolSettings::from_json(pool).expect("valid pool settings");
        let pool_id = pools.put_user_pool("Users", None, settings).await.expect("the pool is created");
        let settings = ClientSettings::from_json(client).expect("valid client settings");
        let client = pools.put_client("Web", &pool_id, None, settings).await.expect("the client is created");
        if signs_up_with_name {
            let attributes = BTreeMap::from([
                ("email".to_owned(), "alice@example.com".to_owned()),
                ("email_verified".to_owned(), "true".to_owned()),
            ]);
            let alice = UserSeed { username: "Alice".to_owned(), attributes, password: Some(PASSWORD.to_owned()) };
            assert!(pools.put_user(&pool_id, alice).await.expect("the user is created"));
        }
        Self { pools, clock, store, pool_id, client_id: client.client_id }
    }

    /// The same store and time after a restart.
    pub(crate) fn restarted(&self) -> UserPools {
        open(&self.store, &SimulatedClock::new(clock::Clock::now(&self.clock), 99))
    }

    /// A call without a signature.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        self.pools.call(operation, input, &Caller::anonymous()).await
    }

    /// A signed call with `UserPoolId` filled in.
    pub(crate) async fn admin(&self, operation: &str, mut input: Value) -> Result<Value, ServiceError> {
        if input.get("UserPoolId").is_none() {
            input["UserPoolId"] = self.pool_id.clone().into();
        }
        self.pools.call(operation, input, &administrator()).await
    }

    pub(crate) async fn initiate(&self, flow: &str, parameters: Value) -> Result<Value, ServiceError> {
        let input = json!({"AuthFlow": flow, "ClientId": self.client_id, "AuthParameters": parameters});
        self.call("InitiateAuth", input).await
    }

    pub(crate) async fn respond(
        &self,
        challenge: &str,
        session: Value,
        responses: Value,
    ) -> Result<Value, ServiceError> {
        let input = json!({
            "ChallengeName": challenge, "ClientId": self.client_id, "Session": session, "ChallengeResponses": responses,
        });
        self.call("RespondToAuthChallenge", input).await
    }

    pub(crate) async fn sign_in(&self, username: &str, password: &str) -> Result<Value, ServiceError> {
        self.initiate("USER_PASSWORD_AUTH", json!({"USERNAME": username, "PASSWORD": password})).await
    }

    /// The `AuthenticationResult` of a sign-in that must work.
    pub(crate) async fn tokens(&self) -> Value {
        self.sign_in("alice", PASSWORD).await.expect("the password is right")["AuthenticationResult"].clone()
    }

    pub(crate) async fn put_group(&self, settings: Value) {
        let settings = GroupSettings::from_json(settings).expect("valid group settings");
        self.pools.put_group(&self.pool_id, settings).await.expect("the group is created");
    }
}

pub(crate) fn administrator() -> Caller {
    Caller::internal("123456789012", "arn:aws:iam::123456789012:user/admin")
}

fn open(store: &Arc<MemoryStore>, clock: &SimulatedClock) -> UserPools {
    let partition = Partition::new("us-east-1", "123456789012");
    UserPools::new(Arc::clone(store) as _, Arc::new(clock.clone()), partition, ISSUER)
}

/// `Code: message` of a call that must fail.
pub(crate) fn failure(result: Result<Value, ServiceError>) -> String {
    result.expect_err("the call is refused").to_string()
}

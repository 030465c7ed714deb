//! Acknowledged means committed, on the real store too, and two writers never lose each other's change.

use std::sync::Arc;

use aws_protocol::{Caller, Partition, Service};
use clock::SimulatedClock;
use cognito::{ClientSettings, UserPoolSettings, UserPools, UserSeed};
use futures::future::join_all;
use serde_json::json;
use store::{Fault, FaultyStore, MemoryStore, SqliteStore, Store};

use crate::fixture::{Fixture, ISSUER, NOW, PASSWORD, all_flows, failure};

fn open(store: Arc<dyn Store>) -> UserPools {
    UserPools::new(store, Arc::new(SimulatedClock::new(NOW, 5)), Partition::new("us-east-1", "123456789012"), ISSUER)
}

/// Applies a small template; returns the pool's and the client's ids.
async fn apply(pools: &UserPools) -> Result<(String, String), cognito::Error> {
    let pool = pools.put_user_pool("Users", None, UserPoolSettings::default()).await?;
    let client = pools.put_client("Web", &pool, None, ClientSettings::from_json(all_flows())?).await?;
    let password = Some(PASSWORD.to_owned());
    let seed = UserSeed::from_json(json!({"Username": "alice", "UserPoolId": pool}), password)?;
    pools.put_user(&pool, seed).await?;
    Ok((pool, client.client_id))
}

async fn sign_in(pools: &UserPools, client_id: &str) -> Result<serde_json::Value, aws_protocol::ServiceError> {
    let parameters = json!({"USERNAME": "alice", "PASSWORD": PASSWORD});
    let input = json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client_id, "AuthParameters": parameters});
    pools.call("InitiateAuth", input, &Caller::anonymous()).await
}

#[tokio::test]
async fn a_data_folder_keeps_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ids, jwks, access) = {
        let pools = open(Arc::new(SqliteStore::open(folder.path()).expect("a new data folder")));
        let ids = apply(&pools).await.expect("applied");
        let tokens = sign_in(&pools, &ids.1).await.expect("signed in");
        let jwks = pools.jwks(&ids.0).await.expect("keys");
        (ids, jwks, tokens["AuthenticationResult"]["AccessToken"].clone())
    };
    let pools = open(Arc::new(SqliteStore::open(folder.path()).expect("the same data folder")));
    assert_eq!(apply(&pools).await.expect("applied again"), ids);
    assert_eq!(pools.jwks(&ids.0).await.expect("keys"), jwks);
    let user = pools.call("GetUser", json!({"AccessToken": access}), &Caller::anonymous()).await;
    assert_eq!(user.expect("the sign-in is known")["Username"], "alice");
}

#[tokio::test]
async fn what_was_not_committed_is_not_acknowledged() {
    let memory = Arc::new(MemoryStore::new());
    let store = FaultyStore::new(memory);
    let pools = open(Arc::new(store.clone()));
    let (pool, client) = apply(&pools).await.expect("applied");
    pools.jwks(&pool).await.expect("keys");

    store.fail_at(store.commits() + 1, Fault::Refuse(store::Error::Full("test".to_owned())));
    let refused = sign_in(&pools, &client).await.expect_err("the sign-in could not be kept");
    assert_eq!((refused.code.as_ref(), refused.status), ("InternalErrorException", 500));
    assert!(!refused.message.contains("disk"), "the cause is for the log: {}", refused.message);

    let tokens = sign_in(&pools, &client).await.expect("the disk has room again");
    store.fail_at(store.commits() + 1, Fault::Refuse(store::Error::Full("test".to_owned())));
    let refresh = &tokens["AuthenticationResult"]["RefreshToken"];
    let revoke = json!({"ClientId": client, "Token": refresh});
    pools.call("RevokeToken", revoke, &Caller::anonymous()).await.expect_err("not revoked");
    let renew = json!({"ClientId": client, "RefreshToken": refresh});
    pools.call("GetTokensFromRefreshToken", renew, &Caller::anonymous()).await.expect("so it still works");
}

#[tokio::test]
async fn keys_that_could_not_be_stored_are_made_again() {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    let pools = open(Arc::new(store.clone()));
    // The first commit is the pool, the second its keys.
    store.fail_at(2, Fault::Refuse(store::Error::Full("test".to_owned())));
    let pool = pools.put_user_pool("Users", None, UserPoolSettings::default()).await.expect("created");
    assert!(matches!(pools.jwks(&pool).await, Err(cognito::Error::Store(_))));
    let keys = pools.jwks(&pool).await.expect("the second attempt");
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn changes_of_one_user_at_the_same_time_all_count() {
    let fixture = Fixture::new().await;
    let names: Vec<String> = (0..20).map(|index| format!("group{index:02}")).collect();
    for name in &names {
        fixture.put_group(json!({"GroupName": name})).await;
    }
    let additions = names.iter().map(|name| fixture.pools.attach(&fixture.pool_id, "alice", name));
    for added in join_all(additions).await {
        added.expect("attached");
    }
    let groups = fixture.admin("AdminListGroupsForUser", json!({"Username": "alice"})).await.expect("listed");
    assert_eq!(groups["Groups"].as_array().map(Vec::len), Some(20));

    let sign_ups = (0..5).map(|_| {
        let input = json!({"ClientId": fixture.client_id, "Username": "bob", "Password": "Brand new 1!"});
        fixture.call("SignUp", input)
    });
    let (created, refused): (Vec<_>, Vec<_>) = join_all(sign_ups).await.into_iter().partition(Result::is_ok);
    assert_eq!(created.len(), 1, "one of them is bob");
    for result in refused {
        assert_eq!(failure(result), "UsernameExistsException: User already exists");
    }
}

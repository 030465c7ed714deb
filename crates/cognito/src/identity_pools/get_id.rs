//! `GetId`: the identity of a signed-in user, always the same, or a new one for a guest.
//!
//! <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html>

use serde::Deserialize;
use serde_json::{Value, json};
use store::Transaction;

use crate::{
    Error,
    identity_pools::{
        Identity, IdentityPools,
        login::{self, Logins},
    },
    input,
    storage::{IDENTITIES, LOGINS, encode, key},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    identity_pool_id: Option<String>,
    #[serde(default)]
    logins: Logins,
}

pub(super) async fn run(pools: &IdentityPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.pool(&input::required(request.identity_pool_id, "identityPoolId")?)?;
    let login = login::check(pools, &pool, &request.logins).await?;
    let storage = &pools.users.storage;
    let login_key = login.as_ref().map(|login| key(&[&pool.id, &login.provider, &login.sub]));
    if let Some(known) = login_key.as_ref().map(|key| storage.read::<String>(LOGINS, key)).transpose()?.flatten() {
        return Ok(json!({ "IdentityId": known.value }));
    }
    let id = pools.new_id();
    let identity = Identity { pool: pool.id.clone(), login: login.map(|login| (login.provider, login.sub)) };
    let mut transaction = Transaction::new();
    transaction.put(IDENTITIES, id.as_bytes(), encode(&identity));
    if let Some(login_key) = &login_key {
        transaction.require_absent(LOGINS, login_key.clone()).put(LOGINS, login_key.clone(), encode(&id));
    }
    match (storage.commit(transaction).await, login_key) {
        // The same user asked twice at once; the first answer counts.
        (Err(store::Error::Conflict), Some(login_key)) => {
            let known = storage.read::<String>(LOGINS, &login_key)?.ok_or(Error::TooManyRequests)?;
            Ok(json!({ "IdentityId": known.value }))
        }
        (result, _) => {
            result?;
            Ok(json!({ "IdentityId": id }))
        }
    }
}

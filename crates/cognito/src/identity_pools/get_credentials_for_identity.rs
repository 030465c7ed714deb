//! `GetCredentialsForIdentity`: temporary credentials for one hour.
//!
//! <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html>

use serde::Deserialize;
use serde_json::{Value, json};

use store::Transaction;

use crate::{
    Denial, Error,
    identity_pools::{
        Identity, IdentityPools, credentials,
        login::{self, Logins},
    },
    input,
    storage::{IDENTITIES, LOGINS, encode, key},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    identity_id: Option<String>,
    #[serde(default)]
    logins: Logins,
    custom_role_arn: Option<String>,
}

pub(super) async fn run(pools: &IdentityPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let mut id = input::required(request.identity_id, "identityId")?;
    if request.custom_role_arn.is_some() {
        return Err(Error::Unsupported("CustomRoleArn".to_owned()));
    }
    let stored = pools.users.storage.read::<Identity>(IDENTITIES, id.as_bytes())?;
    let mut identity = stored.ok_or_else(|| Error::ResourceNotFound(format!("Identity '{id}' not found.")))?.value;
    let pool = pools.pool(&identity.pool)?;
    let login = login::check(pools, &pool, &request.logins).await?;
    let given = login.as_ref().map(|login| (login.provider.clone(), login.sub.clone()));
    if identity.login.is_none() && given.is_some() {
        (id, identity) = signed_in(pools, id, Identity { login: given.clone(), ..identity }).await?;
    }
    if given != identity.login {
        return Err(Denial::LoginsDoNotMatch.into());
    }
    let roles = &pool.settings.roles;
    // AWS differs: role mappings may choose another role; without any it is these two.
    let role = if login.is_some() { &roles.authenticated } else { &roles.unauthenticated };
    let role = role.clone().ok_or(Error::InvalidIdentityPoolConfiguration)?;
    let issued = credentials::issue(pools, &pool, &id, &identity, role)?;
    Ok(json!({
        "IdentityId": id,
        "Credentials": {
            "AccessKeyId": issued.access_key_id,
            "SecretKey": issued.secret_access_key,
            "SessionToken": issued.session_token,
            "Expiration": issued.expires.epoch_seconds(),
        },
    }))
}

/// A guest has signed in: the guest's identity becomes the user's, unless the user has one already, which then counts
/// (Cognito developer guide, "Identity pools authentication flow": logins are linked). Amplify relies on it.
async fn signed_in(pools: &IdentityPools, guest: String, identity: Identity) -> Result<(String, Identity), Error> {
    let Some((provider, sub)) = &identity.login else { return Ok((guest, identity)) };
    let login_key = key(&[&identity.pool, provider, sub]);
    let storage = &pools.users.storage;
    let mut transaction = Transaction::new();
    transaction.require_absent(LOGINS, login_key.clone()).put(LOGINS, login_key.clone(), encode(&guest)).put(
        IDENTITIES,
        guest.as_bytes(),
        encode(&identity),
    );
    match storage.commit(transaction).await {
        Err(store::Error::Conflict) => {
            let known = storage.read::<String>(LOGINS, &login_key)?.ok_or(Error::TooManyRequests)?;
            Ok((known.value, identity))
        }
        result => {
            result?;
            Ok((guest, identity))
        }
    }
}

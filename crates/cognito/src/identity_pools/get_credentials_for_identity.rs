//! `GetCredentialsForIdentity`: temporary credentials for one hour.
//!
//! <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html>

use serde::Deserialize;
use serde_json::{Value, json};

use store::{Bytes, Transaction};

use crate::{
    Denial, Error,
    identity_pools::{
        Identity, IdentityPools, credentials,
        login::{self, Logins},
    },
    input,
    storage::{IDENTITIES, LOGINS, Stored, encode, key},
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
    let not_found = || Error::ResourceNotFound(format!("Identity '{id}' not found."));
    let Stored { value: mut identity, bytes: read } = stored.ok_or_else(not_found)?;
    let pool = pools.pool(&identity.pool)?;
    let login = login::check(pools, &pool, &request.logins).await?;
    let given = login.as_ref().map(|login| (login.provider.clone(), login.sub.clone()));
    if identity.login.is_none() && given.is_some() {
        (id, identity) = signed_in(pools, id, read, Identity { login: given.clone(), ..identity }).await?;
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
/// (Cognito developer guide, "Identity pools authentication flow": logins are linked). Amplify relies on it. `read` is the guest's record: where another user has taken the identity since, it is
/// not this one's any more.
async fn signed_in(
    pools: &IdentityPools,
    guest: String,
    read: Bytes,
    identity: Identity,
) -> Result<(String, Identity), Error> {
    let Some((provider, sub)) = &identity.login else { return Ok((guest, identity)) };
    let login_key = key(&[&identity.pool, provider, sub]);
    let storage = &pools.users.storage;
    let mut transaction = Transaction::new();
    transaction
        .require_absent(LOGINS, login_key.clone())
        .require_equals(IDENTITIES, guest.as_bytes(), read)
        .put(LOGINS, login_key.clone(), encode(&guest))
        .put(IDENTITIES, guest.as_bytes(), encode(&identity));
    match storage.commit(transaction).await {
        Err(store::Error::Conflict) => {
            let known = storage.read::<String>(LOGINS, &login_key)?.ok_or(Denial::LoginsDoNotMatch)?;
            Ok((known.value, identity))
        }
        result => {
            result?;
            Ok((guest, identity))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_protocol::Partition;
    use clock::{SimulatedClock, Timestamp};
    use store::MemoryStore;

    use super::*;
    use crate::UserPools;

    #[tokio::test]
    async fn of_two_users_who_sign_in_as_one_guest_the_first_gets_the_identity() {
        let clock = Arc::new(SimulatedClock::new(Timestamp(0), 1));
        let partition = Partition::new("us-east-1", "123456789012");
        let users = UserPools::new(Arc::new(MemoryStore::new()), clock, partition, "http://localhost");
        let pools = IdentityPools::new(Arc::new(users));
        let identity = |sub: Option<&str>| Identity {
            pool: "p".to_owned(),
            login: sub.map(|sub| ("provider".to_owned(), sub.to_owned())),
        };
        // Both have read the record of the guest before either signs in.
        let read = encode(&identity(None));
        let mut transaction = Transaction::new();
        transaction.put(IDENTITIES, "guest".as_bytes(), read.clone());
        pools.users.storage.commit(transaction).await.expect("stored");
        let read: Bytes = read.into();
        let sign_in = |sub| signed_in(&pools, "guest".to_owned(), read.clone(), identity(Some(sub)));
        let (id, _) = sign_in("alice").await.expect("the guest becomes Alice");
        assert_eq!(id, "guest");
        let refused = sign_in("bob").await.map(|(id, _)| id);
        assert!(matches!(refused, Err(Error::NotAuthorized(Denial::LoginsDoNotMatch))), "{refused:?}");
        let (again, _) = sign_in("alice").await.expect("Alice asked twice at once");
        assert_eq!(again, "guest");
    }
}

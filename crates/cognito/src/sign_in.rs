//! Sign-ins: each is one record that its refresh token points to, and that revocation marks.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clock::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::Transaction;

use crate::{
    Denial, Error, UserPools,
    client::{Client, MAX_TOKEN_SECONDS},
    sealed::{self, Use},
    storage::{SIGN_INS, encode, key, prefix},
    tokens::{self, Subject},
    user::User,
    user_pool::UserPool,
};

/// Old sign-ins looked at for removal with every new one.
const SWEEP: usize = 20;
/// Longest refresh token that is looked at.
const MAX_REFRESH_TOKEN_BYTES: usize = 8192;

/// A stored sign-in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SignIn {
    /// In every token of the sign-in.
    pub(crate) event_id: String,
    /// The same in every token of the sign-in; what `RevokeToken` revokes.
    pub(crate) origin_jti: String,
    pub(crate) client_id: String,
    pub(crate) auth_time: Timestamp,
    pub(crate) refresh_expires: Timestamp,
    /// The user's generation at sign-in; a later one revokes.
    pub(crate) generation: u64,
    pub(crate) revoked: bool,
}

impl SignIn {
    fn key(pool: &UserPool, sub: &str, event_id: &str) -> Vec<u8> {
        key(&[&pool.id, sub, event_id])
    }

    /// Whether no token of the sign-in can be valid any more, access tokens of a last refresh included.
    fn is_over(&self, now: Timestamp) -> bool {
        self.refresh_expires.plus_seconds(MAX_TOKEN_SECONDS) <= now
    }

    pub(crate) fn is_revoked(&self, user: &User) -> bool {
        self.revoked || self.generation < user.generation
    }
}

/// What a refresh token holds, sealed.
#[derive(Debug, Serialize, Deserialize)]
struct RefreshToken {
    client: String,
    username: String,
    sub: String,
    event: String,
}

/// Signs the user in: a new sign-in, durable, and its `AuthenticationResult`.
pub(crate) async fn begin(pools: &UserPools, pool: &UserPool, client: &Client, user: &User) -> Result<Value, Error> {
    let keys = pools.keys.get(&pool.id).await?;
    let (clock, now) = (&*pools.clock, pools.clock.now());
    let sign_in = SignIn {
        event_id: clock.uuid(),
        origin_jti: clock.uuid(),
        client_id: client.id.clone(),
        auth_time: now,
        refresh_expires: now.plus_seconds(client.refresh_token_seconds()),
        generation: user.generation,
        revoked: false,
    };
    let token = RefreshToken {
        client: client.id.clone(),
        username: user.username.clone(),
        sub: user.sub.clone(),
        event: sign_in.event_id.clone(),
    };
    let refresh = URL_SAFE_NO_PAD.encode(sealed::seal(&pool.secret, Use::RefreshToken, &token, clock)?);
    let mut result = subject(pools, pool, client, user, &sign_in)?.issue(&keys, clock)?;
    result.insert("RefreshToken".to_owned(), refresh.into());

    let mut transaction = Transaction::new();
    transaction.put(SIGN_INS, SignIn::key(pool, &user.sub, &sign_in.event_id), encode(&sign_in));
    sweep(pools, pool, user, &mut transaction)?;
    pools.storage.commit(transaction).await?;
    Ok(json!({ "AuthenticationResult": result, "ChallengeParameters": {} }))
}

/// Removes what is over among a few of the user's sign-ins, from a random one on so that each has its turn.
fn sweep(pools: &UserPools, pool: &UserPool, user: &User, transaction: &mut Transaction) -> Result<(), Error> {
    let from = SignIn::key(pool, &user.sub, &pools.clock.uuid());
    let old = pools.storage.scan::<SignIn>(SIGN_INS, &prefix(&[&pool.id, &user.sub]), Some(&from), SWEEP)?;
    let now = pools.clock.now();
    for (old_key, _) in old.into_iter().filter(|(_, sign_in)| sign_in.is_over(now)) {
        transaction.delete(SIGN_INS, old_key);
    }
    Ok(())
}

fn subject<'a>(
    pools: &UserPools,
    pool: &UserPool,
    client: &'a Client,
    user: &'a User,
    sign_in: &'a SignIn,
) -> Result<Subject<'a>, Error> {
    let groups = tokens::groups_of(&pools.storage, pool, user)?;
    Ok(Subject { client, user, sign_in, issuer: pools.issuer(&pool.id), groups })
}

/// New id and access tokens for a refresh token; the refresh token stays the same.
pub(crate) async fn refresh(pools: &UserPools, pool: &UserPool, client: &Client, token: &str) -> Result<Value, Error> {
    let (user, sign_in) = find(pools, pool, client, token)?;
    if sign_in.is_revoked(&user) {
        return Err(Denial::RefreshTokenRevoked.into());
    }
    if pools.clock.now() >= sign_in.refresh_expires {
        return Err(Denial::RefreshTokenExpired.into());
    }
    if !user.enabled {
        return Err(Denial::UserDisabled.into());
    }
    let keys = pools.keys.get(&pool.id).await?;
    let result: Map<String, Value> = subject(pools, pool, client, &user, &sign_in)?.issue(&keys, &*pools.clock)?;
    Ok(json!({ "AuthenticationResult": result, "ChallengeParameters": {} }))
}

/// The user name that a refresh token belongs to, for checking `SECRET_HASH`.
pub(crate) fn username(pool: &UserPool, token: &str) -> Result<String, Error> {
    open(pool, token).map(|token| token.username)
}

fn open(pool: &UserPool, token: &str) -> Result<RefreshToken, Error> {
    let sealed = match token.len() {
        ..=MAX_REFRESH_TOKEN_BYTES => URL_SAFE_NO_PAD.decode(token).ok(),
        _ => None,
    };
    let token = sealed.and_then(|sealed| sealed::open(&pool.secret, Use::RefreshToken, &sealed));
    token.ok_or_else(|| Denial::InvalidRefreshToken.into())
}

/// The user and the sign-in of a refresh token that `client` may use.
fn find(pools: &UserPools, pool: &UserPool, client: &Client, token: &str) -> Result<(User, SignIn), Error> {
    let invalid = || Error::from(Denial::InvalidRefreshToken);
    let token = open(pool, token)?;
    if token.client != client.id {
        return Err(invalid());
    }
    let user = pools.storage.find_user(pool, &token.username)?.filter(|user| user.sub == token.sub);
    let sign_in = pools.storage.read::<SignIn>(SIGN_INS, &SignIn::key(pool, &token.sub, &token.event))?;
    match (user, sign_in) {
        (Some(user), Some(sign_in)) => Ok((user, sign_in.value)),
        _ => Err(invalid()),
    }
}

/// Revokes the sign-in of a refresh token, durably. Revoking twice is no error.
pub(crate) async fn revoke(pools: &UserPools, pool: &UserPool, client: &Client, token: &str) -> Result<(), Error> {
    let (user, mut sign_in) = find(pools, pool, client, token)?;
    sign_in.revoked = true;
    let mut transaction = Transaction::new();
    transaction.put(SIGN_INS, SignIn::key(pool, &user.sub, &sign_in.event_id), encode(&sign_in));
    Ok(pools.storage.commit(transaction).await?)
}

/// The stored sign-in that a token's `sub` and `event_id` name.
pub(crate) fn of_token(
    pools: &UserPools,
    pool: &UserPool,
    claims: &Map<String, Value>,
) -> Result<Option<SignIn>, Error> {
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let sign_in_key = SignIn::key(pool, claim("sub"), claim("event_id"));
    Ok(pools.storage.read(SIGN_INS, &sign_in_key)?.map(|stored| stored.value))
}

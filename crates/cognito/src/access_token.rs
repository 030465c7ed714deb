//! Tokens that come back: whose an access token is, and whether a token of either use still counts.

use serde_json::{Map, Value};

use crate::{Denial, Error, UserPools, client::Client, input, jwt, sign_in, user::User, user_pool::UserPool};

/// A valid access token's pool, client and user.
pub(crate) struct Access {
    pub(crate) pool: UserPool,
    pub(crate) client: Client,
    pub(crate) user: User,
}

/// Verifies signature, issuer, use, expiry and revocation.
pub(crate) async fn authorize(pools: &UserPools, token: Option<String>) -> Result<Access, Error> {
    let token = input::required(token, "accessToken")?;
    let (pool, claims) = verify(pools, &token, "access").await?.ok_or(Denial::InvalidAccessToken)?;
    if !is_current(&claims, pools.clock.now().0) {
        return Err(Denial::AccessTokenExpired.into());
    }
    let client = pools.storage.client_of(&pool, &text(&claims, "client_id").unwrap_or_default())?;
    let user = user(pools, &pool, &claims)?;
    Ok(Access { pool, client, user })
}

/// The pool and claims of a token that a pool of ours signed for `token_use`, expired or not.
pub(crate) async fn verify(
    pools: &UserPools,
    token: &str,
    token_use: &str,
) -> Result<Option<(UserPool, Map<String, Value>)>, Error> {
    let Some(issuer) = jwt::unverified_claims(token).and_then(|claims| text(&claims, "iss")) else { return Ok(None) };
    let pool_id = issuer.rsplit('/').next().unwrap_or_default();
    if issuer != pools.issuer(pool_id) {
        return Ok(None);
    }
    let pool = pools.storage.pool(pool_id)?;
    let keys = pools.keys.get(&pool.id).await?;
    let claims = jwt::verify(&keys, token).filter(|claims| text(claims, "token_use").as_deref() == Some(token_use));
    Ok(claims.map(|claims| (pool, claims)))
}

fn user(pools: &UserPools, pool: &UserPool, claims: &Map<String, Value>) -> Result<User, Error> {
    let user = pools.storage.user(pool, &text(claims, "username").unwrap_or_default())?;
    if Some(&user.sub) != text(claims, "sub").as_ref() {
        return Err(Error::UserNotFound);
    }
    if !user.enabled {
        return Err(Denial::UserDisabled.into());
    }
    match sign_in::of_token(pools, pool, claims)? {
        Some(sign_in) if !sign_in.is_revoked(&user) => Ok(user),
        _ => Err(Denial::AccessTokenRevoked.into()),
    }
}

/// Whether the token has not expired.
pub(crate) fn is_current(claims: &Map<String, Value>, now_millis: i64) -> bool {
    claims.get("exp").and_then(Value::as_i64).is_some_and(|exp| now_millis < exp.saturating_mul(1000))
}

/// A claim that is text.
pub(crate) fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    claims.get(name).and_then(Value::as_str).map(str::to_owned)
}

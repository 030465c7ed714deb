//! Operations that a signed-in user calls carry an access token: whose it is, and whether it still counts.

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
    let invalid = || Error::from(Denial::InvalidAccessToken);
    let token = input::required(token, "accessToken")?;
    let issuer = jwt::unverified_claims(&token).and_then(|claims| text(&claims, "iss")).ok_or_else(invalid)?;
    let pool_id = issuer.rsplit('/').next().unwrap_or_default();
    if issuer != pools.issuer(pool_id) {
        return Err(invalid());
    }
    let pool = pools.storage.pool(pool_id)?;
    let keys = pools.keys.get(&pool.id).await?;
    let claims = jwt::verify(&keys, &token).ok_or_else(invalid)?;
    if text(&claims, "token_use").as_deref() != Some("access") {
        return Err(invalid());
    }
    if !is_current(&claims, pools.clock.now().0) {
        return Err(Denial::AccessTokenExpired.into());
    }
    let client = pools.storage.client_of(&pool, &text(&claims, "client_id").unwrap_or_default())?;
    let user = user(pools, &pool, &claims)?;
    Ok(Access { pool, client, user })
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

fn is_current(claims: &Map<String, Value>, now_millis: i64) -> bool {
    claims.get("exp").and_then(Value::as_i64).is_some_and(|exp| now_millis < exp.saturating_mul(1000))
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    claims.get(name).and_then(Value::as_str).map(str::to_owned)
}

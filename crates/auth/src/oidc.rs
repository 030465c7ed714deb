//! `OPENID_CONNECT`: a token of a provider that publishes its keys.

use std::sync::Arc;

use clock::Timestamp;

use crate::{Error, Identity, KeyCache, OidcConfig, identity::OidcIdentity, jwt};

/// Verifies a token of the provider. `check_issuer` is false where it is the API's only mode (developer guide).
pub(crate) async fn authenticate(
    config: &OidcConfig,
    check_issuer: bool,
    token: &str,
    keys: &KeyCache,
    now: Timestamp,
) -> Result<Identity, Error> {
    let claims = jwt::verified(token, &config.issuer, keys, now).await?;
    let issuer = jwt::text(&claims, "iss").unwrap_or_default().to_owned();
    if check_issuer && !same_issuer(&issuer, &config.issuer) {
        return Err(Error::not_authorized("the token is of another issuer"));
    }
    check_client(config, &claims)?;
    check_ages(config, &claims, now)?;
    let sub = jwt::text(&claims, "sub").unwrap_or_default().to_owned();
    Ok(Identity::Oidc(Arc::new(OidcIdentity { sub, issuer, claims })))
}

/// A trailing slash makes no difference.
pub(crate) fn same_issuer(a: &str, b: &str) -> bool {
    a.trim_end_matches('/') == b.trim_end_matches('/')
}

fn check_client(config: &OidcConfig, claims: &jwt::Claims) -> Result<(), Error> {
    let Some(client_id) = &config.client_id else { return Ok(()) };
    let matches = |text: &str| client_id.is_match(text);
    if jwt::any_text(claims, "aud", matches) || jwt::any_text(claims, "azp", matches) {
        return Ok(());
    }
    Err(Error::not_authorized("neither aud nor azp matches ClientId"))
}

fn check_ages(config: &OidcConfig, claims: &jwt::Claims, now: Timestamp) -> Result<(), Error> {
    let Some(issued) = jwt::seconds(claims, "iat") else { return Err(Error::not_authorized("the token has no iat")) };
    let too_old = |at_seconds: i64, ttl: Option<i64>| {
        ttl.is_some_and(|ttl| ttl > 0 && now.0.saturating_sub(at_seconds.saturating_mul(1000)) >= ttl)
    };
    if too_old(issued, config.iat_ttl_millis) {
        return Err(Error::TokenExpired);
    }
    match (config.auth_ttl_millis, jwt::seconds(claims, "auth_time")) {
        (Some(ttl), None) if ttl > 0 => Err(Error::not_authorized("the token has no auth_time")),
        (ttl, Some(authenticated)) if too_old(authenticated, ttl) => Err(Error::TokenExpired),
        _ => Ok(()),
    }
}

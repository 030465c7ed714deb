//! `AMAZON_COGNITO_USER_POOLS`: an id or access token of a Cognito user pool.

use std::sync::Arc;

use clock::Timestamp;
use serde_json::Value;

use crate::{Error, Identity, KeyCache, UserPoolConfig, identity::UserPoolIdentity, jwt, oidc::same_issuer};

/// Verifies a token of the pool.
pub(crate) async fn authenticate(
    config: &UserPoolConfig,
    token: &str,
    keys: &KeyCache,
    now: Timestamp,
    source_ip: Vec<String>,
) -> Result<Identity, Error> {
    let claims = jwt::verified(token, &config.issuer, keys, now).await?;
    let issuer = jwt::text(&claims, "iss").unwrap_or_default().to_owned();
    if !same_issuer(&issuer, &config.issuer) {
        return Err(Error::not_authorized("the token is of another issuer"));
    }
    let (client, username) = match jwt::text(&claims, "token_use") {
        Some("id") => ("aud", "cognito:username"),
        Some("access") => ("client_id", "username"),
        _ => return Err(Error::not_authorized("token_use is neither id nor access")),
    };
    if let Some(app_client) = &config.app_client
        && !jwt::any_text(&claims, client, |text| app_client.is_match(text))
    {
        return Err(Error::not_authorized(format!("{client} does not match AppIdClientRegex")));
    }
    let groups = claims.get("cognito:groups").and_then(Value::as_array).into_iter().flatten();
    Ok(Identity::UserPool(Arc::new(UserPoolIdentity {
        sub: jwt::text(&claims, "sub").unwrap_or_default().to_owned(),
        username: jwt::text(&claims, username).unwrap_or_default().to_owned(),
        groups: groups.filter_map(Value::as_str).map(str::to_owned).collect(),
        issuer,
        source_ip,
        default_auth_strategy: config.default_action,
        claims,
    })))
}

//! `RevokeToken`: revokes a refresh token and the access tokens that came with it.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, UserPools, input, jwt, sign_in};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    client_id: Option<String>,
    token: Option<String>,
    client_secret: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let token = input::required(request.token, "token")?;
    let client = pools.storage.client(&input::required_name(request.client_id, "clientId")?)?;
    let pool = pools.storage.pool(&client.user_pool_id)?;
    client.check_secret(request.client_secret.as_deref())?;
    if !client.settings.revokes_tokens() {
        return Err(Error::Unsupported("RevokeToken for a client without EnableTokenRevocation".to_owned()));
    }
    if jwt::unverified_claims(&token).is_some() {
        return Err(Error::UnsupportedTokenType);
    }
    sign_in::revoke(pools, &pool, &client, &token).await?;
    Ok(json!({}))
}

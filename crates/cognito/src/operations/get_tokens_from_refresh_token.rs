//! `GetTokensFromRefreshToken`: new id and access tokens; the way current clients renew a session.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetTokensFromRefreshToken.html>

use serde::Deserialize;
use serde_json::Value;

use crate::{Denial, Error, UserPools, input, sign_in};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    client_id: Option<String>,
    refresh_token: Option<String>,
    client_secret: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let token = input::required(request.refresh_token, "refreshToken")?;
    let client = pools.storage.client(&input::required_name(request.client_id, "clientId")?)?;
    let pool = pools.storage.pool(&client.user_pool_id)?;
    client.check_secret(request.client_secret.as_deref())?;
    if token.is_empty() {
        return Err(Denial::InvalidRefreshToken.into());
    }
    sign_in::refresh(pools, &pool, &client, &token).await
}

//! REFRESH_TOKEN_AUTH, the older way to new tokens (`GetTokensFromRefreshToken` is the newer one).

use serde_json::Value;

use crate::{Error, flows::Attempt, sign_in};

/// New id and access tokens for the parameter `REFRESH_TOKEN`.
pub(super) async fn refresh(attempt: &Attempt<'_>) -> Result<Value, Error> {
    let token = attempt.parameters.required("REFRESH_TOKEN")?;
    let username = sign_in::username(&attempt.pool, token)?;
    attempt.client.check_secret_hash(&username, attempt.parameters.get("SECRET_HASH"))?;
    sign_in::refresh(attempt.pools, &attempt.pool, &attempt.client, token).await
}

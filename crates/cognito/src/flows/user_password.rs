//! USER_PASSWORD_AUTH and ADMIN_USER_PASSWORD_AUTH: the password comes in the clear.

use serde_json::Value;

use crate::{Error, flows::Attempt, password};

/// Checks `USERNAME` and `PASSWORD`. A user who does not exist takes the same path with a credential that no
/// password matches, so that neither answer nor time tells.
pub(super) async fn sign_in(attempt: &Attempt<'_>) -> Result<Value, Error> {
    let user = attempt.named_user()?;
    let name = attempt.pool.normalize(attempt.parameters.username()?);
    let given = attempt.parameters.required("PASSWORD")?;
    let username = user.as_ref().map_or(name, |user| user.username.clone());
    let now = attempt.pools.clock.now();
    attempt.pools.lockout.check(&attempt.pool.id, &username, now)?;
    let credential = password::credential_of(&attempt.pool, &username, user.as_ref());
    let is_correct = password::matches(&attempt.pool, &username, &credential, given).await?;
    match user {
        Some(user) if is_correct => attempt.complete(&user).await,
        _ => Err(attempt.refuse(&username, now)),
    }
}

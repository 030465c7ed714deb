//! `ChangePassword`: replaces the signed-in user's password by another.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChangePassword.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Denial, Error, UserPools, access_token, input, password,
    user::{Credential, User},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    access_token: Option<String>,
    previous_password: Option<String>,
    proposed_password: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let access = access_token::authorize(pools, request.access_token).await?;
    let previous = input::required(request.previous_password, "previousPassword")?;
    let proposed = input::required(request.proposed_password, "proposedPassword")?;
    let (pool, username, now) = (&access.pool, access.user.username.as_str(), pools.clock.now());
    pools.lockout.check(&pool.id, username, now)?;
    if !password::is_correct(pool, &access.user, &previous).await? {
        pools.lockout.failed(&pool.id, username, now);
        return Err(Denial::IncorrectUsernameOrPassword.into());
    }
    let credential = Credential::conforming(pool, username, &proposed, &*pools.clock).await?;
    let replace = |user: &mut User| {
        user.set_password(credential.clone(), now);
        Ok(())
    };
    pools.storage.update_user(pool, username, replace).await?;
    pools.lockout.succeeded(&pool.id, username);
    Ok(json!({}))
}

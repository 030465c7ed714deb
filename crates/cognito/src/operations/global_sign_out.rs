//! `GlobalSignOut`: revokes every token of the signed-in user.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GlobalSignOut.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, UserPools, access_token, input, user::User};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    access_token: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let access = access_token::authorize(pools, request.access_token).await?;
    let revoke = |user: &mut User| {
        user.generation += 1;
        Ok(())
    };
    pools.storage.update_user(&access.pool, &access.user.username, revoke).await?;
    Ok(json!({}))
}

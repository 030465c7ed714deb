//! `AdminEnableUser`: lets a disabled user sign in again.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminEnableUser.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, UserPools, input, user::User};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    username: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let username = input::required_name(request.username, "username")?;
    let user = pools.storage.user(&pool, &username)?;
    let now = pools.clock.now();
    let change = |user: &mut User| {
        user.enabled = true;
        user.modified = now;
        Ok(())
    };
    pools.storage.update_user(&pool, &user.username, change).await?;
    Ok(json!({}))
}

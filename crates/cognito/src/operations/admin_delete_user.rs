//! `AdminDeleteUser`: removes a user, its sign-ins included.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDeleteUser.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, UserPools, input};

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
    pools.storage.delete_user(&pool, &user).await?;
    Ok(json!({}))
}

//! `AdminAddUserToGroup`: puts a user into a group.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminAddUserToGroup.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, UserPools, input};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    username: Option<String>,
    group_name: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool_id = input::required(request.user_pool_id, "userPoolId")?;
    let username = input::required_name(request.username, "username")?;
    let group = input::required_name(request.group_name, "groupName")?;
    pools.attach(&pool_id, &username, &group).await?;
    Ok(json!({}))
}

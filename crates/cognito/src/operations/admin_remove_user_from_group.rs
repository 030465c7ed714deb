//! `AdminRemoveUserFromGroup`: takes a user out of a group.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRemoveUserFromGroup.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, UserPools, input, user::User};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    username: Option<String>,
    group_name: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let username = input::required_name(request.username, "username")?;
    let user = pools.storage.user(&pool, &username)?;
    let group = input::required_name(request.group_name, "groupName")?;
    if pools.storage.group(&pool, &group)?.is_none() {
        return Err(Error::ResourceNotFound("Group not found.".to_owned()));
    }
    let remove = |user: &mut User| {
        user.groups.remove(&group);
        Ok(())
    };
    pools.storage.update_user(&pool, &user.username, remove).await?;
    Ok(json!({}))
}

//! `ListUsersInGroup`: the users in a group, by user name.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsersInGroup.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, UserPools, input,
    operations::paging,
    storage::{USERS, prefix},
    user::User,
    wire,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    group_name: Option<String>,
    limit: Option<i64>,
    next_token: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let group = input::required_name(request.group_name, "groupName")?;
    let limit = input::limit(request.limit, "limit")?;
    if pools.storage.group(&pool, &group)?.is_none() {
        return Err(Error::ResourceNotFound("Group not found.".to_owned()));
    }
    let after = paging::key(request.next_token.as_deref())?;
    let scan = |after: Option<&[u8]>| pools.storage.scan::<User>(USERS, &prefix(&[&pool.id]), after, paging::BATCH);
    let users = paging::matching(scan, after, limit, |user| user.groups.contains(&group))?;
    let page: Vec<Value> = users.iter().map(|(_, user)| wire::user(user)).collect();
    let mut answer = json!({ "Users": page });
    paging::continue_after(&mut answer, "NextToken", &users, limit);
    Ok(answer)
}

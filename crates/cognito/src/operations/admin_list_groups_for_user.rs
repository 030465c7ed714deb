//! `AdminListGroupsForUser`: the groups that a user is in.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminListGroupsForUser.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, UserPools, input, operations::paging, tokens, wire};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    username: Option<String>,
    limit: Option<i64>,
    next_token: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let username = input::required_name(request.username, "username")?;
    let user = pools.storage.user(&pool, &username)?;
    let limit = input::limit(request.limit, "limit")?;
    let groups = tokens::groups_of(&pools.storage, &pool, &user)?;
    let from = paging::offset(request.next_token.as_deref())?;
    let page: Vec<Value> = groups.iter().skip(from).take(limit).map(|group| wire::group(&pool, group)).collect();
    let mut answer = json!({ "Groups": page });
    if from.saturating_add(limit) < groups.len() {
        answer["NextToken"] = paging::token((from + limit).to_string().as_bytes()).into();
    }
    Ok(answer)
}

//! `ListGroups`: the groups of a pool, by name.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListGroups.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, UserPools,
    group::Group,
    input,
    operations::paging,
    storage::{GROUPS, prefix},
    wire,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    limit: Option<i64>,
    next_token: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let limit = input::limit(request.limit, "limit")?;
    let after = paging::key(request.next_token.as_deref())?;
    let groups = pools.storage.scan::<Group>(GROUPS, &prefix(&[&pool.id]), after.as_deref(), limit)?;
    let page: Vec<Value> = groups.iter().map(|(_, group)| wire::group(&pool, group)).collect();
    let mut answer = json!({ "Groups": page });
    paging::continue_after(&mut answer, "NextToken", &groups, limit);
    Ok(answer)
}

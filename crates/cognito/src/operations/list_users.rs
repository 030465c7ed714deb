//! `ListUsers`: the users of a pool that a filter lets through, by user name.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, UserPools, input,
    operations::{filter::Filter, paging},
    storage::{USERS, prefix},
    user::User,
    wire,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    filter: Option<String>,
    limit: Option<i64>,
    pagination_token: Option<String>,
    attributes_to_get: Option<Vec<String>>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let limit = input::limit(request.limit, "limit")?;
    let filter = Filter::parse(request.filter.as_deref().unwrap_or_default())?;
    let after = paging::key(request.pagination_token.as_deref())?;
    let scan = |after: Option<&[u8]>| pools.storage.scan::<User>(USERS, &prefix(&[&pool.id]), after, paging::BATCH);
    let users = paging::matching(scan, after, limit, |user| filter.matches(user))?;
    let page: Vec<Value> = users.iter().map(|(_, user)| describe(user, request.attributes_to_get.as_deref())).collect();
    let mut answer = json!({ "Users": page });
    paging::continue_after(&mut answer, "PaginationToken", &users, limit);
    Ok(answer)
}

fn describe(user: &User, attributes: Option<&[String]>) -> Value {
    let mut described = wire::user(user);
    if let Some(names) = attributes {
        let wanted = |attribute: &Value| names.iter().any(|name| attribute["Name"] == name.as_str());
        if let Some(list) = described["Attributes"].as_array_mut() {
            list.retain(wanted);
        }
    }
    described
}

//! `ListUserPoolClients`: the app clients of a pool, by id.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserPoolClients.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, UserPools, input,
    operations::paging,
    storage::{POOL_CLIENTS, prefix},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let limit = input::limit(request.max_results, "maxResults")?;
    let after = paging::key(request.next_token.as_deref())?;
    let in_pool = prefix(&[&pool.id]);
    let found = pools.storage.scan::<()>(POOL_CLIENTS, &in_pool, after.as_deref(), limit)?;
    let mut page = Vec::with_capacity(found.len());
    for (client_key, ()) in &found {
        let client = pools.storage.client(&String::from_utf8_lossy(&client_key[in_pool.len()..]))?;
        page.push(json!({
            "ClientId": client.id,
            "ClientName": client.settings.client_name,
            "UserPoolId": pool.id,
        }));
    }
    let mut answer = json!({ "UserPoolClients": page });
    paging::continue_after(&mut answer, "NextToken", &found, limit);
    Ok(answer)
}

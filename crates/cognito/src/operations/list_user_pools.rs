//! `ListUserPools`: every user pool, by id.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserPools.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, UserPools, input, operations::paging, storage::POOLS, user_pool::UserPool};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let limit = input::limit(Some(input::required(request.max_results, "maxResults")?), "maxResults")?;
    let after = paging::key(request.next_token.as_deref())?;
    let found = pools.storage.scan::<UserPool>(POOLS, b"", after.as_deref(), limit)?;
    let describe = |pool: &UserPool| {
        json!({
            "Id": pool.id,
            "Name": pool.settings.pool_name,
            "CreationDate": pool.created.epoch_seconds(),
            "LastModifiedDate": pool.modified.epoch_seconds(),
        })
    };
    let page: Vec<Value> = found.iter().map(|(_, pool)| describe(pool)).collect();
    let mut answer = json!({ "UserPools": page });
    paging::continue_after(&mut answer, "NextToken", &found, limit);
    Ok(answer)
}

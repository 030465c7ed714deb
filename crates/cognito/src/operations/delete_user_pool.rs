//! `DeleteUserPool`: removes a user pool with everything in it.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPool.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, UserPools, input};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    pools.storage.delete_pool(&pool).await?;
    pools.keys.forget(&pool.id);
    Ok(json!({}))
}

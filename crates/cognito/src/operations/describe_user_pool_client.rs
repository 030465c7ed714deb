//! `DescribeUserPoolClient`: an app client's settings, its secret included.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPoolClient.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, UserPools, input, wire};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    client_id: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let client = pools.storage.client_of(&pool, &input::required_name(request.client_id, "clientId")?)?;
    Ok(json!({ "UserPoolClient": wire::client(&client) }))
}

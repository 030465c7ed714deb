//! `AdminInitiateAuth`: begins a sign-in on behalf of a user.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html>

use serde::Deserialize;
use serde_json::Value;

use crate::{
    Error, UserPools,
    flows::Attempt,
    input::{self, Parameters},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    auth_flow: Option<String>,
    client_id: Option<String>,
    #[serde(default)]
    auth_parameters: Parameters,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let flow = input::required(request.auth_flow, "authFlow")?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let client = pools.storage.client_of(&pool, &input::required_name(request.client_id, "clientId")?)?;
    let parameters = request.auth_parameters.checked("authParameters")?;
    Attempt { pools, pool, client, parameters, is_admin: true }.initiate(&flow).await
}

//! `InitiateAuth`: begins a sign-in, or renews its tokens.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html>

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
    auth_flow: Option<String>,
    client_id: Option<String>,
    #[serde(default)]
    auth_parameters: Parameters,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let flow = input::required(request.auth_flow, "authFlow")?;
    let client = pools.storage.client(&input::required_name(request.client_id, "clientId")?)?;
    let pool = pools.storage.pool(&client.user_pool_id)?;
    let parameters = request.auth_parameters.checked("authParameters")?;
    Attempt { pools, pool, client, parameters, is_admin: false }.initiate(&flow).await
}

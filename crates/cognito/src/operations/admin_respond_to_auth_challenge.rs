//! `AdminRespondToAuthChallenge`: answers a challenge on behalf of a user.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRespondToAuthChallenge.html>

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
    challenge_name: Option<String>,
    client_id: Option<String>,
    session: Option<String>,
    #[serde(default)]
    challenge_responses: Parameters,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let challenge = input::required(request.challenge_name, "challengeName")?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let client = pools.storage.client_of(&pool, &input::required_name(request.client_id, "clientId")?)?;
    let parameters = request.challenge_responses.checked("challengeResponses")?;
    let attempt = Attempt { pools, pool, client, parameters, is_admin: true };
    attempt.respond(&challenge, request.session.as_deref()).await
}

//! `RespondToAuthChallenge`: answers a challenge of a sign-in.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html>

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
    challenge_name: Option<String>,
    client_id: Option<String>,
    session: Option<String>,
    #[serde(default)]
    challenge_responses: Parameters,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let challenge = input::required(request.challenge_name, "challengeName")?;
    let client = pools.storage.client(&input::required_name(request.client_id, "clientId")?)?;
    let pool = pools.storage.pool(&client.user_pool_id)?;
    let parameters = request.challenge_responses.checked("challengeResponses")?;
    let attempt = Attempt { pools, pool, client, parameters, is_admin: false };
    attempt.respond(&challenge, request.session.as_deref()).await
}

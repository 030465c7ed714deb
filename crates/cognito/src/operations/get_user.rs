//! `GetUser`: the signed-in user's attributes.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUser.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, UserPools, access_token, input, wire};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    access_token: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let access = access_token::authorize(pools, request.access_token).await?;
    let attributes = wire::attributes(&access.user, |name| access.client.settings.can_read(name));
    Ok(json!({ "Username": access.user.username, "UserAttributes": attributes }))
}

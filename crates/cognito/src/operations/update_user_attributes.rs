//! `UpdateUserAttributes`: changes attributes of the signed-in user.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserAttributes.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, UserPools, access_token,
    input::{self, Attribute, Writer},
    user::User,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    access_token: Option<String>,
    user_attributes: Option<Vec<Attribute>>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let access = access_token::authorize(pools, request.access_token).await?;
    let given = input::required(request.user_attributes, "userAttributes")?;
    let given = input::attributes(&access.pool, given, Writer::Client(&access.client))?;
    let now = pools.clock.now();
    let change = |user: &mut User| {
        user.change_attributes(&given, now);
        Ok(())
    };
    pools.storage.update_user(&access.pool, &access.user.username, change).await?;
    // AWS differs: a changed address that the pool verifies is sent a code, and VerifyUserAttribute takes it.
    Ok(json!({ "CodeDeliveryDetailsList": [] }))
}

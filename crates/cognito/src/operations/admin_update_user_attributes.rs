//! `AdminUpdateUserAttributes`: changes attributes of a user.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUpdateUserAttributes.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, UserPools,
    input::{self, Attribute, Writer},
    user::User,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    username: Option<String>,
    user_attributes: Option<Vec<Attribute>>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let username = input::required_name(request.username, "username")?;
    let user = pools.storage.user(&pool, &username)?;
    let given = input::required(request.user_attributes, "userAttributes")?;
    let given = input::attributes(&pool, given, Writer::Administrator)?;
    let now = pools.clock.now();
    let change = |user: &mut User| {
        user.change_attributes(&given, now);
        Ok(())
    };
    pools.storage.update_user(&pool, &user.username, change).await?;
    Ok(json!({}))
}

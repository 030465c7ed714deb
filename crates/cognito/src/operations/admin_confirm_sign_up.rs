//! `AdminConfirmSignUp`: confirms a new user without a code.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminConfirmSignUp.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Denial, Error, UserPools, input,
    user::{User, UserStatus},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    username: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let username = input::required_name(request.username, "username")?;
    let user = pools.storage.user(&pool, &username)?;
    let now = pools.clock.now();
    let confirm = |user: &mut User| {
        if user.status != UserStatus::Unconfirmed {
            return Err(Denial::CannotConfirm(user.status.as_str()).into());
        }
        user.status = UserStatus::Confirmed;
        user.sign_up_code = None;
        user.modified = now;
        Ok(())
    };
    pools.storage.update_user(&pool, &user.username, confirm).await?;
    Ok(json!({}))
}

//! `ConfirmSignUp`: confirms a new user with the code that was sent.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmSignUp.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Denial, Error, UserPools, input,
    user::{User, UserStatus},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    client_id: Option<String>,
    secret_hash: Option<String>,
    username: Option<String>,
    confirmation_code: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let username = input::required_name(request.username, "username")?;
    let code = input::required_name(request.confirmation_code, "confirmationCode")?;
    let client = pools.storage.client(&input::required_name(request.client_id, "clientId")?)?;
    let pool = pools.storage.pool(&client.user_pool_id)?;
    client.check_secret_hash(&username, request.secret_hash.as_deref())?;
    let Some(user) = pools.storage.find_user(&pool, &username)? else {
        let hides = client.settings.hides_unknown_users();
        return Err(if hides { Error::ExpiredCode } else { Error::UserNotFound });
    };
    let now = pools.clock.now();
    // A wrong code is counted, so the change is committed whether the code is right or not.
    let checked = |user: &mut User| Ok(check(user, &code, now));
    pools.storage.update_user(&pool, &user.username, checked).await??;
    Ok(json!({}))
}

fn check(user: &mut User, code: &str, now: clock::Timestamp) -> Result<(), Error> {
    if user.status != UserStatus::Unconfirmed {
        return Err(Denial::CannotConfirm(user.status.as_str()).into());
    }
    let pending = user.sign_up_code.as_mut().ok_or(Error::ExpiredCode)?;
    pending.check(code, now)?;
    let attribute = format!("{}_verified", pending.attribute);
    user.attributes.insert(attribute, "true".to_owned());
    user.sign_up_code = None;
    user.status = UserStatus::Confirmed;
    user.modified = now;
    Ok(())
}

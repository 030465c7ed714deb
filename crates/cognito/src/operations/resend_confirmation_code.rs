//! `ResendConfirmationCode`: a new sign-up code.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ResendConfirmationCode.html>

use serde::Deserialize;
use serde_json::{Value, json};
use store::Transaction;

use crate::{
    Error, UserPools, input,
    operations::sign_up,
    outbox::Delivery,
    user::{User, UserStatus},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    client_id: Option<String>,
    secret_hash: Option<String>,
    username: Option<String>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let username = input::required_name(request.username, "username")?;
    let client = pools.storage.client(&input::required_name(request.client_id, "clientId")?)?;
    let pool = pools.storage.pool(&client.user_pool_id)?;
    client.check_secret_hash(&username, request.secret_hash.as_deref())?;
    let Some(user) = pools.storage.find_user(&pool, &username)? else {
        return simulated(client.settings.hides_unknown_users(), username);
    };
    if user.status != UserStatus::Unconfirmed {
        return Err(Error::InvalidParameter("User is already confirmed.".to_owned()));
    }
    let mut with_code = user.clone();
    let mut transaction = Transaction::new();
    let Some(delivery) = sign_up::send_code(pools, &pool, &mut with_code, &mut transaction)? else {
        let message = "Cannot resend codes. Auto verification not turned on.";
        return Err(Error::InvalidParameter(message.to_owned()));
    };
    let replace = |user: &mut User| {
        user.sign_up_code.clone_from(&with_code.sign_up_code);
        Ok(())
    };
    pools.storage.update_user(&pool, &user.username, replace).await?;
    pools.storage.commit(transaction).await?;
    Ok(json!({ "CodeDeliveryDetails": delivery.to_json() }))
}

/// The answer for a user who does not exist and must not be told apart.
fn simulated(hides: bool, username: String) -> Result<Value, Error> {
    if !hides {
        return Err(Error::UserNotFound);
    }
    let delivery = Delivery { attribute: "email", medium: "EMAIL", destination: format!("{username}@simulated") };
    Ok(json!({ "CodeDeliveryDetails": delivery.to_json() }))
}

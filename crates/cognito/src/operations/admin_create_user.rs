//! `AdminCreateUser`: a new user with a temporary password.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html>

use serde::Deserialize;
use serde_json::{Value, json};
use store::Transaction;

use crate::{
    Error, Message, Purpose, UserPools,
    input::{self, Attribute, Writer},
    outbox::{self, Delivery},
    random,
    user::{Credential, User, UserStatus},
    user_pool::UserPool,
    wire,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    username: Option<String>,
    temporary_password: Option<String>,
    message_action: Option<String>,
    #[serde(default)]
    user_attributes: Vec<Attribute>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let username = input::required_name(request.username, "username")?;
    if request.message_action.as_deref() == Some("RESEND") {
        return Err(Error::Unsupported("MessageAction RESEND".to_owned()));
    }
    let mut user = pools.new_user(&pool, &username, UserStatus::ForceChangePassword)?;
    user.attributes.extend(input::attributes(&pool, request.user_attributes, Writer::Administrator)?);
    let length = pool.settings.policies.password_policy.minimum_length;
    let password = request.temporary_password.unwrap_or_else(|| random::temporary_password(&*pools.clock, length));
    let credential = Credential::conforming(&pool, &user.username, &password, &*pools.clock).await?;
    user.set_temporary_password(credential, &pool, pools.clock.now());
    let mut transaction = Transaction::new();
    if request.message_action.as_deref() != Some("SUPPRESS") {
        invite(pools, &pool, &user, password, &mut transaction)?;
    }
    pools.storage.create_user(&pool, &user, transaction).await?;
    Ok(json!({ "User": wire::user(&user) }))
}

fn invite(
    pools: &UserPools,
    pool: &UserPool,
    user: &User,
    password: String,
    transaction: &mut Transaction,
) -> Result<(), Error> {
    let Some(delivery) = Delivery::to_any(user) else { return Ok(()) };
    let message = Message {
        user_pool_id: pool.id.clone(),
        username: user.username.clone(),
        medium: delivery.medium.to_owned(),
        destination: delivery.destination,
        purpose: Purpose::Invitation,
        code: password,
        sent: pools.clock.now(),
    };
    outbox::send(&pools.storage, transaction, &message, &*pools.clock)
}

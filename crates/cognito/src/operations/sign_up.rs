//! `SignUp`: a new user with a password, who must still be confirmed.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignUp.html>

use serde::Deserialize;
use serde_json::{Value, json};
use store::Transaction;

use crate::{
    Denial, Error, Message, Purpose, UserPools,
    input::{self, Attribute, Writer},
    outbox::{self, Delivery},
    random,
    user::{Credential, PendingCode, User, UserStatus},
    user_pool::UserPool,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    client_id: Option<String>,
    secret_hash: Option<String>,
    username: Option<String>,
    password: Option<String>,
    #[serde(default)]
    user_attributes: Vec<Attribute>,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let username = input::required_name(request.username, "username")?;
    let password = input::required(request.password, "password")?;
    let client = pools.storage.client(&input::required_name(request.client_id, "clientId")?)?;
    let pool = pools.storage.pool(&client.user_pool_id)?;
    client.check_secret_hash(&username, request.secret_hash.as_deref())?;
    if pool.settings.admin_create_user_config.allow_admin_create_user_only {
        return Err(Denial::SignUpNotPermitted.into());
    }
    let mut user = pools.new_user(&pool, &username, UserStatus::Unconfirmed)?;
    user.attributes.extend(input::attributes(&pool, request.user_attributes, Writer::Client(&client))?);
    input::required_attributes(&pool, &user.attributes)?;
    user.credential = Some(Credential::conforming(&pool, &user.username, &password, &*pools.clock).await?);
    let mut transaction = Transaction::new();
    let delivery = send_code(pools, &pool, &mut user, &mut transaction)?;
    pools.storage.create_user(&pool, &user, transaction).await?;
    let mut answer = json!({ "UserConfirmed": false, "UserSub": user.sub });
    if let Some(delivery) = delivery {
        answer["CodeDeliveryDetails"] = delivery.to_json();
    }
    Ok(answer)
}

/// How long a sign-up code can be used.
const CODE_SECONDS: i64 = 24 * 60 * 60;

/// Gives the user a code and puts it into the outbox, if the pool verifies an attribute that the user has.
pub(super) fn send_code(
    pools: &UserPools,
    pool: &UserPool,
    user: &mut User,
    transaction: &mut Transaction,
) -> Result<Option<Delivery>, Error> {
    let Some(delivery) = Delivery::to_verify(pool, user) else { return Ok(None) };
    let (code, now) = (random::confirmation_code(&*pools.clock), pools.clock.now());
    user.sign_up_code = Some(PendingCode::new(&code, delivery.attribute, now.plus_seconds(CODE_SECONDS)));
    let message = Message {
        user_pool_id: pool.id.clone(),
        username: user.username.clone(),
        medium: delivery.medium.to_owned(),
        destination: delivery.destination.clone(),
        purpose: Purpose::SignUp,
        code,
        sent: now,
    };
    outbox::send(&pools.storage, transaction, &message, &*pools.clock)?;
    Ok(Some(delivery))
}

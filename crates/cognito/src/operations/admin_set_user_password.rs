//! `AdminSetUserPassword`: sets a user's password, for good or until the next sign-in.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserPassword.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, UserPools, input,
    user::{Credential, User},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    username: Option<String>,
    password: Option<String>,
    #[serde(default)]
    permanent: bool,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    let username = input::required_name(request.username, "username")?;
    let user = pools.storage.user(&pool, &username)?;
    let password = input::required(request.password, "password")?;
    let credential = Credential::conforming(&pool, &user.username, &password, &*pools.clock).await?;
    let now = pools.clock.now();
    let replace = |user: &mut User| {
        if request.permanent {
            user.set_password(credential.clone(), now);
        } else {
            user.set_temporary_password(credential.clone(), &pool, now);
        }
        Ok(())
    };
    pools.storage.update_user(&pool, &user.username, replace).await?;
    pools.lockout.succeeded(&pool.id, &user.username);
    Ok(json!({}))
}

//! NEW_PASSWORD_REQUIRED: who signs in with a temporary password must choose another.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clock::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Denial, Error,
    flows::Attempt,
    input::{self, Attribute, Writer},
    sealed::{self, Use},
    sign_in,
    user::{Credential, User, UserStatus},
};

/// What the session string holds, sealed: who proved the temporary password, and until when that counts.
#[derive(Serialize, Deserialize)]
struct Session {
    id: String,
    client: String,
    username: String,
    sub: String,
    expires: Timestamp,
}

/// The challenge for a user who knew the temporary password.
pub(super) fn challenge(attempt: &Attempt<'_>, user: &User) -> Result<Value, Error> {
    let clock = &*attempt.pools.clock;
    let session = Session {
        id: clock.uuid(),
        client: attempt.client.id.clone(),
        username: user.username.clone(),
        sub: user.sub.clone(),
        expires: clock.now().plus_seconds(attempt.client.session_seconds()),
    };
    let session = sealed::seal(&attempt.pool.secret, Use::Session, &session, clock)?;
    let schema = attempt.pool.settings.schema.iter();
    let missing = schema.filter(|attribute| attribute.required && !user.attributes.contains_key(&attribute.name));
    let missing: Vec<String> = missing.map(|attribute| format!("userAttributes.{}", attribute.name)).collect();
    Ok(json!({
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": URL_SAFE_NO_PAD.encode(session),
        "ChallengeParameters": {
            "USER_ID_FOR_SRP": user.username,
            "requiredAttributes": json!(missing).to_string(),
            "userAttributes": json!(user.attributes).to_string(),
        },
    }))
}

/// Sets the password `NEW_PASSWORD` and the `userAttributes.` and signs the user in.
pub(super) async fn accept(attempt: &Attempt<'_>, session: Option<&str>) -> Result<Value, Error> {
    let (pools, pool) = (attempt.pools, &attempt.pool);
    let username = attempt.parameters.username()?;
    attempt.client.check_secret_hash(username, attempt.parameters.get("SECRET_HASH"))?;
    let new_password = attempt.parameters.required("NEW_PASSWORD")?;
    let session = open(attempt, session)?;
    let user = pools.storage.user(pool, &session.username)?;
    if user.sub != session.sub || pools.storage.user(pool, username)?.sub != user.sub {
        return Err(Denial::InvalidSession.into());
    }
    user.check_may_sign_in(pools.clock.now())?;
    let given = attempt.parameters.with_prefix("userAttributes.");
    let given = given.map(|(name, value)| Attribute { name: name.to_owned(), value: value.to_owned() }).collect();
    let given = input::attributes(pool, given, Writer::Client(&attempt.client))?;
    let credential = Credential::conforming(pool, &user.username, new_password, &*pools.clock).await?;
    if !pools.used.spend(&session.id, session.expires, pools.clock.now())? {
        return Err(Denial::InvalidSession.into());
    }
    let replace = |user: &mut User| {
        if user.status != UserStatus::ForceChangePassword || user.sub != session.sub {
            return Err(Denial::InvalidSession.into());
        }
        user.attributes.extend(given.clone());
        input::required_attributes(pool, &user.attributes)?;
        user.set_password(credential.clone(), pools.clock.now());
        Ok(user.clone())
    };
    let user = pools.storage.update_user(pool, &user.username, replace).await?;
    sign_in::begin(pools, pool, &attempt.client, &user).await
}

fn open(attempt: &Attempt<'_>, session: Option<&str>) -> Result<Session, Error> {
    let session = session.ok_or_else(|| Error::missing_parameter("Session"))?;
    let sealed = if session.len() <= 2048 { URL_SAFE_NO_PAD.decode(session).ok() } else { None };
    let session = sealed.and_then(|sealed| sealed::open::<Session>(&attempt.pool.secret, Use::Session, &sealed));
    let session = session.filter(|session| session.client == attempt.client.id).ok_or(Denial::InvalidSession)?;
    if attempt.pools.clock.now() >= session.expires {
        return Err(Denial::SessionExpired.into());
    }
    Ok(session)
}

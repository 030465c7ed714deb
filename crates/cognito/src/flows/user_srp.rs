//! USER_SRP_AUTH: the server proves nothing and keeps nothing, the client proves that it knows the password.
//!
//! What the server must remember between the two calls travels in the secret block, sealed under the pool's key.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::NaiveDateTime;
use clock::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Denial, Error,
    flows::Attempt,
    password::{credential_of, off_thread},
    random,
    sealed::{self, Use},
    secret::Secret,
    srp::{self, Claim, ClientPublic},
};

/// How far the client's clock may be off.
const TIMESTAMP_TOLERANCE_SECONDS: i64 = 5 * 60;

/// The state of one exchange.
#[derive(Serialize, Deserialize)]
struct SecretBlock {
    id: String,
    client: String,
    /// `USER_ID_FOR_SRP`, of a user who may not exist.
    username: String,
    client_public: Secret,
    scrambler: Secret,
    secret: Secret,
    expires: Timestamp,
}

/// The PASSWORD_VERIFIER challenge for `USERNAME` and `SRP_A`.
pub(super) async fn challenge(attempt: &Attempt<'_>) -> Result<Value, Error> {
    let (pool, clock) = (&attempt.pool, &*attempt.pools.clock);
    let public = attempt.parameters.required("SRP_A")?;
    let user = attempt.named_user()?;
    let public = ClientPublic::parse(public).ok_or_else(|| Error::InvalidParameter("Invalid SRP_A".to_owned()))?;
    let username = match &user {
        Some(user) => user.username.clone(),
        None => name_of_unknown(attempt, attempt.parameters.username()?),
    };
    let credential = credential_of(pool, &username, user.as_ref());
    let secret: [u8; 32] = random::bytes(clock);
    let (a, verifier) = (public.clone(), credential.verifier.clone());
    let server = off_thread(move || srp::server_public(&a, verifier.expose(), &secret)).await?;
    let block = SecretBlock {
        id: clock.uuid(),
        client: attempt.client.id.clone(),
        username: username.clone(),
        client_public: Secret::new(public.to_bytes()),
        scrambler: Secret::new(server.scrambler),
        secret: Secret::new(secret),
        expires: clock.now().plus_seconds(attempt.client.session_seconds()),
    };
    let block = STANDARD.encode(sealed::seal(&pool.secret, Use::SecretBlock, &block, clock)?);
    let salt: String = credential.salt.expose().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(json!({
        "ChallengeName": "PASSWORD_VERIFIER",
        "ChallengeParameters": {
            "SALT": salt,
            "SECRET_BLOCK": block,
            "SRP_B": server.hex,
            "USERNAME": username,
            "USER_ID_FOR_SRP": username,
        },
    }))
}

/// The user name that an unknown name would have: a UUID where users sign in with an attribute.
fn name_of_unknown(attempt: &Attempt<'_>, name: &str) -> String {
    let name = attempt.pool.normalize(name);
    if attempt.pool.settings.username_attributes.is_empty() {
        return name;
    }
    let bytes = sealed::derive(&attempt.pool.secret, &[b"unknown user", name.as_bytes()]);
    let mut hex: String = bytes[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    // The fixed bits of a version 4 UUID (RFC 9562).
    hex.replace_range(12..13, "4");
    hex.replace_range(16..17, ["8", "9", "a", "b"][usize::from(bytes[16] % 4)]);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Checks the answer to PASSWORD_VERIFIER and signs the user in.
pub(super) async fn verify(attempt: &Attempt<'_>) -> Result<Value, Error> {
    let (pools, pool) = (attempt.pools, &attempt.pool);
    let username = attempt.parameters.username()?;
    attempt.client.check_secret_hash(username, attempt.parameters.get("SECRET_HASH"))?;
    let signature = attempt.parameters.required("PASSWORD_CLAIM_SIGNATURE")?;
    let sealed_block = attempt.parameters.required("PASSWORD_CLAIM_SECRET_BLOCK")?;
    let timestamp = attempt.parameters.required("TIMESTAMP")?;
    let signed = parse_timestamp(timestamp)?;
    let now = pools.clock.now();
    let (bytes, block) = open(attempt, sealed_block, username)?;
    if now >= block.expires {
        return Err(Denial::SessionExpired.into());
    }
    pools.lockout.check(&pool.id, &block.username, now)?;
    let user = pools.storage.find_user(pool, &block.username)?;
    let credential = credential_of(pool, &block.username, user.as_ref());
    let claim = Claim { pool_name: pool.srp_name(), user: &block.username, secret_block: &bytes, timestamp };
    let key = session_key(&block, credential.verifier).await?;
    let signature = STANDARD.decode(signature).unwrap_or_default();
    let is_right = key.is_some_and(|key| claim.verify(&key, &signature));
    let Some(user) = user.filter(|_| is_right) else { return Err(attempt.refuse(&block.username, now)) };
    check_tolerance(signed, now)?;
    if !pools.used.spend(&block.id, block.expires, now)? {
        return Err(Denial::InvalidSession.into());
    }
    attempt.complete(&user).await
}

/// The block's bytes and meaning, if it was sealed for this client and user.
fn open(attempt: &Attempt<'_>, text: &str, username: &str) -> Result<(Vec<u8>, SecretBlock), Error> {
    let invalid = || Error::from(Denial::IncorrectUsernameOrPassword);
    let bytes = STANDARD.decode(text).map_err(|_| invalid())?;
    let block: SecretBlock = sealed::open(&attempt.pool.secret, Use::SecretBlock, &bytes).ok_or_else(invalid)?;
    if block.client != attempt.client.id || block.username != attempt.pool.normalize(username) {
        return Err(invalid());
    }
    Ok((bytes, block))
}

async fn session_key(block: &SecretBlock, verifier: Secret) -> Result<Option<[u8; 16]>, Error> {
    let corrupt = || Error::Corrupt("secret block");
    let public = ClientPublic::from_bytes(block.client_public.expose()).ok_or_else(corrupt)?;
    let scrambler: [u8; 32] = block.scrambler.expose().try_into().map_err(|_| corrupt())?;
    let secret: [u8; 32] = block.secret.expose().try_into().map_err(|_| corrupt())?;
    off_thread(move || srp::session_key(&public, &scrambler, verifier.expose(), &secret)).await
}

/// `Tue Nov 4 01:02:03 UTC 2026`, the day without a leading zero.
fn parse_timestamp(text: &str) -> Result<Timestamp, Error> {
    let parsed = NaiveDateTime::parse_from_str(text, "%a %b %d %H:%M:%S UTC %Y");
    let parsed = parsed.map_err(|_| {
        let message = "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.";
        Error::InvalidParameter(message.to_owned())
    })?;
    Ok(Timestamp(parsed.and_utc().timestamp_millis()))
}

fn check_tolerance(signed: Timestamp, now: Timestamp) -> Result<(), Error> {
    let skew_seconds = (signed.0 - now.0) / 1000;
    if skew_seconds.abs() <= TIMESTAMP_TOLERANCE_SECONDS {
        return Ok(());
    }
    tracing::warn!(skew_seconds, "a sign-in was refused because the client's clock is off");
    Err(Denial::IncorrectUsernameOrPassword.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_timestamps_as_clients_write_them() {
        let expected = Timestamp(1_793_754_123_000);
        assert_eq!(parse_timestamp("Wed Nov 4 01:02:03 UTC 2026").expect("a timestamp"), expected);
        let wrong = ["", "Tue Nov 4 01:02:03 UTC 2026", "2026-11-04T01:02:03Z", "Wed Nov 4 25:02:03 UTC 2026"];
        for text in wrong {
            assert!(parse_timestamp(text).is_err(), "{text}");
        }
    }
}

//! Temporary credentials: issuing them, and finding out from a session token whose they are.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    identity_pools::{Identity, IdentityPool, IdentityPools},
    random,
    sealed::{self, Use},
};

/// How long credentials are good for.
const LIFE_SECONDS: i64 = 60 * 60;
/// Longest session token that is looked at.
const MAX_TOKEN_BYTES: usize = 4096;

/// What `GetCredentialsForIdentity` gives out.
pub(super) struct Issued {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: String,
    pub(super) expires: Timestamp,
}

/// What a session token holds, sealed.
#[derive(Serialize, Deserialize)]
struct SessionToken {
    access_key: String,
    identity: String,
    role: String,
    provider: String,
    expires: Timestamp,
}

/// Whose a set of valid temporary credentials is, and the key that its signatures are made with.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityCredentials {
    /// Signs requests (Signature Version 4). Never log it.
    pub secret_access_key: String,
    /// The role that the caller acts as.
    pub role_arn: String,
    /// `<region>:<uuid>`.
    pub identity_pool_id: String,
    /// `<region>:<uuid>`.
    pub identity_id: String,
    /// `"provider","provider:CognitoSignIn:sub"`; empty for guests.
    pub provider: String,
    /// When the credentials stop working.
    pub expires: Timestamp,
}

impl IdentityCredentials {
    /// Whether a user signed in, as opposed to a guest.
    pub fn is_authenticated(&self) -> bool {
        !self.provider.is_empty()
    }
}

pub(super) fn issue(
    pools: &IdentityPools,
    pool: &IdentityPool,
    identity_id: &str,
    identity: &Identity,
    role: String,
) -> Result<Issued, Error> {
    let clock = &*pools.users.clock;
    let access_key_id = random::access_key_id(clock);
    let expires = clock.now().plus_seconds(LIFE_SECONDS);
    let provider = identity.login.as_ref();
    let provider = provider.map(|(name, sub)| format!("\"{name}\",\"{name}:CognitoSignIn:{sub}\""));
    let token = SessionToken {
        access_key: access_key_id.clone(),
        identity: identity_id.to_owned(),
        role,
        provider: provider.unwrap_or_default(),
        expires,
    };
    let sealed = URL_SAFE_NO_PAD.encode(sealed::seal(&pool.secret, Use::SessionToken, &token, clock)?);
    let secret_access_key = secret_of(pool, &access_key_id);
    // The pool's id comes first and in the clear, because its key opens the rest.
    let session_token = format!("{}.{sealed}", URL_SAFE_NO_PAD.encode(&pool.id));
    Ok(Issued { access_key_id, secret_access_key, session_token, expires })
}

fn secret_of(pool: &IdentityPool, access_key_id: &str) -> String {
    URL_SAFE_NO_PAD.encode(&sealed::derive(&pool.secret, &[b"secret access key", access_key_id.as_bytes()])[..30])
}

impl IdentityPools {
    /// Whose credentials `access_key_id` and `session_token` (`x-amz-security-token`) are; `None` if they were not
    /// given out here or have expired. The caller still has to verify the request's signature.
    ///
    /// # Errors
    /// When the store fails.
    pub fn credentials(&self, access_key_id: &str, session_token: &str) -> Result<Option<IdentityCredentials>, Error> {
        let Some((pool_id, sealed)) = parts(session_token) else { return Ok(None) };
        let pool = match self.pool(&pool_id) {
            Ok(pool) => pool,
            Err(Error::ResourceNotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let token: Option<SessionToken> = sealed::open(&pool.secret, Use::SessionToken, &sealed);
        let now = self.users.clock.now();
        let token = token.filter(|token| token.access_key == access_key_id && now < token.expires);
        Ok(token.map(|token| IdentityCredentials {
            secret_access_key: secret_of(&pool, access_key_id),
            role_arn: token.role,
            identity_pool_id: pool_id,
            identity_id: token.identity,
            provider: token.provider,
            expires: token.expires,
        }))
    }
}

fn parts(session_token: &str) -> Option<(String, Vec<u8>)> {
    if session_token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let (pool_id, sealed) = session_token.split_once('.')?;
    let pool_id = String::from_utf8(URL_SAFE_NO_PAD.decode(pool_id).ok()?).ok()?;
    Some((pool_id, URL_SAFE_NO_PAD.decode(sealed).ok()?))
}

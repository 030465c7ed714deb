//! A user: attributes, status, groups and the SRP verifier that stands for the password.

use std::collections::{BTreeMap, BTreeSet};

use clock::{Clock, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Denial, Error, password, random, secret::Secret, srp, user_pool::UserPool};

/// Where a user is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum UserStatus {
    Unconfirmed,
    Confirmed,
    ForceChangePassword,
}

impl UserStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Confirmed => "CONFIRMED",
            Self::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
        }
    }
}

/// What is kept of a password: salt and `v = g^x mod N`.
///
/// SRP needs `v` itself, so a slow hash beside it would protect nothing: who steals the record guesses against `v`,
/// at one modular exponentiation a guess.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Credential {
    pub(crate) salt: Secret,
    pub(crate) verifier: Secret,
}

/// A code that was sent and waits to come back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PendingCode {
    code: Secret,
    expires: Timestamp,
    failures: u32,
    /// The attribute that it proves, `email` or `phone_number`.
    pub(crate) attribute: String,
}

/// Wrong codes after which a code is worth nothing more.
const MAX_CODE_FAILURES: u32 = 5;

impl PendingCode {
    pub(crate) fn new(code: &str, attribute: &str, expires: Timestamp) -> Self {
        Self { code: Secret::new(code), expires, failures: 0, attribute: attribute.to_owned() }
    }

    /// Whether `given` is the code. A wrong one is counted, which the caller must make durable.
    pub(crate) fn check(&mut self, given: &str, now: Timestamp) -> Result<(), Error> {
        if now >= self.expires {
            return Err(Error::ExpiredCode);
        }
        if self.failures >= MAX_CODE_FAILURES {
            return Err(Error::LimitExceeded);
        }
        if self.code == Secret::new(given) {
            return Ok(());
        }
        self.failures += 1;
        Err(Error::CodeMismatch)
    }
}

/// A stored user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    /// As [`UserPool::normalize`] gives it; also `USER_ID_FOR_SRP`.
    pub(crate) username: String,
    /// A UUID that is never given to another user.
    pub(crate) sub: String,
    pub(crate) status: UserStatus,
    pub(crate) enabled: bool,
    /// Without `sub`.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) credential: Option<Credential>,
    /// When a temporary password stops working.
    pub(crate) temporary_password_expires: Option<Timestamp>,
    pub(crate) groups: BTreeSet<String>,
    /// Raised to revoke every token of the user at once.
    pub(crate) generation: u64,
    pub(crate) sign_up_code: Option<PendingCode>,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
}

impl User {
    /// A user without password, groups or attributes.
    pub(crate) fn new(username: String, sub: String, status: UserStatus, now: Timestamp) -> Self {
        Self {
            username,
            sub,
            status,
            enabled: true,
            attributes: BTreeMap::new(),
            credential: None,
            temporary_password_expires: None,
            groups: BTreeSet::new(),
            generation: 0,
            sign_up_code: None,
            created: now,
            modified: now,
        }
    }

    pub(crate) fn is_verified(&self, attribute: &str) -> bool {
        self.attributes.get(&format!("{attribute}_verified")).is_some_and(|value| value == "true")
    }

    /// Sets attributes; an empty value removes one, and an address that changes is no longer verified.
    pub(crate) fn change_attributes(&mut self, given: &BTreeMap<String, String>, now: Timestamp) {
        for (name, value) in given {
            let verified = format!("{name}_verified");
            if self.attributes.get(name) != Some(value) && !given.contains_key(&verified) {
                self.attributes.remove(&verified);
            }
            if value.is_empty() {
                self.attributes.remove(name);
            } else {
                self.attributes.insert(name.clone(), value.clone());
            }
        }
        self.modified = now;
    }

    /// Sets a password that conforms to the pool's policy, for good.
    pub(crate) fn set_password(&mut self, credential: Credential, now: Timestamp) {
        self.credential = Some(credential);
        self.temporary_password_expires = None;
        self.status = UserStatus::Confirmed;
        self.modified = now;
    }

    /// Sets a password that must be replaced at the first sign-in.
    pub(crate) fn set_temporary_password(&mut self, credential: Credential, pool: &UserPool, now: Timestamp) {
        let days = i64::from(pool.settings.policies.password_policy.temporary_password_validity_days);
        self.credential = Some(credential);
        self.temporary_password_expires = Some(now.plus_seconds(days * 24 * 60 * 60));
        self.status = UserStatus::ForceChangePassword;
        self.modified = now;
    }

    /// Who knows the password may sign in, or the reason why not.
    pub(crate) fn check_may_sign_in(&self, now: Timestamp) -> Result<(), Error> {
        if !self.enabled {
            return Err(Denial::UserDisabled.into());
        }
        if self.status == UserStatus::Unconfirmed {
            return Err(Error::UserNotConfirmed);
        }
        match self.temporary_password_expires {
            Some(expires) if now >= expires => Err(Denial::TemporaryPasswordExpired.into()),
            _ => Ok(()),
        }
    }
}

impl Credential {
    /// The credential of a password that conforms to the pool's policy.
    pub(crate) async fn conforming(
        pool: &UserPool,
        username: &str,
        password: &str,
        clock: &dyn Clock,
    ) -> Result<Self, Error> {
        password::check_policy(password, &pool.settings.policies.password_policy)?;
        let salt: [u8; 16] = random::bytes(clock);
        let verifier = password::verifier(pool, username, password, &salt).await?;
        debug_assert_eq!(verifier.len(), srp::GROUP_BYTES);
        Ok(Self { salt: Secret::new(salt), verifier: Secret::new(verifier) })
    }
}

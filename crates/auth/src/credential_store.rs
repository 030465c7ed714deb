//! Access keys: whose they are, what their secret is, and until when.

use std::collections::HashMap;

use aws_protocol::sigv4;
use parking_lot::RwLock;

use crate::{Policy, identity::CognitoIdentity};

/// Whom an access key belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// Twelve digits.
    pub account: String,
    /// For example `arn:aws:iam::000000000000:user/demo`.
    pub arn: String,
    /// `AIDA...` of a user, `AROA...:session` of a role.
    pub id: String,
    /// What it may do.
    pub policy: Policy,
    /// The identity pool that issued the key, if one did.
    pub cognito: Option<CognitoIdentity>,
}

/// An access key.
#[derive(Clone)]
pub struct Credential {
    /// 40 characters that never travel.
    pub secret_access_key: String,
    /// Must come with every request that a temporary key signs.
    pub session_token: Option<String>,
    /// Epoch seconds; `None` for keys that do not expire.
    pub expires: Option<i64>,
    /// Whose it is.
    pub principal: Principal,
}

/// Every access key of one stepwell.
#[derive(Default)]
pub struct CredentialStore {
    keys: RwLock<HashMap<String, Credential>>,
}

impl CredentialStore {
    /// Adds or replaces an access key.
    pub fn insert(&self, access_key_id: impl Into<String>, credential: Credential) {
        self.keys.write().insert(access_key_id.into(), credential);
    }

    /// The secret of an access key, if the session token that came along is its own.
    ///
    /// # Errors
    /// [`sigv4::Error::UnrecognizedClient`] and [`sigv4::Error::ExpiredToken`].
    pub fn secret(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
        now_seconds: i64,
    ) -> Result<String, sigv4::Error> {
        let keys = self.keys.read();
        let credential = keys.get(access_key_id).ok_or(sigv4::Error::UnrecognizedClient)?;
        match (&credential.session_token, session_token) {
            (None, None) => {}
            (Some(own), Some(given)) if same(own.as_bytes(), given.as_bytes()) => {}
            _ => return Err(sigv4::Error::UnrecognizedClient),
        }
        if credential.expires.is_some_and(|expires| now_seconds >= expires) {
            return Err(sigv4::Error::ExpiredToken);
        }
        Ok(credential.secret_access_key.clone())
    }

    /// Whom an access key belongs to.
    pub fn principal(&self, access_key_id: &str) -> Option<Principal> {
        self.keys.read().get(access_key_id).map(|credential| credential.principal.clone())
    }
}

/// Comparison that takes the same time wherever the texts part.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(session_token: Option<&str>, expires: Option<i64>) -> CredentialStore {
        let principal = Principal {
            account: "000000000000".into(),
            arn: "arn:aws:iam::000000000000:user/u".into(),
            id: "AIDAU".into(),
            policy: Policy::allow_all(),
            cognito: None,
        };
        let store = CredentialStore::default();
        let credential = Credential {
            secret_access_key: "s".into(),
            session_token: session_token.map(Into::into),
            expires,
            principal,
        };
        store.insert("AKIA", credential);
        store
    }

    #[test]
    fn a_session_token_belongs_to_its_key() {
        use sigv4::Error::{ExpiredToken, UnrecognizedClient};
        assert_eq!(store(None, None).secret("AKIA", None, 0), Ok("s".into()));
        assert_eq!(store(None, None).secret("AKIB", None, 0), Err(UnrecognizedClient));
        assert_eq!(store(None, None).secret("AKIA", Some("t"), 0), Err(UnrecognizedClient));
        assert_eq!(store(Some("t"), None).secret("AKIA", None, 0), Err(UnrecognizedClient));
        assert_eq!(store(Some("t"), Some(5)).secret("AKIA", Some("t"), 4), Ok("s".into()));
        assert_eq!(store(Some("t"), Some(5)).secret("AKIA", Some("t"), 5), Err(ExpiredToken));
    }
}

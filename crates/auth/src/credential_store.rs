//! Access keys: whose they are, what their secret is, and until when.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

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

/// Finds keys that are not kept because they describe themselves: those that identity pools give out.
pub trait TemporaryKeys: Send + Sync + 'static {
    /// The key that this session token belongs to; `None` where it is not one of ours.
    fn find(&self, access_key_id: &str, session_token: &str) -> Option<Credential>;
}

/// Every access key of one stepwell.
#[derive(Default)]
pub struct CredentialStore {
    keys: RwLock<HashMap<String, Credential>>,
    temporary: OnceLock<Arc<dyn TemporaryKeys>>,
}

impl CredentialStore {
    /// Adds or replaces an access key.
    pub fn insert(&self, access_key_id: impl Into<String>, credential: Credential) {
        self.keys.write().insert(access_key_id.into(), credential);
    }

    /// Finds keys that are not in the store with `temporary`, from now on. Only the first call counts.
    pub fn add_temporary(&self, temporary: Arc<dyn TemporaryKeys>) {
        // A second one would be a second set of identity pools, which a stepwell has not.
        let _ = self.temporary.set(temporary);
    }

    /// An access key, if the session token that came along is its own.
    ///
    /// # Errors
    /// [`sigv4::Error::UnrecognizedClient`] and [`sigv4::Error::ExpiredToken`].
    pub fn find(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
        now_seconds: i64,
    ) -> Result<Credential, sigv4::Error> {
        let kept = self.keys.read().get(access_key_id).cloned();
        let found = kept.or_else(|| self.temporary.get()?.find(access_key_id, session_token?));
        let credential = found.ok_or(sigv4::Error::UnrecognizedClient)?;
        match (&credential.session_token, session_token) {
            (None, None) => {}
            (Some(own), Some(given)) if same(own.as_bytes(), given.as_bytes()) => {}
            _ => return Err(sigv4::Error::UnrecognizedClient),
        }
        if credential.expires.is_some_and(|expires| now_seconds >= expires) {
            return Err(sigv4::Error::ExpiredToken);
        }
        Ok(credential)
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
        let secret = |store: CredentialStore, key: &str, token: Option<&str>, now: i64| {
            store.find(key, token, now).map(|found| found.secret_access_key)
        };
        assert_eq!(secret(store(None, None), "AKIA", None, 0), Ok("s".into()));
        assert_eq!(secret(store(None, None), "AKIB", None, 0), Err(UnrecognizedClient));
        assert_eq!(secret(store(None, None), "AKIA", Some("t"), 0), Err(UnrecognizedClient));
        assert_eq!(secret(store(Some("t"), None), "AKIA", None, 0), Err(UnrecognizedClient));
        assert_eq!(secret(store(Some("t"), Some(5)), "AKIA", Some("t"), 4), Ok("s".into()));
        assert_eq!(secret(store(Some("t"), Some(5)), "AKIA", Some("t"), 5), Err(ExpiredToken));
    }

    #[test]
    fn temporary_keys_are_asked_for_what_is_not_kept() {
        struct Pool(Credential);
        impl TemporaryKeys for Pool {
            fn find(&self, access_key_id: &str, session_token: &str) -> Option<Credential> {
                (access_key_id == "ASIA" && session_token == "t").then(|| self.0.clone())
            }
        }
        let temporary = store(Some("t"), Some(5)).find("AKIA", Some("t"), 0).expect("kept");
        let store = store(None, None);
        store.add_temporary(Arc::new(Pool(temporary)));
        assert!(store.find("ASIA", Some("t"), 4).is_ok());
        assert!(store.find("AKIA", None, 4).is_ok());
        for (key, token, now) in
            [("ASIA", None, 4), ("ASIA", Some("u"), 4), ("ASIB", Some("t"), 4), ("ASIA", Some("t"), 5)]
        {
            assert!(store.find(key, token, now).is_err(), "{key} {token:?} {now}");
        }
    }
}

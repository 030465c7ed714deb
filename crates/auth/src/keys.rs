//! Keys of token issuers: where they come from, and a cache that follows their rotation.

use std::{collections::HashMap, sync::Arc};

use aws_protocol::BoxFuture;
use clock::{Clock, Timestamp};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use parking_lot::Mutex;
use serde_json::Value;

use crate::Error;

/// Gives the key set (RFC 7517) of an issuer.
pub trait KeySource: Send + Sync + 'static {
    /// The key set as JSON.
    ///
    /// # Errors
    /// A text for the log.
    fn key_set<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, Result<Value, String>>;
}

/// Reads a document over HTTP; the process edge implements it.
pub trait Fetch: Send + Sync + 'static {
    /// The body of a 200 answer, bounded in size and time.
    ///
    /// # Errors
    /// A text for the log.
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, String>>;
}

/// OpenID Connect Discovery 1.0: `<issuer>/.well-known/openid-configuration` names the `jwks_uri`.
pub struct Discovery {
    fetch: Arc<dyn Fetch>,
}

impl Discovery {
    /// Discovery with this way to read documents.
    pub fn new(fetch: Arc<dyn Fetch>) -> Self {
        Self { fetch }
    }

    async fn json(&self, url: &str) -> Result<Value, String> {
        let bytes = self.fetch.get(url).await?;
        serde_json::from_slice(&bytes).map_err(|error| format!("{url}: {error}"))
    }
}

impl KeySource for Discovery {
    fn key_set<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, Result<Value, String>> {
        Box::pin(async move {
            let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
            let configuration = self.json(&url).await?;
            match configuration["jwks_uri"].as_str() {
                Some(jwks_uri) => self.json(jwks_uri).await,
                None => Err(format!("{url} has no jwks_uri")),
            }
        })
    }
}

/// How long a key set is used without asking again, milliseconds.
const FRESH_MILLIS: i64 = 60 * 60 * 1000;
/// How long a key set is used while newer ones cannot be read, milliseconds.
const STALE_MILLIS: i64 = 24 * FRESH_MILLIS;
/// How soon a key set is asked for again because of an unknown key, milliseconds: forged key ids must not make a
/// stream of requests.
const PATIENCE_MILLIS: i64 = 5_000;

/// Key sets of issuers, read once and again when they grow old or a token names a key that is not among them. Clones
/// share what was read.
#[derive(Clone)]
pub struct KeyCache {
    source: Arc<dyn KeySource>,
    clock: Arc<dyn Clock>,
    issuers: Arc<Mutex<HashMap<String, Arc<Issuer>>>>,
}

#[derive(Default)]
struct Issuer {
    keys: Mutex<Option<Keys>>,
    /// Held while keys are read, so that many tokens make one request.
    reading: tokio::sync::Mutex<()>,
}

/// What is known of an issuer's keys. A failed reading takes nothing away from an earlier one.
#[derive(Clone)]
struct Keys {
    /// The last reading, whether it succeeded or not.
    tried_at: Timestamp,
    /// The last keys that were read, and when.
    set: Option<(Arc<JwkSet>, Timestamp)>,
    /// Why the last reading failed.
    failure: Option<String>,
}

impl Keys {
    fn find(&self, kid: Option<&str>, now: Timestamp) -> Option<Jwk> {
        let (set, read_at) = self.set.as_ref()?;
        find(set, kid).filter(|_| now.0 - read_at.0 < STALE_MILLIS)
    }

    /// Whether there is no reason to ask again for keys that are known.
    fn are_fresh(&self, now: Timestamp) -> bool {
        now.0 - self.tried_at.0 < if self.failure.is_some() { PATIENCE_MILLIS } else { FRESH_MILLIS }
    }
}

impl KeyCache {
    /// A cache in front of `source`. Issuers are those that APIs are configured with, so their number is bounded.
    pub fn new(source: Arc<dyn KeySource>, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, issuers: Arc::default() }
    }

    /// The key of `issuer` that a token's `kid` names; without one, the only key there is.
    pub(crate) async fn key(&self, issuer: &str, kid: Option<&str>) -> Result<Jwk, Error> {
        let entry = self.issuers.lock().entry(issuer.to_owned()).or_default().clone();
        if let Some(key) = self.cached(&entry, kid) {
            return Ok(key);
        }
        let _one_at_a_time = entry.reading.lock().await;
        // Somebody may have read them while we waited.
        if let Some(key) = self.cached(&entry, kid) {
            return Ok(key);
        }
        if self.may_read(&entry) {
            let reading = self.read(issuer).await;
            let mut keys = entry.keys.lock();
            let earlier = keys.take().and_then(|keys| keys.set);
            let tried_at = self.clock.now();
            let (set, failure) = match reading {
                Ok(set) => (Some((set, tried_at)), None),
                Err(reason) => (earlier, Some(reason)),
            };
            *keys = Some(Keys { tried_at, set, failure });
        }
        let keys = entry.keys.lock().clone();
        match keys.as_ref().and_then(|keys| keys.find(kid, self.clock.now())) {
            Some(key) => Ok(key),
            None => Err(match keys.and_then(|keys| keys.failure) {
                Some(reason) => Error::KeysUnavailable { reason },
                None => Error::not_authorized("the issuer has no such key"),
            }),
        }
    }

    fn cached(&self, entry: &Issuer, kid: Option<&str>) -> Option<Jwk> {
        let keys = entry.keys.lock();
        let keys = keys.as_ref()?;
        let now = self.clock.now();
        keys.find(kid, now).filter(|_| keys.are_fresh(now))
    }

    fn may_read(&self, entry: &Issuer) -> bool {
        entry.keys.lock().as_ref().is_none_or(|keys| self.clock.now().0 - keys.tried_at.0 >= PATIENCE_MILLIS)
    }

    async fn read(&self, issuer: &str) -> Result<Arc<JwkSet>, String> {
        let mut document = self.source.key_set(issuer).await?;
        let Value::Array(keys) = document["keys"].take() else { return Err("a key set without keys".to_owned()) };
        // Keys of kinds that are not known here do not spoil the others.
        let keys = keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
        Ok(Arc::new(JwkSet { keys }))
    }
}

fn find(set: &JwkSet, kid: Option<&str>) -> Option<Jwk> {
    match kid {
        Some(kid) => set.find(kid).cloned(),
        None => match &set.keys[..] {
            [only] => Some(only.clone()),
            _ => None,
        },
    }
}

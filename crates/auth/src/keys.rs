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
/// How soon a key set is asked for again because of an unknown key, milliseconds: forged key ids must not make a
/// stream of requests.
const PATIENCE_MILLIS: i64 = 5_000;

/// Key sets of issuers, read once and again when they grow old or a token names a key that is not among them.
pub struct KeyCache {
    source: Arc<dyn KeySource>,
    clock: Arc<dyn Clock>,
    issuers: Mutex<HashMap<String, Arc<Issuer>>>,
}

#[derive(Default)]
struct Issuer {
    keys: Mutex<Option<Keys>>,
    /// Held while keys are read, so that many tokens make one request.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Keys {
    read_at: Timestamp,
    outcome: Result<Arc<JwkSet>, String>,
}

impl KeyCache {
    /// A cache in front of `source`. Issuers are those of the configuration, so their number is bounded.
    pub fn new(source: Arc<dyn KeySource>, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, issuers: Mutex::default() }
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
            let outcome = self.read(issuer).await;
            *entry.keys.lock() = Some(Keys { read_at: self.clock.now(), outcome });
        }
        let keys = entry.keys.lock().clone();
        match keys.map(|keys| keys.outcome) {
            Some(Ok(set)) => find(&set, kid).ok_or_else(|| Error::not_authorized("the issuer has no such key")),
            Some(Err(reason)) => Err(Error::KeysUnavailable { reason }),
            None => Err(Error::KeysUnavailable { reason: "the keys were not read".to_owned() }),
        }
    }

    fn cached(&self, entry: &Issuer, kid: Option<&str>) -> Option<Jwk> {
        let keys = entry.keys.lock();
        let keys = keys.as_ref()?;
        let fresh = self.clock.now().0 - keys.read_at.0 < FRESH_MILLIS;
        keys.outcome.as_ref().ok().filter(|_| fresh).and_then(|set| find(set, kid))
    }

    fn may_read(&self, entry: &Issuer) -> bool {
        entry.keys.lock().as_ref().is_none_or(|keys| self.clock.now().0 - keys.read_at.0 >= PATIENCE_MILLIS)
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

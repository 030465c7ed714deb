//! The RSA keys that sign a pool's tokens: made on a background thread, kept in the store, rotated, published as JWKS.
//!
//! A retired key keeps only its public half, for as long as a token that it signed can live. Key pairs come from
//! the cryptography library's own generator; the clock's randomness is not meant for primes.

use std::{collections::HashMap, sync::Arc};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::KeySize,
    signature::{KeyPair, RsaKeyPair, RsaPublicKeyComponents},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clock::{Clock, Timestamp};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Transaction;

use crate::{
    Error,
    client::MAX_TOKEN_SECONDS,
    password::off_thread,
    secret::Secret,
    storage::{SIGNING_KEYS, Storage, Stored, encode},
};

/// Rotations that can race before one gives up.
const MAX_ATTEMPTS: usize = 8;

/// One key as it is stored. The current one has a private half and comes first.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredKey {
    id: String,
    /// PKCS #8; absent once retired.
    private: Option<Secret>,
    /// Modulus and exponent, base64url without padding.
    n: String,
    e: String,
    /// When a retired key leaves the JWKS.
    expires: Option<Timestamp>,
}

/// The keys of one pool, ready for use.
pub(crate) struct SigningKeys {
    pair: RsaKeyPair,
    stored: Vec<StoredKey>,
}

impl SigningKeys {
    fn new(stored: Vec<StoredKey>) -> Result<Self, Error> {
        let private = stored.first().and_then(|key| key.private.as_ref()).ok_or(Error::Corrupt(SIGNING_KEYS.0))?;
        let pair = RsaKeyPair::from_pkcs8(private.expose()).map_err(|_| Error::Corrupt(SIGNING_KEYS.0))?;
        Ok(Self { pair, stored })
    }

    pub(crate) fn current(&self) -> &RsaKeyPair {
        &self.pair
    }

    /// The `kid` of the current key.
    pub(crate) fn current_id(&self) -> &str {
        self.stored.first().map_or("", |key| &key.id)
    }

    /// The public key called `id`, current or retired.
    pub(crate) fn public(&self, id: &str) -> Option<RsaPublicKeyComponents<Vec<u8>>> {
        let key = self.stored.iter().find(|key| key.id == id)?;
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        Some(RsaPublicKeyComponents { n: decode(&key.n)?, e: decode(&key.e)? })
    }

    /// The JSON Web Key Set (RFC 7517) as of `now`.
    pub(crate) fn jwks(&self, now: Timestamp) -> Value {
        let published = self.stored.iter().filter(|key| key.expires.is_none_or(|expires| now < expires));
        let keys: Vec<Value> = published
            .map(|key| json!({"alg": "RS256", "e": key.e, "kid": key.id, "kty": "RSA", "n": key.n, "use": "sig"}))
            .collect();
        json!({ "keys": keys })
    }
}

type Loading = Shared<BoxFuture<'static, Result<Arc<SigningKeys>, Error>>>;

/// The keys of every pool, loaded or generated when first asked for.
pub(crate) struct KeyRing {
    storage: Storage,
    clock: Arc<dyn Clock>,
    loading: Mutex<HashMap<String, Loading>>,
}

impl KeyRing {
    pub(crate) fn new(storage: Storage, clock: Arc<dyn Clock>) -> Self {
        Self { storage, clock, loading: Mutex::default() }
    }

    /// The pool's keys; whoever comes while they are being made waits for the same ones.
    pub(crate) async fn get(&self, pool_id: &str) -> Result<Arc<SigningKeys>, Error> {
        self.start(pool_id).await
    }

    /// Begins to load or generate the pool's keys in the background.
    pub(crate) fn warm(&self, pool_id: &str) {
        let loading = self.start(pool_id);
        tokio::spawn(async move {
            if let Err(error) = loading.await {
                tracing::warn!(%error, "signing keys could not be prepared; the next sign-in tries again");
            }
        });
    }

    /// Forgets a pool that was deleted.
    pub(crate) fn forget(&self, pool_id: &str) {
        self.loading.lock().remove(pool_id);
    }

    fn start(&self, pool_id: &str) -> Loading {
        let mut loading = self.loading.lock();
        if let Some(started) = loading.get(pool_id).filter(|started| !matches!(started.peek(), Some(Err(_)))) {
            return started.clone();
        }
        let (storage, clock, id) = (self.storage.clone(), Arc::clone(&self.clock), pool_id.to_owned());
        let future = async move { load_or_generate(&storage, &*clock, &id).await.map(Arc::new) }.boxed().shared();
        loading.insert(pool_id.to_owned(), future.clone());
        future
    }

    /// Makes a new current key. The old one stays in the JWKS until no token that it signed can be valid.
    pub(crate) async fn rotate(&self, pool_id: &str) -> Result<(), Error> {
        for _ in 0..MAX_ATTEMPTS {
            self.get(pool_id).await?;
            let stored = read(&self.storage, pool_id)?.ok_or(Error::Corrupt(SIGNING_KEYS.0))?;
            let mut keys = vec![generate(&*self.clock).await?];
            keys.extend(retire(stored.value, self.clock.now()));
            let mut transaction = Transaction::new();
            transaction.require_equals(SIGNING_KEYS, pool_id.as_bytes(), stored.bytes);
            transaction.put(SIGNING_KEYS, pool_id.as_bytes(), encode(&keys));
            match self.storage.commit(transaction).await {
                Err(store::Error::Conflict) => {}
                result => {
                    result?;
                    self.forget(pool_id);
                    return Ok(());
                }
            }
        }
        Err(Error::TooManyRequests)
    }
}

fn read(storage: &Storage, pool_id: &str) -> Result<Option<Stored<Vec<StoredKey>>>, Error> {
    storage.read(SIGNING_KEYS, pool_id.as_bytes())
}

async fn load_or_generate(storage: &Storage, clock: &dyn Clock, pool_id: &str) -> Result<SigningKeys, Error> {
    if let Some(stored) = read(storage, pool_id)? {
        return SigningKeys::new(stored.value);
    }
    let keys = vec![generate(clock).await?];
    let mut transaction = Transaction::new();
    transaction.require_absent(SIGNING_KEYS, pool_id.as_bytes());
    transaction.put(SIGNING_KEYS, pool_id.as_bytes(), encode(&keys));
    match storage.commit(transaction).await {
        // Another process of this data folder was faster, so its keys are the pool's.
        Err(store::Error::Conflict) => {
            let stored = read(storage, pool_id)?.ok_or(Error::Corrupt(SIGNING_KEYS.0))?;
            SigningKeys::new(stored.value)
        }
        result => {
            result?;
            SigningKeys::new(keys)
        }
    }
}

/// A new 2048-bit key, made on a blocking thread: it takes a good part of a second.
async fn generate(clock: &dyn Clock) -> Result<StoredKey, Error> {
    let failed = |_| Error::Cryptography("generating a signing key");
    let pair = off_thread(|| RsaKeyPair::generate(KeySize::Rsa2048)).await?.map_err(failed)?;
    let private: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
    let public = pair.public_key();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Ok(StoredKey {
        id: clock.uuid(),
        private: Some(Secret::new(private.as_ref())),
        n: encode(public.modulus().big_endian_without_leading_zero()),
        e: encode(public.exponent().big_endian_without_leading_zero()),
        expires: None,
    })
}

/// What remains of `keys` when a new one takes over.
fn retire(keys: Vec<StoredKey>, now: Timestamp) -> impl Iterator<Item = StoredKey> {
    let until = now.plus_seconds(MAX_TOKEN_SECONDS);
    keys.into_iter()
        .map(move |key| StoredKey { private: None, expires: Some(key.expires.unwrap_or(until)), ..key })
        .filter(move |key| key.expires.is_some_and(|expires| now < expires))
}

//! Token issuers for tests: RSA keys made on the spot, and a key source that counts how often it is read.

use std::collections::HashMap;

use auth::KeySource;
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize, PublicKeyComponents},
    signature::KeyPair as _,
};
use aws_protocol::BoxFuture;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// Somebody who signs tokens.
pub(crate) struct Issuer {
    kid: String,
    key: EncodingKey,
    public: Value,
    public_der: Vec<u8>,
}

impl Issuer {
    /// With a new RSA key of this id.
    pub(crate) fn rsa(kid: &str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().expect("its form");
        let components: PublicKeyComponents<Vec<u8>> = pair.public_key().into();
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let public = json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
            "n": text(&components.n), "e": text(&components.e) });
        // RFC 5958 wraps the key; the library wants the bare PKCS #1 form or PEM.
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            base64::prelude::BASE64_STANDARD.encode(pkcs8.as_ref())
        );
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a usable key");
        Self { kid: kid.to_owned(), key, public, public_der: pair.public_key().as_ref().to_vec() }
    }

    /// A token with these claims; null ones are left out.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(Algorithm::RS256, &self.key, claims)
    }

    /// The classic forgery: HS256 with the RSA public key as the secret.
    pub(crate) fn sign_with_public_key(&self, claims: &Value) -> String {
        self.sign_as(Algorithm::HS256, &EncodingKey::from_secret(&self.public_der), claims)
    }

    fn sign_as(&self, algorithm: Algorithm, key: &EncodingKey, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(algorithm) };
        encode(&header, &present(claims), key).expect("signed")
    }
}

/// A token with `alg: none`.
pub(crate) fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(claims))
}

fn present(claims: &Value) -> Value {
    let members = claims.as_object().expect("an object").iter().filter(|(_, value)| !value.is_null());
    members.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>().into()
}

/// Published keys by issuer.
#[derive(Default)]
pub(crate) struct Keys(Mutex<HashMap<String, (Value, usize)>>);

impl Keys {
    /// Makes these the keys of an issuer.
    pub(crate) fn publish(&self, issuer: &str, keys: &[&Issuer]) {
        let set = json!({ "keys": keys.iter().map(|key| &key.public).collect::<Vec<_>>() });
        self.0.lock().entry(issuer.to_owned()).or_default().0 = set;
    }

    /// Makes an issuer unreachable.
    pub(crate) fn withdraw(&self, issuer: &str) {
        self.0.lock().retain(|known, _| known.trim_end_matches('/') != issuer);
    }

    /// How often the keys of an issuer were read.
    pub(crate) fn reads(&self, issuer: &str) -> usize {
        self.0.lock().get(issuer).map_or(0, |(_, reads)| *reads)
    }
}

impl KeySource for Keys {
    fn key_set<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, Result<Value, String>> {
        let mut issuers = self.0.lock();
        let answer = issuers.get_mut(issuer.trim_end_matches('/')).map(|(set, reads)| {
            *reads += 1;
            set.clone()
        });
        Box::pin(std::future::ready(answer.ok_or_else(|| "connection refused".to_owned())))
    }
}

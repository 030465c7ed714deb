//! JSON Web Tokens signed with RS256 (RFC 7515, RFC 7519), in the header form that Cognito uses: `kid` and `alg` only.
//!
//! Only signatures are judged here; what claims mean is for the caller.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{Error, signing_keys::SigningKeys};

/// Longest token that is looked at.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The signed token of `claims`.
pub(crate) fn sign(keys: &SigningKeys, claims: &Map<String, Value>) -> Result<String, Error> {
    let header = json!({"kid": keys.current_id(), "alg": "RS256"}).to_string();
    let claims = Value::from(claims.clone()).to_string();
    let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let pair = keys.current();
    let mut signature = vec![0; pair.public_modulus_len()];
    // PKCS #1 v1.5 signatures draw no randomness; the parameter is part of the library's interface.
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature)
        .map_err(|_| Error::Cryptography("signing a token"))?;
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(signature));
    Ok(token)
}

/// The claims of a token, whoever signed it: only to find out whose keys to verify it with.
pub(crate) fn unverified_claims(token: &str) -> Option<Map<String, Value>> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// The claims of a token that one of `keys` signed.
pub(crate) fn verify(keys: &SigningKeys, token: &str) -> Option<Map<String, Value>> {
    #[derive(Deserialize)]
    struct Header {
        kid: String,
        alg: String,
    }

    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    if header.alg != "RS256" {
        return None;
    }
    let public = keys.public(&header.kid)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).ok()?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

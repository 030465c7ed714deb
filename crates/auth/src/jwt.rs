//! JSON Web Tokens (RFC 7519): what they claim, and whether their issuer signed it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use clock::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm},
};
use serde_json::{Map, Value};

use crate::{Error, KeyCache};

/// The longest token that is looked at, bytes.
const TOKEN_BYTES: usize = 16 << 10;

/// The claims of a token.
pub(crate) type Claims = Map<String, Value>;

/// The issuer that a token claims to be from, before anything is verified; `None` for what is no token.
pub(crate) fn claimed_issuer(token: &str) -> Option<String> {
    if token.len() > TOKEN_BYTES {
        return None;
    }
    let mut parts = token.split('.');
    let (header, payload, signature, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    let object =
        |part: &str| -> Option<Claims> { serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
    object(header)?.get("alg")?;
    let claims = object(payload)?;
    Some(claims.get("iss").and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// The claims of a token whose signature the keys of `issuer` confirm and which has not expired.
///
/// The key decides which algorithms may have signed, never the token: an RSA key cannot be used as a shared secret, and
/// `none` is no algorithm.
pub(crate) async fn verified(token: &str, issuer: &str, keys: &KeyCache, now: Timestamp) -> Result<Claims, Error> {
    if token.len() > TOKEN_BYTES {
        return Err(Error::not_authorized("the token is too long"));
    }
    let header = decode_header(token).map_err(|error| Error::not_authorized(format!("the token's header: {error}")))?;
    let key = keys.key(issuer, header.kid.as_deref()).await?;
    let allowed = algorithms(&key);
    if !allowed.contains(&header.alg) {
        return Err(Error::not_authorized(format!("{:?} is no algorithm of the key", header.alg)));
    }
    let decoding = DecodingKey::from_jwk(&key).map_err(|error| Error::not_authorized(format!("the key: {error}")))?;
    let mut validation = Validation::new(header.alg);
    // Times, issuer and audience are checked below and by the callers, against our clock and in AWS's words.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let token = decode::<Claims>(token, &decoding, &validation)
        .map_err(|error| Error::not_authorized(format!("the token: {error}")))?;
    check_times(&token.claims, now.0 / 1000)?;
    Ok(token.claims)
}

/// AppSync takes RS, PS, ES and HS of all three sizes ("OPENID_CONNECT authorization", developer guide).
// AWS differs: it takes ES512 too (test: the_key_decides_which_algorithms_may_have_signed).
fn algorithms(key: &Jwk) -> Vec<Algorithm> {
    use Algorithm::{ES256, ES384, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512};
    let by_type: &[Algorithm] = match &key.algorithm {
        AlgorithmParameters::RSA(_) => &[RS256, RS384, RS512, PS256, PS384, PS512],
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => &[ES256],
            EllipticCurve::P384 => &[ES384],
            _ => &[],
        },
        AlgorithmParameters::OctetKey(_) => &[HS256, HS384, HS512],
        _ => &[],
    };
    // A key that names its algorithm is good for no other.
    let named = key.common.key_algorithm.as_ref().map(KeyAlgorithm::to_string);
    by_type
        .iter()
        .copied()
        .filter(|algorithm| named.as_ref().is_none_or(|name| *name == format!("{algorithm:?}")))
        .collect()
}

/// Seconds that clocks may differ.
const LEEWAY_SECONDS: i64 = 30;

fn check_times(claims: &Claims, now_seconds: i64) -> Result<(), Error> {
    let Some(expires) = seconds(claims, "exp") else { return Err(Error::not_authorized("the token has no exp")) };
    if now_seconds >= expires {
        return Err(Error::TokenExpired);
    }
    let early = |name| seconds(claims, name).is_some_and(|at| at > now_seconds.saturating_add(LEEWAY_SECONDS));
    if early("nbf") || early("iat") {
        return Err(Error::not_authorized("the token is from the future"));
    }
    Ok(())
}

/// A claim that is a time, in whole seconds.
pub(crate) fn seconds(claims: &Claims, name: &str) -> Option<i64> {
    let value = claims.get(name)?;
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
}

/// A claim that is a text.
pub(crate) fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

/// Whether a claim that is a text or a list of texts has one that `wanted` accepts.
pub(crate) fn any_text(claims: &Claims, name: &str, wanted: impl Fn(&str) -> bool) -> bool {
    match claims.get(name) {
        Some(Value::String(one)) => wanted(one),
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).any(wanted),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_key_decides_which_algorithms_may_have_signed() {
        let rsa = json!({ "kty": "RSA", "kid": "k", "n": "AQAB", "e": "AQAB" });
        let curve = |name: &str| json!({ "kty": "EC", "kid": "k", "crv": name, "x": "AQAB", "y": "AQAB" });
        let with = |mut key: Value, name: &str, value: &str| {
            key[name] = value.into();
            key
        };
        let cases = [
            (rsa.clone(), "RS256 RS384 RS512 PS256 PS384 PS512"),
            (with(rsa.clone(), "alg", "RS256"), "RS256"),
            (with(rsa.clone(), "alg", "HS256"), ""),
            (with(rsa, "alg", "RSA-OAEP"), ""),
            (curve("P-256"), "ES256"),
            (curve("P-384"), "ES384"),
            (curve("P-521"), ""),
            (with(curve("P-256"), "alg", "ES384"), ""),
            (json!({ "kty": "oct", "kid": "k", "k": "AQAB" }), "HS256 HS384 HS512"),
            (json!({ "kty": "OKP", "kid": "k", "crv": "Ed25519", "x": "AQAB" }), ""),
        ];
        for (key, expected) in cases {
            let jwk: Jwk = serde_json::from_value(key.clone()).expect("a key");
            let names: Vec<_> = algorithms(&jwk).iter().map(|algorithm| format!("{algorithm:?}")).collect();
            assert_eq!(names.join(" "), expected, "{key}");
        }
    }
}

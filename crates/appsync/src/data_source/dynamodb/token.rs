//! Page tokens: opaque to clients, of no use with another resolver, and refused when tampered with.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::{Engine, prelude::BASE64_STANDARD};
use clock::Clock;
use serde_json::Value;

/// Seals and opens page tokens.
pub(super) struct Tokens(LessSafeKey);

impl Tokens {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are an AES-256 key")))
    }

    /// A token for `start`, good within `scope`: base64 of nonce and ciphertext.
    pub(super) fn seal(&self, start: &Value, scope: &str, clock: &dyn Clock) -> String {
        let mut nonce = [0; NONCE_LEN];
        nonce[..8].copy_from_slice(&clock.random().to_le_bytes());
        nonce[8..].copy_from_slice(&clock.random().to_le_bytes()[..4]);
        let mut sealed = start.to_string().into_bytes();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(scope), &mut sealed)
            .expect("a key is far below the size limit of the cipher");
        BASE64_STANDARD.encode([&nonce[..], &sealed].concat())
    }

    /// The start key in a token, if it was sealed here for `scope`.
    pub(super) fn open(&self, token: &str, scope: &str) -> Option<Value> {
        let mut bytes = BASE64_STANDARD.decode(token).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.0.open_in_place(nonce, Aad::from(scope), sealed).ok()?;
        serde_json::from_slice(opened).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clock::{SimulatedClock, Timestamp};
    use serde_json::json;

    #[test]
    fn tokens_open_only_where_they_were_made() {
        let clock = SimulatedClock::new(Timestamp(0), 1);
        let tokens = Tokens::new(&[7; 32]);
        let start = json!({"id": {"S": "secret-key"}});
        let token = tokens.seal(&start, "orders", &clock);
        assert!(!token.contains("secret"));
        assert_eq!(tokens.open(&token, "orders"), Some(start));
        assert_eq!(tokens.open(&token, "users"), None);
        assert_eq!(tokens.open(&token[4..], "orders"), None);
        assert_eq!(tokens.open("", "orders"), None);
    }
}

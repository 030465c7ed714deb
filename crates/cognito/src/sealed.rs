//! State that a client carries for us: AES-256-GCM tokens under a key of the pool (NIST SP 800-38D).
//!
//! SRP secret blocks, session strings and refresh tokens are sealed, so that nothing is kept between two calls and
//! a token of one purpose or pool never opens as another's.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use clock::Clock;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, random, secret::Secret};

/// What a token is for; part of what is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    SecretBlock,
    Session,
    RefreshToken,
    SessionToken,
}

impl Use {
    fn label(self) -> &'static [u8] {
        match self {
            Self::SecretBlock => b"secret block",
            Self::Session => b"session",
            Self::RefreshToken => b"refresh token",
            Self::SessionToken => b"session token",
        }
    }
}

/// Encrypts `value`: nonce, ciphertext and tag, for [`open`] with the same secret and use.
pub(crate) fn seal(secret: &Secret, purpose: Use, value: &impl Serialize, clock: &dyn Clock) -> Result<Vec<u8>, Error> {
    let nonce: [u8; NONCE_LEN] = random::bytes(clock);
    let mut body = serde_json::to_vec(value).map_err(|_| Error::Cryptography("a token cannot be serialized"))?;
    key(secret)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose.label()), &mut body)
        .map_err(|_| Error::Cryptography("sealing a token"))?;
    let mut token = nonce.to_vec();
    token.append(&mut body);
    Ok(token)
}

/// The value of a token that [`seal`] made; `None` for anything else.
pub(crate) fn open<T: DeserializeOwned>(secret: &Secret, purpose: Use, token: &[u8]) -> Option<T> {
    let (nonce, body) = token.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut body = body.to_vec();
    let plain = key(secret).open_in_place(nonce, Aad::from(purpose.label()), &mut body).ok()?;
    serde_json::from_slice(plain).ok()
}

fn key(secret: &Secret) -> LessSafeKey {
    let bytes = derive(secret, &[b"seal"]);
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).expect("HMAC-SHA256 gives the 32 bytes of an AES-256 key"))
}

/// 32 bytes that follow from the pool's secret and `parts`, and tell nothing about the secret.
pub(crate) fn derive(secret: &Secret, parts: &[&[u8]]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
    let mut context = hmac::Context::with_key(&key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.sign().as_ref().try_into().expect("HMAC-SHA256 gives 32 bytes")
}

#[cfg(test)]
mod tests {
    use clock::{SimulatedClock, Timestamp};

    use super::*;

    #[test]
    fn opens_only_with_its_own_secret_and_use_and_untouched() {
        let clock = SimulatedClock::new(Timestamp(0), 1);
        let (ours, theirs) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let token = seal(&ours, Use::Session, &"alice", &clock).expect("sealing works");
        assert_eq!(open::<String>(&ours, Use::Session, &token).as_deref(), Some("alice"));
        assert_eq!(open::<String>(&theirs, Use::Session, &token), None);
        assert_eq!(open::<String>(&ours, Use::RefreshToken, &token), None);
        for index in 0..token.len() {
            let mut broken = token.clone();
            broken[index] ^= 1;
            assert_eq!(open::<String>(&ours, Use::Session, &broken), None, "byte {index} was changed");
        }
        assert_eq!(open::<String>(&ours, Use::Session, &token[..5]), None);
    }
}

//! Secure Remote Password as Cognito speaks it: RFC 5054's 3072-bit group, SHA-256, Cognito's own padding and HKDF.
//!
//! Pure arithmetic on the server's side. Modular exponentiation is not constant-time: its secret exponent `b` is
//! drawn anew for every sign-in. What is compared is compared in constant time.

use std::sync::LazyLock;

use aws_lc_rs::{
    digest::{Context, SHA256},
    hmac,
};
use num_bigint::BigUint;

/// Bytes of a group element.
pub(crate) const GROUP_BYTES: usize = 384;

/// The 3072-bit prime of RFC 3526 section 5 and RFC 5054 appendix A.
const PRIME: &[u8] = b"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74\
020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6\
F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05\
98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804\
F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718\
3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A\
8AEA71575D060C7DB3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864\
D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E\
4B82D120A93AD2CAFFFFFFFFFFFFFFFF";

struct Group {
    prime: BigUint,
    generator: BigUint,
    multiplier: BigUint,
}

static GROUP: LazyLock<Group> = LazyLock::new(|| {
    let prime = BigUint::parse_bytes(PRIME, 16).expect("the prime is written in hexadecimal");
    let generator = BigUint::from(2_u8);
    let multiplier = BigUint::from_bytes_be(&sha256(&[&pad(&prime), &pad(&generator)]));
    Group { prime, generator, multiplier }
});

/// The client's public value `A`, known not to be zero modulo the prime.
#[derive(Debug, Clone)]
pub(crate) struct ClientPublic(BigUint);

impl ClientPublic {
    /// Reads `SRP_A`: hexadecimal, at most the group's size and a padding byte, not zero modulo the prime.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.is_empty() || text.len() > 2 * GROUP_BYTES + 2 || !is_hexadecimal {
            return None;
        }
        Self::from_number(BigUint::parse_bytes(text.as_bytes(), 16)?)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_number(BigUint::from_bytes_be(bytes))
    }

    fn from_number(number: BigUint) -> Option<Self> {
        (&number % &GROUP.prime != BigUint::ZERO).then_some(Self(number))
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes_be()
    }
}

/// `v = g^x mod N`, big-endian in [`GROUP_BYTES`] bytes, with `x = H(pad(salt) | H(pool | user | ":" | password))`.
///
/// `pool_name` is the part of the pool id after its underscore.
pub(crate) fn verifier(pool_name: &str, user: &str, password: &str, salt: &[u8]) -> Vec<u8> {
    let inner = sha256(&[pool_name.as_bytes(), user.as_bytes(), b":", password.as_bytes()]);
    let outer = sha256(&[&pad(&BigUint::from_bytes_be(salt)), &inner]);
    let v = GROUP.generator.modpow(&BigUint::from_bytes_be(&outer), &GROUP.prime);
    let bytes = v.to_bytes_be();
    let mut fixed = vec![0; GROUP_BYTES - bytes.len()];
    fixed.extend(bytes);
    fixed
}

/// The server's public value `B = (k*v + g^b) mod N` and the scrambler `u = H(pad(A) | pad(B))`.
///
/// `u` is zero with probability 2^-256; the client refuses it, and so does [`session_key`].
pub(crate) struct ServerPublic {
    /// `SRP_B`, hexadecimal.
    pub(crate) hex: String,
    /// `u`, big-endian.
    pub(crate) scrambler: [u8; 32],
}

pub(crate) fn server_public(client: &ClientPublic, verifier: &[u8], secret: &[u8; 32]) -> ServerPublic {
    let v = BigUint::from_bytes_be(verifier);
    let exponential = GROUP.generator.modpow(&BigUint::from_bytes_be(secret), &GROUP.prime);
    let public = (&GROUP.multiplier * v + exponential) % &GROUP.prime;
    ServerPublic { hex: public.to_str_radix(16), scrambler: sha256(&[&pad(&client.0), &pad(&public)]) }
}

/// The 16-byte key that signs the password claim: HKDF of `S = (A * v^u)^b mod N`. `None` when `u` is zero.
pub(crate) fn session_key(
    client: &ClientPublic,
    scrambler: &[u8; 32],
    verifier: &[u8],
    secret: &[u8; 32],
) -> Option<[u8; 16]> {
    let u = BigUint::from_bytes_be(scrambler);
    if u == BigUint::ZERO {
        return None;
    }
    let v = BigUint::from_bytes_be(verifier);
    let base = &client.0 * v.modpow(&u, &GROUP.prime) % &GROUP.prime;
    let s = base.modpow(&BigUint::from_bytes_be(secret), &GROUP.prime);
    Some(derive_key(&s, &u))
}

/// RFC 5869 with SHA-256, salt `pad(u)`, one block cut to 16 bytes.
fn derive_key(s: &BigUint, u: &BigUint) -> [u8; 16] {
    let extract = hmac::Key::new(hmac::HMAC_SHA256, &pad(u));
    let pseudorandom = hmac::sign(&extract, &pad(s));
    let expand = hmac::Key::new(hmac::HMAC_SHA256, pseudorandom.as_ref());
    let block = hmac::sign(&expand, b"Caldera Derived Key\x01");
    block.as_ref()[..16].try_into().expect("HMAC-SHA256 gives 32 bytes")
}

/// What `PASSWORD_CLAIM_SIGNATURE` signs.
pub(crate) struct Claim<'a> {
    /// The part of the pool id after its underscore.
    pub(crate) pool_name: &'a str,
    /// `USER_ID_FOR_SRP`.
    pub(crate) user: &'a str,
    /// The decoded secret block.
    pub(crate) secret_block: &'a [u8],
    /// `TIMESTAMP` as the client wrote it.
    pub(crate) timestamp: &'a str,
}

impl Claim<'_> {
    /// Whether `signature` is this claim's under `key`, in constant time.
    pub(crate) fn verify(&self, key: &[u8; 16], signature: &[u8]) -> bool {
        let message =
            [self.pool_name.as_bytes(), self.user.as_bytes(), self.secret_block, self.timestamp.as_bytes()].concat();
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), &message, signature).is_ok()
    }
}

/// The shortest big-endian form whose top bit is clear, as a two's-complement reader needs for a positive number.
fn pad(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes[0] & 0x80 != 0 {
        bytes.insert(0, 0);
    }
    bytes
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    context.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_multiplier_is_the_one_amplify_computes() {
        // Computed and confirmed by an Amplify sign-in.
        let k = "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6";
        assert_eq!(GROUP.multiplier.to_str_radix(16), k);
    }

    #[test]
    fn pads_like_a_signed_number() {
        let cases: &[(u32, &[u8])] = &[(0, &[0]), (1, &[1]), (0x7f, &[0x7f]), (0x80, &[0, 0x80]), (0x1ff, &[1, 0xff])];
        for (number, bytes) in cases {
            assert_eq!(pad(&BigUint::from(*number)), *bytes, "{number:#x}");
        }
    }

    #[test]
    fn refuses_public_values_that_would_fix_the_session_key() {
        let prime = GROUP.prime.to_str_radix(16);
        let twice = (&GROUP.prime * 2_u8).to_str_radix(16);
        let huge = "f".repeat(1_000_000);
        for text in ["", "0", "00000000", &prime, &prime.to_uppercase(), &twice, &huge, "-1", "+1", "1_0", "xyz", "1 "]
        {
            assert!(ClientPublic::parse(text).is_none(), "{:.40}", text);
        }
        for text in ["1", "abc", "0AF", &format!("00{}", "e".repeat(768))] {
            assert!(ClientPublic::parse(text).is_some(), "{text:.40}");
        }
    }

    #[test]
    fn a_verifier_has_always_the_same_size_and_ignores_leading_zeros_of_the_salt() {
        let v = verifier("abc", "alice", "secret", &[0, 0, 7]);
        assert_eq!(v.len(), GROUP_BYTES);
        assert_eq!(v, verifier("abc", "alice", "secret", &[7]));
        assert_ne!(v, verifier("abc", "alice", "Secret", &[7]));
    }

    #[test]
    fn a_zero_scrambler_gives_no_key() {
        let client = ClientPublic::parse("5").expect("5 is a public value");
        assert_eq!(session_key(&client, &[0; 32], &[1], &[1; 32]), None);
    }
}

//! The client's side of Cognito's SRP, written from its description and sharing no code with the server: big numbers
//! are padded by way of hexadecimal text, the session key comes from the library's HKDF, and `S` from the client's
//! formula `(B - k*g^x)^(a + u*x)`.

use aws_lc_rs::{digest, hkdf, hmac};
use base64::{Engine, engine::general_purpose::STANDARD};
use num_bigint::BigUint;
use serde_json::{Value, json};

pub(crate) struct SrpClient {
    prime: BigUint,
    private: BigUint,
    pub(crate) public: BigUint,
}

impl SrpClient {
    pub(crate) fn new(private: u64) -> Self {
        let prime = prime();
        let private = BigUint::from(private).pow(16);
        let public = BigUint::from(2_u8).modpow(&private, &prime);
        Self { prime, private, public }
    }

    pub(crate) fn srp_a(&self) -> String {
        self.public.to_str_radix(16)
    }

    /// `ChallengeResponses` for a PASSWORD_VERIFIER challenge.
    pub(crate) fn answer(&self, challenge: &Value, pool_id: &str, password: &str, timestamp: &str) -> Value {
        let parameter = |name: &str| challenge["ChallengeParameters"][name].as_str().expect(name).to_owned();
        let (user, block) = (parameter("USER_ID_FOR_SRP"), parameter("SECRET_BLOCK"));
        let pool = pool_id.split('_').nth(1).expect("a pool id has an underscore");
        let server = BigUint::parse_bytes(parameter("SRP_B").as_bytes(), 16).expect("SRP_B is hexadecimal");
        let salt = BigUint::parse_bytes(parameter("SALT").as_bytes(), 16).expect("SALT is hexadecimal");
        let inner = hex(&sha256(format!("{pool}{user}:{password}").as_bytes()));
        let x = number(&sha256(&unhex(&(pad_hex(&salt) + &inner))));
        let key = self.key(&server, &x);
        let mut message = pool.as_bytes().to_vec();
        message.extend(user.as_bytes());
        message.extend(STANDARD.decode(&block).expect("SECRET_BLOCK is base64"));
        message.extend(timestamp.as_bytes());
        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &message);
        json!({
            "USERNAME": user,
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "TIMESTAMP": timestamp,
            "PASSWORD_CLAIM_SIGNATURE": STANDARD.encode(signature.as_ref()),
        })
    }

    fn key(&self, server: &BigUint, x: &BigUint) -> [u8; 16] {
        let (n, g) = (&self.prime, BigUint::from(2_u8));
        let k = number(&sha256(&unhex(&(pad_hex(n) + &pad_hex(&g)))));
        let u = number(&sha256(&unhex(&(pad_hex(&self.public) + &pad_hex(server)))));
        let masked = (k * g.modpow(x, n)) % n;
        let s = ((server + n) - masked).modpow(&(&self.private + u.clone() * x), n);
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, &unhex(&pad_hex(&u))).extract(&unhex(&pad_hex(&s)));
        let mut key = [0; 16];
        let expanded = extracted.expand(&[b"Caldera Derived Key"], Sixteen).expect("16 bytes are not too many");
        expanded.fill(&mut key).expect("the length was asked for");
        key
    }
}

struct Sixteen;

impl hkdf::KeyType for Sixteen {
    fn len(&self) -> usize {
        16
    }
}

fn pad_hex(number: &BigUint) -> String {
    let text = number.to_str_radix(16);
    match (text.len() % 2, text.as_bytes()[0]) {
        (1, _) => format!("0{text}"),
        (_, b'8'..=b'9' | b'a'..=b'f') => format!("00{text}"),
        _ => text,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal")).collect()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

fn number(bytes: &[u8]) -> BigUint {
    BigUint::from_bytes_be(bytes)
}

/// RFC 3526 defines it as 2^3072 - 2^3008 - 1 + 2^64 * (floor(2^2942 * pi) + 1690314).
pub(crate) fn prime() -> BigUint {
    let power = |exponent: u32| BigUint::from(1_u8) << exponent;
    power(3072) - power(3008) - 1_u8 + (power(64) * (pi_times_two_to(2942) + 1_690_314_u32))
}

/// floor(2^bits * pi), by Machin's formula with guard bits.
fn pi_times_two_to(bits: u32) -> BigUint {
    const GUARD: u32 = 64;
    let one = BigUint::from(1_u8) << (bits + GUARD);
    let arc_cotangent = |denominator: u32| {
        let (mut power, mut odd, mut positive) = (&one / denominator, 1_u32, true);
        let (mut plus, mut minus) = (BigUint::ZERO, BigUint::ZERO);
        while power != BigUint::ZERO {
            let term = &power / odd;
            if positive {
                plus += term
            } else {
                minus += term
            }
            power /= denominator * denominator;
            odd += 2;
            positive = !positive;
        }
        plus - minus
    };
    ((arc_cotangent(5) * 16_u8) - (arc_cotangent(239) * 4_u8)) >> GUARD
}

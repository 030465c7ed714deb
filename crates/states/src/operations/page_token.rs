//! `nextToken`: the place where the next page of a list begins, opaque to clients and bound to its list.
//!
//! Not secret and not signed: a list takes a position from a token only within its own bounds.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::Error;

/// The token for the page after `position` of the list that `scope` names (operation and filters).
pub(super) fn encode(scope: &str, position: &[u8]) -> String {
    let tag = tag(scope);
    URL_SAFE_NO_PAD.encode([&tag, position].concat())
}

/// The position in a token that [`encode`] gave for the same `scope`.
///
/// # Errors
/// `InvalidToken` for any other text.
pub(super) fn decode(scope: &str, token: &str) -> Result<Vec<u8>, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Error::InvalidToken)?;
    match bytes.split_at_checked(TAG_BYTES) {
        Some((found, position)) if found == tag(scope) => Ok(position.to_vec()),
        _ => Err(Error::InvalidToken),
    }
}

/// A position that is a name.
pub(super) fn decode_name(scope: &str, token: &str) -> Result<String, Error> {
    String::from_utf8(decode(scope, token)?).map_err(|_| Error::InvalidToken)
}

const TAG_BYTES: usize = 16;

fn tag(scope: &str) -> [u8; TAG_BYTES] {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, scope.as_bytes());
    hash.as_ref()[..TAG_BYTES].try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_only_its_own_list() {
        let token = encode("ListExecutions a RUNNING", b"\x00\x01");
        assert_eq!(decode("ListExecutions a RUNNING", &token).expect("its own"), b"\x00\x01");
        for (scope, token) in [("ListExecutions b RUNNING", token.as_str()), ("x", "no token!"), ("x", "")] {
            assert!(matches!(decode(scope, token), Err(Error::InvalidToken)), "{scope} {token}");
        }
    }
}

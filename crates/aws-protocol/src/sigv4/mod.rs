//! AWS Signature Version 4: signing requests, and verifying signed ones.
//!
//! Works on a method, a raw path and query, headers and a payload, so it serves HTTP requests and the header objects
//! of AppSync's real-time protocol alike. Follows "Signature Version 4 signing process" of the AWS General Reference
//! in its two forms: every service but S3 has the path normalized and encoded a second time, S3 has it as it stands on the
//! wire, because a key may hold `//` and `..`.

mod canonical;
mod error;
mod key;
mod sign;
mod verify;

use http::HeaderMap;

pub use error::Error;
pub use sign::{presign, sign};
pub use verify::{CLOCK_SKEW_SECONDS, Expected, Verified, is_signed, verify};

/// The signing name of S3.
const S3: &str = "s3";
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
const X_AMZ_DATE: &str = "x-amz-date";
const X_AMZ_CONTENT_SHA256: &str = "x-amz-content-sha256";
const X_AMZ_SECURITY_TOKEN: &str = "x-amz-security-token";

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `POST`, `GET` ...
    pub method: &'a str,
    /// The path as it stands on the wire: percent-encoded once, without the query.
    pub path: &'a str,
    /// The query as it stands on the wire, without `?`; empty if there is none.
    pub query: &'a str,
    /// All headers, `host` among them.
    pub headers: &'a HeaderMap,
    /// The body.
    pub payload: Payload<'a>,
}

/// The body of a signed request.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// All of it.
    Bytes(&'a [u8]),
    /// The lower-case hex SHA-256 of it.
    Sha256(&'a str),
    /// Not signed: `UNSIGNED-PAYLOAD`.
    Unsigned,
}

/// The keys to sign with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `AKIA...` of a user, `ASIA...` of a session.
    pub access_key_id: String,
    /// The secret that never travels.
    pub secret_access_key: String,
    /// Present with temporary credentials.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// Where a signature is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// For example `us-east-1`.
    pub region: &'a str,
    /// The signing name: `appsync`, `states`, `dynamodb` ...
    pub service: &'a str,
}

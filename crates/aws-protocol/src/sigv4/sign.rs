//! The signer: headers for a request, or a query that carries the signature itself.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{
    ALGORITHM, Credentials, Payload, Request, S3, Scope, X_AMZ_CONTENT_SHA256, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN,
    canonical::{canonical_request, encoded},
    key,
};

/// Headers that proxies and HTTP libraries add or change on the way.
const NOT_SIGNED: [&str; 6] =
    ["authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"];

/// The headers that make `request` a signed one: `x-amz-date`, `x-amz-security-token` and `x-amz-content-sha256`
/// where they are needed, and `authorization`.
///
/// `request.headers` must hold `host`. Times are seconds since the epoch.
pub fn sign(request: &Request<'_>, credentials: &Credentials, scope: Scope<'_>, now_seconds: i64) -> HeaderMap {
    let date_time = key::format_time(now_seconds);
    let mut added = HeaderMap::new();
    insert(&mut added, X_AMZ_DATE, &date_time);
    if let Some(token) = &credentials.session_token {
        insert(&mut added, X_AMZ_SECURITY_TOKEN, token);
    }
    let payload_hash = key::payload_hash(request.payload);
    if scope.service == S3 || matches!(request.payload, Payload::Unsigned) {
        insert(&mut added, X_AMZ_CONTENT_SHA256, &payload_hash);
    }
    let mut headers = request.headers.clone();
    headers.extend(added.clone());
    let names = signed_names(&headers);
    let request = Request { headers: &headers, ..*request };
    let canonical = canonical_request(&request, scope.service, &names, &payload_hash);
    let signature = key::signature(&credentials.secret_access_key, scope, &date_time, &canonical);
    let authorization = format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={signature}",
        credentials.access_key_id,
        key::credential_scope(scope, &date_time),
        names.join(";"),
    );
    insert(&mut added, "authorization", &authorization);
    added
}

/// The query that makes `request` a signed one for `expires_seconds`: its own query with the `X-Amz-*` parameters.
/// Only `host` is signed of the headers.
pub fn presign(
    request: &Request<'_>,
    credentials: &Credentials,
    scope: Scope<'_>,
    now_seconds: i64,
    expires_seconds: u32,
) -> String {
    let date_time = key::format_time(now_seconds);
    let credential = format!("{}/{}", credentials.access_key_id, key::credential_scope(scope, &date_time));
    let mut query = request.query.to_owned();
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(&format!(
        "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={}&X-Amz-Date={date_time}&X-Amz-Expires={expires_seconds}&\
         X-Amz-SignedHeaders=host",
        encoded(&credential),
    ));
    if let Some(token) = &credentials.session_token {
        query.push_str(&format!("&X-Amz-Security-Token={}", encoded(token)));
    }
    let payload_hash = key::payload_hash(request.payload);
    let canonical = canonical_request(&Request { query: &query, ..*request }, scope.service, &["host"], &payload_hash);
    let signature = key::signature(&credentials.secret_access_key, scope, &date_time, &canonical);
    format!("{query}&X-Amz-Signature={signature}")
}

fn signed_names(headers: &HeaderMap) -> Vec<&str> {
    let mut names: Vec<&str> =
        headers.keys().map(HeaderName::as_str).filter(|name| !NOT_SIGNED.contains(name)).collect();
    names.sort_unstable();
    names
}

/// A token with bytes that no header can carry is left out, and the receiver refuses the signature.
fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

//! The verifier: what a request claims about its signature, and whether that is true.

use std::collections::HashMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use chrono::DateTime;
use http::HeaderMap;

use super::{
    ALGORITHM, Error, Payload, Request, Scope, UNSIGNED_PAYLOAD, X_AMZ_CONTENT_SHA256, X_AMZ_DATE,
    X_AMZ_SECURITY_TOKEN,
    canonical::{canonical_request, query_pairs},
    key,
};

/// How far the signer's clock may be from ours.
pub const CLOCK_SKEW_SECONDS: i64 = 5 * 60;
/// The longest life of a signed query: seven days.
const MAX_EXPIRES_SECONDS: i64 = 7 * 24 * 3600;

/// What the signature must be scoped to; `None` accepts any.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    /// The region of this server.
    pub region: Option<&'a str>,
    /// The signing name of the service that is called.
    pub service: Option<&'a str>,
}

/// Who signed a request, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The access key that signed.
    pub access_key_id: String,
    /// The session token that came with the request.
    pub session_token: Option<String>,
    /// The region that the signature is scoped to.
    pub region: String,
    /// The service that the signature is scoped to.
    pub service: String,
    /// When it was signed, in seconds since the epoch.
    pub signed_at_seconds: i64,
}

/// Whether the request claims to be signed with Signature Version 4.
pub fn is_signed(request: &Request<'_>) -> bool {
    header(request.headers, "authorization").is_some_and(|text| text.starts_with(ALGORITHM))
        || has_signed_query(request)
}

/// Checks the signature of `request`: complete, in time, in scope, and made with the secret that `secret_of` gives
/// for the access key id and the session token that the request carries.
///
/// `secret_of` answers [`Error::UnrecognizedClient`] or [`Error::ExpiredToken`] for keys it does not have (any more);
/// comparing the session token with the key's own is its business. Times are seconds since the epoch.
///
/// # Errors
/// Every variant of [`Error`].
pub fn verify(
    request: &Request<'_>,
    expected: Expected<'_>,
    now_seconds: i64,
    secret_of: impl FnOnce(&str, Option<&str>) -> Result<String, Error>,
) -> Result<Verified, Error> {
    let claim = match has_signed_query(request) {
        true => Claim::from_query(request.query)?,
        false => Claim::from_headers(request.headers)?,
    };
    let signed_at_seconds = claim.check_scope(expected)?;
    claim.check_time(signed_at_seconds, now_seconds)?;
    let secret = secret_of(&claim.access_key_id, claim.session_token.as_deref())?;
    let signed_headers: Vec<&str> = claim.signed_headers.split(';').collect();
    let canonical = canonical_request(request, &claim.service, &signed_headers, &payload_hash(request));
    let signature = key::signature(&secret, claim.scope(), &claim.date_time, &canonical);
    verify_slices_are_equal(signature.as_bytes(), claim.signature.as_bytes()).map_err(|_| Error::Mismatch)?;
    let Claim { access_key_id, session_token, region, service, .. } = claim;
    Ok(Verified { access_key_id, session_token, region, service, signed_at_seconds })
}

/// What a request says about its own signature.
#[derive(Debug)]
struct Claim {
    access_key_id: String,
    date: String,
    region: String,
    service: String,
    signed_headers: String,
    signature: String,
    date_time: String,
    session_token: Option<String>,
    /// Only of signed queries.
    expires_seconds: Option<i64>,
}

impl Claim {
    fn from_headers(headers: &HeaderMap) -> Result<Self, Error> {
        let authorization = header(headers, "authorization").ok_or(Error::Missing)?;
        let parameters = authorization.strip_prefix(ALGORITHM).ok_or_else(|| {
            Error::Incomplete(format!("Authorization header requires '{ALGORITHM}'. Authorization={authorization}"))
        })?;
        let parameters: HashMap<&str, &str> =
            parameters.split(',').filter_map(|parameter| parameter.trim().split_once('=')).collect();
        let date_time = date_time_of(headers);
        let mut missing: Vec<String> = ["Credential", "Signature", "SignedHeaders"]
            .into_iter()
            .filter(|name| !parameters.contains_key(name))
            .map(|name| format!("Authorization header requires '{name}' parameter."))
            .collect();
        if date_time.is_none() {
            missing.push(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned(),
            );
        }
        let get = |name: &str| parameters.get(name).copied();
        let (Some(credential), Some(signature), Some(signed_headers), Some(date_time)) =
            (get("Credential"), get("Signature"), get("SignedHeaders"), date_time)
        else {
            return Err(Error::Incomplete(format!("{} Authorization={authorization}", missing.join(" "))));
        };
        let session_token = header(headers, X_AMZ_SECURITY_TOKEN).map(str::to_owned);
        Self::new(credential, signed_headers, signature, date_time, session_token, None)
    }

    fn from_query(query: &str) -> Result<Self, Error> {
        let parameters: HashMap<String, String> =
            query_pairs(query).filter(|(name, _)| name.starts_with("X-Amz-")).collect();
        let get = |name: &str| {
            parameters.get(name).map(String::as_str).ok_or_else(|| {
                Error::Incomplete(format!(
                    "AWS query-string parameters must include '{name}'. Re-examine the query-string parameters."
                ))
            })
        };
        if get("X-Amz-Algorithm")? != ALGORITHM {
            return Err(Error::Incomplete(format!("Unsupported AWS 'algorithm': '{}'.", get("X-Amz-Algorithm")?)));
        }
        let expires = get("X-Amz-Expires")?.parse().ok().filter(|seconds| (1..=MAX_EXPIRES_SECONDS).contains(seconds));
        let expires = expires.ok_or_else(|| {
            Error::Incomplete(format!("X-Amz-Expires must be between 1 and {MAX_EXPIRES_SECONDS} seconds"))
        })?;
        let token = parameters.get("X-Amz-Security-Token").cloned();
        let date_time = get("X-Amz-Date")?.to_owned();
        Self::new(
            get("X-Amz-Credential")?,
            get("X-Amz-SignedHeaders")?,
            get("X-Amz-Signature")?,
            date_time,
            token,
            Some(expires),
        )
    }

    fn new(
        credential: &str,
        signed_headers: &str,
        signature: &str,
        date_time: String,
        session_token: Option<String>,
        expires_seconds: Option<i64>,
    ) -> Result<Self, Error> {
        let parts: Vec<&str> = credential.split('/').collect();
        let [access_key_id, date, region, service, key::TERMINATOR] = parts[..] else {
            let expected =
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term";
            return Err(Error::Incomplete(format!("{expected}, got '{credential}'")));
        };
        if !signed_headers.split(';').any(|name| name == "host") {
            let text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
            return Err(Error::OutOfScope(text.to_owned()));
        }
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: signed_headers.to_owned(),
            signature: signature.to_owned(),
            date_time,
            session_token,
            expires_seconds,
        })
    }

    fn scope(&self) -> Scope<'_> {
        Scope { region: &self.region, service: &self.service }
    }

    /// The time of signing, if region, service and date are as they must be.
    fn check_scope(&self, expected: Expected<'_>) -> Result<i64, Error> {
        let refuse = |text: String| Err(Error::OutOfScope(text));
        if expected.region.is_some_and(|region| region != self.region) {
            return refuse(format!("Credential should be scoped to a valid region, not '{}'.", self.region));
        }
        if let Some(service) = expected.service.filter(|service| *service != self.service) {
            return refuse(format!("Credential should be scoped to correct service: '{service}'."));
        }
        let Some(signed_at) = key::parse_time(&self.date_time) else {
            return Err(Error::Incomplete(format!(
                "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
                self.date_time
            )));
        };
        let date = key::date_of(&self.date_time);
        if date != self.date {
            return refuse(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != \
                 '{date}', from '{}'.",
                self.date, self.date_time
            ));
        }
        Ok(signed_at)
    }

    fn check_time(&self, signed_at: i64, now: i64) -> Result<(), Error> {
        let time = key::format_time;
        if let Some(expires) = self.expires_seconds
            && now <= signed_at + expires
            && now >= signed_at - CLOCK_SKEW_SECONDS
        {
            return Ok(());
        }
        let life = self.expires_seconds.unwrap_or(CLOCK_SKEW_SECONDS);
        let (earliest, latest) = (now - life, now + CLOCK_SKEW_SECONDS);
        if signed_at < earliest {
            return Err(Error::OutOfScope(format!(
                "Signature expired: {} is now earlier than {} ({} - {} min.)",
                self.date_time,
                time(earliest),
                time(now),
                life / 60
            )));
        }
        if signed_at > latest {
            return Err(Error::OutOfScope(format!(
                "Signature not yet current: {} is still later than {} ({} + {} min.)",
                self.date_time,
                time(latest),
                time(now),
                CLOCK_SKEW_SECONDS / 60
            )));
        }
        Ok(())
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn has_signed_query(request: &Request<'_>) -> bool {
    request.query.contains("X-Amz-Algorithm=") && !request.headers.contains_key("authorization")
}

/// `x-amz-date`, or `date` in either of the forms that AWS takes.
fn date_time_of(headers: &HeaderMap) -> Option<String> {
    if let Some(date_time) = header(headers, X_AMZ_DATE) {
        return Some(date_time.to_owned());
    }
    let date = header(headers, "date")?;
    Some(DateTime::parse_from_rfc2822(date).map_or_else(|_| date.to_owned(), |date| key::format_time(date.timestamp())))
}

/// The hash of what came, never the hash that the request claims; only leaving the body unsigned is the signer's choice.
fn payload_hash(request: &Request<'_>) -> String {
    match header(request.headers, X_AMZ_CONTENT_SHA256) {
        Some(UNSIGNED_PAYLOAD) => key::payload_hash(Payload::Unsigned),
        _ => key::payload_hash(request.payload),
    }
}

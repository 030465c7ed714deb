//! `OPERATION_LEVEL_CACHING`: whole responses to queries.

use std::future::Future;

use auth::Identity;
use serde_json::Value;

use super::{
    CacheConfig,
    entries::{Entries, Found},
    key::{Digest, Key},
};
use crate::{Deps, Request, Response, execution};

/// Headers that belong to one request alone, and so to no key (AppSync developer guide, "Operation level caching").
const RESERVED_HEADERS: [&str; 23] = [
    "authorization",
    "cloudfront-forwarded-proto",
    "cloudfront-is-desktop-viewer",
    "cloudfront-is-mobile-viewer",
    "cloudfront-is-smarttv-viewer",
    "cloudfront-is-tablet-viewer",
    "cloudfront-viewer-asn",
    "cloudfront-viewer-country",
    "content-length",
    "host",
    "priority",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "via",
    "x-amz-cf-id",
    "x-amz-date",
    "x-amz-security-token",
    "x-amzn-appsync-is-vpce-request",
    "x-amzn-remote-ip",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-forwarded-for",
];

/// Responses to queries. AWS caches those of up to 15 MB; no response gets that large.
pub(crate) struct OperationCache {
    entries: Entries<Response>,
    ttl_seconds: u32,
}

/// A response, and whether it is one to keep: without errors.
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) successful: bool,
}

impl OperationCache {
    pub(super) fn new(config: &CacheConfig, deps: &Deps) -> Self {
        Self { entries: Entries::new(deps.cache_bytes, &deps.clock), ttl_seconds: config.ttl_seconds }
    }

    /// The cached response to a query that its caller may ask, or what `run` gives now; and whether it was cached.
    pub(crate) async fn or_run(&self, request: &Request, run: impl Future<Output = Answer>) -> (Response, bool) {
        let flight = match self.entries.find(key(request)) {
            Found::Value(response) => return (response, true),
            Found::Nothing(flight) => Some(flight),
            Found::UnderWay(waiting) => match waiting.landed().await {
                Some(response) => return (response, true),
                None => None,
            },
        };
        let Answer { response, successful } = run.await;
        if let (Some(flight), true) = (flight, successful) {
            let headers: usize = response.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
            flight.land(response.clone(), (response.body.len() + headers) as u64, self.ttl_seconds);
        }
        (response, false)
    }

    pub(super) fn flush(&self) {
        self.entries.clear();
    }
}

/// Query, variables, headers and who asks. What an IAM caller is allowed need not be part of it, as on AWS: policies
/// are asked before the cache is.
fn key(request: &Request) -> Key {
    let mut digest = Digest::new();
    digest.text(&request.body.query);
    digest.value(&request.body.operation_name.as_deref().map_or(Value::Null, Value::from));
    digest.object(&request.body.variables);
    let mut headers = execution::context_headers(&request.headers);
    headers.retain(|name, _| !RESERVED_HEADERS.contains(&name.as_str()));
    digest.object(&headers);
    digest.text(execution::auth_type(request.identity.mode()));
    let mut identity = request.identity.to_context();
    if let Some(identity) = identity.as_object_mut() {
        identity.remove("sourceIp");
    }
    digest.value(&identity);
    if let Identity::Lambda(lambda) = &request.identity {
        digest.value(&lambda.denied_fields.clone().into());
    }
    digest.finish()
}

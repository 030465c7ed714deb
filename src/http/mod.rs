//! HTTP: every route on one page ([`router`]), and a file for each door.

mod addressed;
mod appsync;
mod aws_json;
mod console;
mod events;
mod graphql;
mod identity;
mod lambda;
mod metrics;
pub(crate) mod operate;
pub(crate) mod rate_limit;
mod realtime;
mod router;
mod signer;
pub(crate) mod tls;
mod well_known;

use std::sync::Arc;

use aws_protocol::{Directory, Partition};
use clock::Clock;

pub(crate) use router::router;

use crate::{
    telemetry::metrics::Metrics,
    wiring::{apis::Apis, event_apis::EventApis, management::Domains},
};

/// What the doors work on, shared by all of them.
pub(crate) struct State {
    pub(crate) apis: Arc<Apis>,
    pub(crate) event_apis: Arc<EventApis>,
    /// Hosts of one's own for APIs.
    pub(crate) domains: Arc<Domains>,
    /// Absent where callers may call as often as they like.
    pub(crate) rate_limit: Option<rate_limit::RateLimit>,
    pub(crate) credentials: Arc<auth::CredentialStore>,
    pub(crate) services: Directory,
    pub(crate) partition: Partition,
    pub(crate) user_pools: Arc<cognito::UserPools>,
    pub(crate) operator: operate::Schema,
    pub(crate) operator_token: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) max_body_bytes: usize,
}

/// A handle to the [`State`].
pub(crate) type App = Arc<State>;

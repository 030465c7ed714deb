//! HTTP: every route on one page ([`router`]), and a file for each door.

mod aws_json;
mod console;
mod graphql;
mod identity;
mod lambda;
pub(crate) mod operate;
mod realtime;
mod router;
mod signer;
pub(crate) mod tls;
mod well_known;

use std::sync::Arc;

use aws_protocol::Directory;
use clock::Clock;

pub(crate) use router::router;

/// What the doors work on, shared by all of them.
pub(crate) struct State {
    /// The application's API; `None` where the template has none.
    pub(crate) api: Option<Arc<appsync::Api>>,
    pub(crate) authenticator: auth::Authenticator,
    pub(crate) credentials: Arc<auth::CredentialStore>,
    pub(crate) services: Directory,
    pub(crate) user_pools: Arc<cognito::UserPools>,
    pub(crate) operator: operate::Schema,
    pub(crate) operator_token: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) max_body_bytes: usize,
    /// For GraphiQL: the first API key, and a query to begin with.
    pub(crate) api_key: Option<String>,
    pub(crate) example_query: String,
}

/// A handle to the [`State`].
pub(crate) type App = Arc<State>;

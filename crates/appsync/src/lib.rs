//! AWS AppSync: a GraphQL API from its schema, resolvers and data sources, with real-time subscriptions.
//!
//! [`Api::build`] compiles an [`ApiConfig`], [`Api::rebuild`] its next version; [`Api::execute`] answers queries and mutations, [`Api::subscribe`]
//! registers subscriptions. HTTP, WebSockets and credentials are not here: a request arrives with its identity.

mod api;
mod authorization;
mod batch;
mod build;
mod cache;
mod config;
mod data_source;
mod diagnostic;
mod document;
mod error;
mod execution;
mod hidden;
mod lifetime;
mod limits;
mod merge;
mod pipeline;
mod plan;
mod request;
mod schema;
mod subscription;
pub mod trace;
mod validation;
mod variables;

pub use api::{Api, Deps};
pub use cache::{CacheConfig, CachingBehavior, CachingConfig};
pub use config::{
    ApiConfig, ConflictHandler, DataSourceConfig, DataSourceKind, DeltaSync, FunctionConfig, LambdaOptions,
    RelationalDatabase, ResolverConfig, ResolverKind, Signing,
};
pub use data_source::{
    Owner, SourceFailure, StandaloneSource, Writes,
    http::{HttpClient, HttpRequest, HttpResponse},
};
pub use diagnostic::Diagnostic;
pub use error::{Details, GraphqlError, Location, PathSegment};
pub use execution::{auth_type, context_headers};
pub use limits::CACHE_BYTES;
pub use merge::merge;
pub use request::{Body, HttpTarget, Request, Response, parse_body};
pub use schema::{definitions as schema_definitions, modernise as modern_sdl};
pub use subscription::{Delivery, Subscription};

//! From the credentials of a request to an [`Identity`]: API keys, IAM signatures, OIDC and user-pool tokens.
//!
//! Nothing here decides what an identity may do; `appsync::authorization` does, from the schema's directives.

pub mod identity;
pub mod policy;

pub use identity::{AuthMode, Identity};

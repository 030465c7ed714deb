//! From the credentials of a request to an [`Identity`]: API keys, IAM signatures, OIDC and user-pool tokens, and tokens
//! that a Lambda function judges.
//!
//! Nothing here decides what an identity may do; `appsync::authorization` does, from the schema's directives. Nothing
//! here reaches the network either: keys of issuers come through [`KeySource`], and [`Discovery`] reads them with
//! whatever [`Fetch`] the process edge gives it; a function is asked through the service `lambda`.

mod api_key;
mod authenticator;
mod config;
mod credential_store;
mod error;
mod iam;
pub mod identity;
mod jwt;
mod keys;
mod lambda_authorizer;
mod oidc;
pub mod policy;
mod presented;
mod user_pool;

pub use authenticator::Authenticator;
pub use config::{ApiKey, ApiKeys, Config, IamConfig, OidcConfig, Provider, UserPoolConfig};
pub use credential_store::{Credential, CredentialStore, Principal, TemporaryKeys};
pub use error::Error;
pub use identity::{AuthMode, Identity};
pub use keys::{Discovery, Fetch, KeyCache, KeySource};
pub use lambda_authorizer::LambdaConfig;
pub use policy::Policy;
pub use presented::{EventOperation, Presented};

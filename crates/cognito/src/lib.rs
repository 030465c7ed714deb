//! Cognito user pools: users, groups and app clients in the store, SRP and password sign-in, RS256 tokens, JWKS.
//!
//! [`UserPools`] is the service `cognito-idp`. It answers the operations that sign-in needs and those that set a pool
//! up; an operation it does not have is refused by name. [`IdentityPools`] is `cognito-identity`: AWS credentials for
//! signed-in users and guests. HTTP, CORS, request signatures and the hosted UI live with
//! the front end. Multi-factor authentication, devices, Lambda triggers and federation are deliberately absent.

mod access_token;
mod client;
mod error;
mod flows;
mod group;
mod identity_pools;
mod input;
mod jwt;
mod lockout;
mod operations;
mod outbox;
mod password;
mod random;
mod sealed;
mod secret;
mod sign_in;
mod signing_keys;
mod srp;
mod storage;
mod template;
mod tokens;
mod used_once;
mod user;
mod user_pool;
mod user_pools;
mod wire;

pub use client::{ClientSettings, RefreshTokenRotation, TokenValidityUnits};
pub use error::{Denial, Error};
pub use group::GroupSettings;
pub use identity_pools::{IdentityCredentials, IdentityPoolSettings, IdentityPools, IdentityProvider, Roles};
pub use operations::requires_signature;
pub use outbox::{Message, Purpose};
pub use template::{ClientCredentials, UserSeed};
pub use user_pool::{
    AdminCreateUserConfig, PasswordPolicy, Policies, SchemaAttribute, UserPoolSettings, UsernameConfiguration,
};
pub use user_pools::UserPools;

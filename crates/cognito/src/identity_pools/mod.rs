//! [`IdentityPools`]: the service `cognito-identity`, which turns id tokens into temporary AWS credentials.
//!
//! Credentials describe themselves: the session token is sealed under the identity pool's key and the secret key
//! follows from the access key, so a signature can be verified without a record of who was given what.

mod credentials;
mod get_credentials_for_identity;
mod get_id;
mod login;

use std::sync::Arc;

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use clock::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Transaction;

pub use credentials::IdentityCredentials;

use crate::{
    Error, UserPools, input, random,
    secret::Secret,
    storage::{APPLIED, IDENTITY_POOLS, encode, key},
    template::applied_id,
};

/// Properties of `AWS::Cognito::IdentityPool`, with the roles of its `IdentityPoolRoleAttachment`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct IdentityPoolSettings {
    /// Up to 128 characters.
    pub identity_pool_name: String,
    /// Whether guests get credentials.
    pub allow_unauthenticated_identities: bool,
    /// The app clients whose id tokens count; none means every client of every user pool here.
    pub cognito_identity_providers: Vec<IdentityProvider>,
    /// What callers may assume.
    pub roles: Roles,
}

/// An element of `CognitoIdentityProviders`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct IdentityProvider {
    /// Ends in a slash and the user pool's id: `cognito-idp.us-east-1.amazonaws.com/us-east-1_abc`.
    pub provider_name: String,
    /// An app client of that pool.
    pub client_id: String,
}

/// `Roles` of `AWS::Cognito::IdentityPoolRoleAttachment`: ARNs of IAM roles.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Roles {
    /// Of signed-in users.
    pub authenticated: Option<String>,
    /// Of guests.
    pub unauthenticated: Option<String>,
}

impl IdentityPoolSettings {
    /// Settings from the properties of a template.
    ///
    /// # Errors
    /// `Serialization` for a wrong shape.
    pub fn from_json(properties: Value) -> Result<Self, Error> {
        input::parse(properties)
    }
}

/// A stored identity pool.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct IdentityPool {
    id: String,
    settings: IdentityPoolSettings,
    secret: Secret,
    created: Timestamp,
}

/// A stored identity: a guest, or a user of a user pool.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Identity {
    pool: String,
    /// The user pool as a provider, and `sub`.
    login: Option<(String, String)>,
}

/// Every identity pool of one data folder.
pub struct IdentityPools {
    /// Verifies the id tokens, and has the store and the clock.
    users: Arc<UserPools>,
}

impl IdentityPools {
    /// Identity pools in the store of `users`, whose id tokens they accept.
    pub fn new(users: Arc<UserPools>) -> Self {
        Self { users }
    }

    /// Creates the identity pool that the template calls `name`, or gives it these settings; returns its id,
    /// `<region>:<uuid>`.
    ///
    /// # Errors
    /// `InvalidParameter` for a given id of another form.
    pub async fn put_identity_pool(
        &self,
        name: &str,
        id: Option<&str>,
        settings: IdentityPoolSettings,
    ) -> Result<String, Error> {
        let (storage, clock) = (&self.users.storage, &*self.users.clock);
        let applied = key(&["identity pool", name]);
        let id = applied_id(storage, &applied, id, || self.new_id())?;
        if !id.contains(':') || input::name(&id, "identityPoolId").is_err() {
            return Err(Error::InvalidParameter(format!("'{id}' is not an identity pool id: <region>:<uuid>")));
        }
        let pool = match storage.read::<IdentityPool>(IDENTITY_POOLS, id.as_bytes())? {
            Some(stored) => IdentityPool { settings, ..stored.value },
            None => IdentityPool {
                id: id.clone(),
                settings,
                secret: Secret::new(random::bytes::<32>(clock)),
                created: clock.now(),
            },
        };
        let mut transaction = Transaction::new();
        transaction.put(IDENTITY_POOLS, id.as_bytes(), encode(&pool)).put(APPLIED, applied, encode(&id));
        storage.commit(transaction).await?;
        Ok(id)
    }

    /// A new id of an identity or identity pool.
    fn new_id(&self) -> String {
        format!("{}:{}", self.users.partition.region, self.users.clock.uuid())
    }

    fn pool(&self, id: &str) -> Result<IdentityPool, Error> {
        let stored = self.users.storage.read(IDENTITY_POOLS, id.as_bytes())?;
        let not_found = || Error::ResourceNotFound(format!("IdentityPool '{id}' not found."));
        Ok(stored.ok_or_else(not_found)?.value)
    }
}

impl Service for IdentityPools {
    fn name(&self) -> &'static str {
        "cognito-identity"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            let result = match operation {
                "GetId" => get_id::run(self, input).await,
                "GetCredentialsForIdentity" => get_credentials_for_identity::run(self, input).await,
                _ => Err(Error::UnknownOperation { service: "cognito-identity", operation: operation.to_owned() }),
            };
            result.map_err(ServiceError::from)
        })
    }
}

//! [`UserPools`]: the service `cognito-idp` with everything its operations share.

use std::sync::Arc;

use aws_protocol::{BoxFuture, Caller, Partition, Service, ServiceError};
use clock::Clock;
use serde_json::{Map, Value, json};
use store::Store;

use crate::{
    Error, Message, lockout::Lockout, operations, outbox, sign_in, signing_keys::KeyRing, storage::Storage,
    used_once::UsedOnce,
};

/// Every user pool of one data folder.
///
/// Must be used inside a tokio runtime: keys and password verifiers are computed on its blocking threads.
pub struct UserPools {
    pub(crate) storage: Storage,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) partition: Partition,
    pub(crate) keys: KeyRing,
    pub(crate) lockout: Lockout,
    pub(crate) used: UsedOnce,
    issuer_base: String,
}

impl UserPools {
    /// User pools over `store`. `issuer_base` is the public URL under which the discovery documents are served,
    /// for example `http://127.0.0.1:4000`; the issuer of a pool is that URL, a slash and the pool's id.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        partition: Partition,
        issuer_base: impl Into<String>,
    ) -> Self {
        let storage = Storage::new(store);
        Self {
            keys: KeyRing::new(storage.clone(), Arc::clone(&clock)),
            storage,
            clock,
            partition,
            lockout: Lockout::default(),
            used: UsedOnce::default(),
            issuer_base: issuer_base.into().trim_end_matches('/').to_owned(),
        }
    }

    pub(crate) fn arn(&self, pool_id: &str) -> String {
        self.partition.arn("cognito-idp", &format!("userpool/{pool_id}"))
    }

    /// The `iss` claim of a pool's tokens.
    pub fn issuer(&self, pool_id: &str) -> String {
        format!("{}/{pool_id}", self.issuer_base)
    }

    /// The pool's public keys, as served at `<issuer>/.well-known/jwks.json`. Waits for keys that are being made.
    ///
    /// # Errors
    /// `ResourceNotFound` for an unknown pool.
    pub async fn jwks(&self, pool_id: &str) -> Result<Value, Error> {
        let pool = self.storage.pool(pool_id)?;
        Ok(self.keys.get(&pool.id).await?.jwks(self.clock.now()))
    }

    /// The OpenID Connect discovery document, as served at `<issuer>/.well-known/openid-configuration`.
    ///
    /// # Errors
    /// `ResourceNotFound` for an unknown pool.
    pub fn openid_configuration(&self, pool_id: &str) -> Result<Value, Error> {
        let issuer = self.issuer(&self.storage.pool(pool_id)?.id);
        // AWS differs: the OAuth endpoints are on the host of the pool's domain; here they are on the issuer's.
        let base = &self.issuer_base;
        Ok(json!({
            "authorization_endpoint": format!("{base}/oauth2/authorize"),
            "end_session_endpoint": format!("{base}/logout"),
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            "response_types_supported": ["code", "token"],
            "revocation_endpoint": format!("{base}/oauth2/revoke"),
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"],
            "token_endpoint": format!("{base}/oauth2/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "userinfo_endpoint": format!("{base}/oauth2/userInfo"),
        }))
    }

    /// Gives the pool a new signing key. Tokens of the old one stay valid until they expire.
    ///
    /// # Errors
    /// `ResourceNotFound` for an unknown pool.
    pub async fn rotate_keys(&self, pool_id: &str) -> Result<(), Error> {
        let pool = self.storage.pool(pool_id)?;
        self.keys.rotate(&pool.id).await
    }

    /// Whether the sign-in behind a verified token of the pool was revoked, or its user disabled or deleted since.
    ///
    /// # Errors
    /// `ResourceNotFound` for an unknown pool.
    // AWS differs: AppSync accepts a revoked token until it expires; the caller decides whether to be stricter.
    pub fn is_revoked(&self, pool_id: &str, claims: &Map<String, Value>) -> Result<bool, Error> {
        let pool = self.storage.pool(pool_id)?;
        let name = claims.get("username").or_else(|| claims.get("cognito:username"));
        let user = self.storage.find_user(&pool, name.and_then(Value::as_str).unwrap_or_default())?;
        let sign_in = sign_in::of_token(self, &pool, claims)?;
        Ok(match (user, sign_in) {
            (Some(user), Some(sign_in)) => !user.enabled || sign_in.is_revoked(&user),
            _ => true,
        })
    }

    /// The messages that the pool's users were sent, oldest first: codes and temporary passwords in the clear, for
    /// operators only.
    ///
    /// # Errors
    /// `ResourceNotFound` for an unknown pool.
    pub fn outbox(&self, pool_id: &str) -> Result<Vec<Message>, Error> {
        outbox::messages(&self.storage, &self.storage.pool(pool_id)?.id)
    }
}

impl Service for UserPools {
    fn name(&self) -> &'static str {
        "cognito-idp"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            if operations::requires_signature(operation) && caller.account.is_empty() {
                return Err(Error::MissingAuthenticationToken.into());
            }
            operations::perform(self, operation, input).await.map_err(ServiceError::from)
        })
    }
}

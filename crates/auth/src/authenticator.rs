//! Which mode a request's credentials are for, and their check.
//!
//! AppSync documents the rules only in parts ("Configuring authorization and authentication", developer guide); the
//! order here is what its clients rely on: a signature, an API key, a token of a known issuer, a Lambda token.

use std::sync::Arc;

use clock::Clock;

use crate::{
    Config, CredentialStore, Error, Identity, KeyCache, Presented, Provider, api_key, iam, jwt,
    oidc::{self, same_issuer},
    user_pool,
};

/// Checks credentials against the modes of one API.
pub struct Authenticator {
    config: Config,
    credentials: Arc<CredentialStore>,
    keys: KeyCache,
    clock: Arc<dyn Clock>,
}

impl Authenticator {
    /// An authenticator for an API with these modes.
    pub fn new(config: Config, credentials: Arc<CredentialStore>, keys: KeyCache, clock: Arc<dyn Clock>) -> Self {
        Self { config, credentials, keys, clock }
    }

    /// Who the request comes from.
    ///
    /// # Errors
    /// Every variant of [`Error`]; the reason of a refusal is logged at debug level.
    pub async fn authenticate(&self, presented: &Presented<'_>) -> Result<Identity, Error> {
        let result = self.judge(presented).await;
        if let Err(error) = &result {
            tracing::debug!(%error, reason = error.reason(), "credentials refused");
        }
        result
    }

    async fn judge(&self, presented: &Presented<'_>) -> Result<Identity, Error> {
        let now = self.clock.now();
        let token = presented.token();
        let iam = self.provider(|provider| matches!(provider, Provider::Iam(_)));
        let keys = self.provider(|provider| matches!(provider, Provider::ApiKey(_)));
        let signed = token.is_some_and(|token| token.starts_with("AWS4-HMAC-SHA256"));
        match (iam, keys, presented.header("x-api-key")) {
            (Some(Provider::Iam(config)), ..) if signed => {
                return iam::authenticate(config, &self.credentials, presented, now.0 / 1000);
            }
            (_, Some(Provider::ApiKey(keys)), Some(key)) => return api_key::authenticate(keys, key, now.0 / 1000),
            _ if signed => return Err(Error::not_authorized("the API does not have the mode AWS_IAM")),
            _ => {}
        }
        match token {
            Some(token) => self.token(token, presented).await,
            None if presented.header("x-api-key").is_some() => {
                Err(Error::not_authorized("the API does not have the mode API_KEY"))
            }
            None => Err(Error::Missing),
        }
    }

    async fn token(&self, token: &str, presented: &Presented<'_>) -> Result<Identity, Error> {
        let now = self.clock.now();
        if let Some(issuer) = jwt::claimed_issuer(token) {
            // Where it is the only mode, AppSync does not compare the issuer.
            let only = self.config.providers.len() == 1;
            let provider = self.provider(|provider| match provider {
                Provider::UserPool(pool) => same_issuer(&pool.issuer, &issuer),
                Provider::Oidc(oidc) => only || same_issuer(&oidc.issuer, &issuer),
                _ => false,
            });
            match provider {
                Some(Provider::UserPool(pool)) => {
                    return user_pool::authenticate(pool, token, &self.keys, now, presented.source_ip()).await;
                }
                Some(Provider::Oidc(oidc)) => {
                    return oidc::authenticate(oidc, !only, token, &self.keys, now).await;
                }
                _ => {}
            }
        }
        if self.provider(|provider| matches!(provider, Provider::Lambda)).is_some() {
            tracing::warn!("AWS_LAMBDA authorization does not run here yet: the token is refused");
            return Err(Error::not_authorized("AWS_LAMBDA authorization does not run here yet"));
        }
        Err(Error::not_authorized("no mode of the API accepts this token"))
    }

    fn provider(&self, wanted: impl Fn(&Provider) -> bool) -> Option<&Provider> {
        self.config.providers.iter().find(|provider| wanted(provider))
    }
}

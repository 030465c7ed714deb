//! Which mode a request's credentials are for, and their check.
//!
//! AppSync documents the rules only in parts ("Configuring authorization and authentication", developer guide); the
//! order here is what its clients rely on: a signature, an API key, a token of a known issuer, a Lambda token.

use std::sync::Arc;

use clock::Clock;

use crate::{
    Config, CredentialStore, Error, EventOperation, Identity, KeyCache, Presented, Provider, api_key, iam, jwt,
    lambda_authorizer::Authorizer,
    oidc::{self, same_issuer},
    user_pool,
};

/// Checks credentials against the modes of one API.
pub struct Authenticator {
    config: Config,
    credentials: Arc<CredentialStore>,
    keys: KeyCache,
    lambda: Authorizer,
    clock: Arc<dyn Clock>,
}

impl Authenticator {
    /// An authenticator for an API with these modes.
    pub fn new(config: Config, credentials: Arc<CredentialStore>, keys: KeyCache, clock: Arc<dyn Clock>) -> Self {
        Self { config, credentials, keys, lambda: Authorizer::default(), clock }
    }

    /// Who the request comes from.
    ///
    /// # Errors
    /// Every variant of [`Error`]; the reason of a refusal is logged at debug level.
    pub async fn authenticate(&self, presented: &Presented<'_>) -> Result<Identity, Error> {
        told(self.judge(presented, None).await)
    }

    /// Who an operation on an Event API comes from.
    ///
    /// # Errors
    /// As [`Self::authenticate`].
    pub async fn authenticate_event(
        &self,
        presented: &Presented<'_>,
        operation: EventOperation<'_>,
    ) -> Result<Identity, Error> {
        told(self.judge(presented, Some(operation)).await)
    }

    async fn judge(&self, presented: &Presented<'_>, event: Option<EventOperation<'_>>) -> Result<Identity, Error> {
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
            // To a Lambda authorizer a signature is a token like any other, where AWS_IAM is not a mode.
            _ if signed && !self.has_lambda() => {
                return Err(Error::not_authorized("the API does not have the mode AWS_IAM"));
            }
            _ => {}
        }
        match token {
            Some(token) => self.token(token, presented, event).await,
            None if presented.header("x-api-key").is_some() => {
                Err(Error::not_authorized("the API does not have the mode API_KEY"))
            }
            None => Err(Error::Missing),
        }
    }

    async fn token(
        &self,
        token: &str,
        presented: &Presented<'_>,
        event: Option<EventOperation<'_>>,
    ) -> Result<Identity, Error> {
        let now = self.clock.now();
        let issuer = jwt::claimed_issuer(token);
        if let Some(issuer) = &issuer {
            // Where it is the only mode, AppSync does not compare the issuer.
            let only = self.config.providers.len() == 1;
            let provider = self.provider(|provider| match provider {
                Provider::UserPool(pool) => same_issuer(&pool.issuer, issuer),
                Provider::Oidc(oidc) => only || same_issuer(&oidc.issuer, issuer),
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
        match self.provider(|provider| matches!(provider, Provider::Lambda(_))) {
            // A token that could be an OpenID Connect one is never the Lambda authorizer's where both are modes.
            Some(Provider::Lambda(config)) if !(issuer.is_some() && self.has_token_issuers()) => {
                let token = presented.header("authorization").unwrap_or(token);
                self.lambda.authenticate(config, token, presented, event, &*self.clock).await
            }
            _ => Err(Error::not_authorized("no mode of the API accepts this token")),
        }
    }

    fn has_lambda(&self) -> bool {
        self.provider(|provider| matches!(provider, Provider::Lambda(_))).is_some()
    }

    fn has_token_issuers(&self) -> bool {
        self.provider(|provider| matches!(provider, Provider::Oidc(_) | Provider::UserPool(_))).is_some()
    }

    fn provider(&self, wanted: impl Fn(&Provider) -> bool) -> Option<&Provider> {
        self.config.providers.iter().find(|provider| wanted(provider))
    }
}

fn told(result: Result<Identity, Error>) -> Result<Identity, Error> {
    if let Err(error) = &result {
        tracing::debug!(%error, reason = error.reason(), "credentials refused");
    }
    result
}

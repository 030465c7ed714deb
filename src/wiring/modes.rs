//! An API's authorization modes: from the template to an [`Authenticator`], with the keys of its token issuers.

use std::sync::Arc;

use appsync::Diagnostic;
use auth::{
    ApiKey, ApiKeys, Authenticator, Config, Discovery, IamConfig, KeyCache, KeySource, LambdaConfig, OidcConfig,
    Provider, UserPoolConfig,
};
use aws_protocol::BoxFuture;
use clock::Clock;
use cognito::UserPools;
use serde_json::Value;
use template::{AdditionalProvider, AuthenticationType, EventApi, GraphqlApi};

use super::apis::Surroundings;
use crate::backends::http_client::Outbound;

/// What an API of either kind says about its callers.
pub(super) struct Modes<'a> {
    api_id: &'a str,
    logical_id: &'a str,
    authentication: &'a [AdditionalProvider],
    api_keys: &'a [template::ApiKey],
    /// Whether the first mode is the one of fields without a directive.
    has_default: bool,
}

impl<'a> Modes<'a> {
    pub(super) fn of(api: &'a GraphqlApi) -> Self {
        let GraphqlApi { id, logical_id, authentication, api_keys, .. } = api;
        Self { api_id: id, logical_id, authentication, api_keys, has_default: true }
    }

    pub(super) fn of_events(api: &'a EventApi) -> Self {
        let EventApi { id, logical_id, authentication, api_keys, .. } = api;
        Self { api_id: id, logical_id, authentication, api_keys, has_default: false }
    }
}

/// An authenticator with the modes of `api`.
///
/// # Errors
/// A mode that cannot be used as configured.
pub(super) fn authenticator(api: &Modes<'_>, surroundings: &Surroundings) -> Result<Authenticator, Diagnostic> {
    let mut providers = Vec::new();
    for (position, provider) in api.authentication.iter().enumerate() {
        providers.push(self::provider(api, provider, api.has_default && position == 0, surroundings)?);
    }
    let Surroundings { credentials, keys, clock, .. } = surroundings;
    Ok(Authenticator::new(Config { providers }, credentials.clone(), keys.clone(), clock.clone()))
}

/// Keys of token issuers, for the authenticators of all APIs.
pub(super) fn keys(user_pools: &Arc<UserPools>, outbound: Arc<Outbound>, clock: Arc<dyn Clock>) -> KeyCache {
    let source = Issuers { user_pools: user_pools.clone(), elsewhere: Discovery::new(outbound) };
    KeyCache::new(Arc::new(source), clock)
}

fn provider(
    api: &Modes<'_>,
    provider: &AdditionalProvider,
    is_default: bool,
    surroundings: &Surroundings,
) -> Result<Provider, Diagnostic> {
    let whole_match = |expression: &Option<String>| match expression.as_deref() {
        None | Some("") => Ok(None),
        Some(expression) => Config::whole_match(expression).map(Some).map_err(|cause| {
            let message = format!("'{expression}' is no regular expression: {cause}");
            Diagnostic { file: api.logical_id.to_owned(), line: 0, column: 0, message }
        }),
    };
    Ok(match provider.authentication_type {
        AuthenticationType::ApiKey => Provider::ApiKey(api_keys(api.api_keys)),
        AuthenticationType::AwsIam => Provider::Iam(IamConfig { region: surroundings.partition.region.clone() }),
        AuthenticationType::AwsLambda => {
            let config = provider.lambda_authorizer_config.as_ref();
            Provider::Lambda(LambdaConfig {
                api_id: api.api_id.to_owned(),
                account: surroundings.partition.account.clone(),
                function_arn: config.and_then(|config| config.authorizer_uri.clone()).unwrap_or_default(),
                ttl_seconds: config.and_then(|config| config.authorizer_result_ttl_in_seconds).unwrap_or(0.0) as i64,
                token: whole_match(&config.and_then(|config| config.identity_validation_expression.clone()))?,
                services: surroundings.services.clone(),
            })
        }
        AuthenticationType::OpenidConnect => {
            let config = provider.open_id_connect_config.as_ref();
            let millis = |ttl: Option<f64>| ttl.filter(|ttl| *ttl > 0.0).map(|ttl| ttl as i64);
            Provider::Oidc(OidcConfig {
                issuer: config.and_then(|config| config.issuer.clone()).unwrap_or_default(),
                client_id: whole_match(&config.and_then(|config| config.client_id.clone()))?,
                iat_ttl_millis: millis(config.and_then(|config| config.iat_ttl)),
                auth_ttl_millis: millis(config.and_then(|config| config.auth_ttl)),
            })
        }
        AuthenticationType::AmazonCognitoUserPools => {
            let config = provider.user_pool_config.as_ref();
            let pool_id = config.and_then(|config| config.user_pool_id.clone()).unwrap_or_default();
            let denies = config.is_some_and(|config| config.default_action.as_deref() == Some("DENY"));
            Provider::UserPool(UserPoolConfig {
                issuer: surroundings.user_pools.issuer(&pool_id),
                app_client: whole_match(&config.and_then(|config| config.app_id_client_regex.clone()))?,
                default_action: is_default.then_some(if denies { "DENY" } else { "ALLOW" }),
            })
        }
    })
}

/// AWS differs: a key without `Expires` lives seven days there, and as long as the data folder here.
fn api_keys(keys: &[template::ApiKey]) -> ApiKeys {
    let entry = |key: &template::ApiKey| (key.key.clone(), ApiKey { expires: key.expires.unwrap_or(i64::MAX) });
    ApiKeys(keys.iter().map(entry).collect())
}

/// Keys of this server's own pools without a detour over the network, and of issuers elsewhere by discovery.
struct Issuers {
    user_pools: Arc<UserPools>,
    elsewhere: Discovery,
}

impl KeySource for Issuers {
    fn key_set<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, Result<Value, String>> {
        let own = issuer.trim_end_matches('/').strip_prefix(&self.user_pools.issuer(""));
        match own.map(str::to_owned) {
            Some(pool) => Box::pin(async move { self.user_pools.jwks(&pool).await.map_err(|error| error.to_string()) }),
            None => self.elsewhere.key_set(issuer),
        }
    }
}

//! The API's authorization modes: from the template to an [`Authenticator`], with the keys of its token issuers.

use std::{collections::HashMap, sync::Arc};

use auth::{
    ApiKey, ApiKeys, Authenticator, Config, CredentialStore, Discovery, IamConfig, KeyCache, KeySource, OidcConfig,
    Provider, UserPoolConfig,
};
use aws_protocol::BoxFuture;
use clock::Clock;
use cognito::UserPools;
use serde_json::Value;
use template::{AdditionalProvider, Application, AuthenticationType, GraphqlApi};

use crate::backends::http_client::Outbound;

/// A mode that cannot be used as configured.
#[derive(Debug, thiserror::Error)]
#[error("the API {api}: '{expression}' is no regular expression: {cause}")]
pub(crate) struct Error {
    api: String,
    expression: String,
    cause: String,
}

/// An authenticator with the modes of the first API.
pub(super) fn authenticator(
    application: &Application,
    region: &str,
    user_pools: &Arc<UserPools>,
    credentials: &Arc<CredentialStore>,
    outbound: Arc<Outbound>,
    clock: Arc<dyn Clock>,
) -> Result<Authenticator, Error> {
    let mut providers = Vec::new();
    if let Some(api) = application.apis.first() {
        for (position, provider) in api.authentication.iter().enumerate() {
            providers.push(self::provider(api, provider, position == 0, region, user_pools)?);
        }
    }
    let pools = application.user_pools.iter().map(|pool| (user_pools.issuer(&pool.id), pool.id.clone())).collect();
    let source = Issuers { pools, user_pools: user_pools.clone(), elsewhere: Discovery::new(outbound) };
    let keys = KeyCache::new(Arc::new(source), clock.clone());
    Ok(Authenticator::new(Config { providers }, credentials.clone(), keys, clock))
}

fn provider(
    api: &GraphqlApi,
    provider: &AdditionalProvider,
    is_default: bool,
    region: &str,
    user_pools: &UserPools,
) -> Result<Provider, Error> {
    let whole_match = |expression: &Option<String>| match expression.as_deref() {
        None | Some("") => Ok(None),
        Some(expression) => Config::whole_match(expression).map(Some).map_err(|cause| Error {
            api: api.logical_id.clone(),
            expression: expression.to_owned(),
            cause: cause.to_string(),
        }),
    };
    Ok(match provider.authentication_type {
        AuthenticationType::ApiKey => Provider::ApiKey(api_keys(api)),
        AuthenticationType::AwsIam => Provider::Iam(IamConfig { region: region.to_owned() }),
        AuthenticationType::AwsLambda => Provider::Lambda,
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
                issuer: user_pools.issuer(&pool_id),
                app_client: whole_match(&config.and_then(|config| config.app_id_client_regex.clone()))?,
                default_action: is_default.then_some(if denies { "DENY" } else { "ALLOW" }),
            })
        }
    })
}

/// AWS differs: a key without `Expires` lives seven days there, and as long as the data folder here.
fn api_keys(api: &GraphqlApi) -> ApiKeys {
    let entry = |key: &template::ApiKey| (key.key.clone(), ApiKey { expires: key.expires.unwrap_or(i64::MAX) });
    ApiKeys(api.api_keys.iter().map(entry).collect())
}

/// Keys of this server's own pools without a detour over the network, and of issuers elsewhere by discovery.
struct Issuers {
    pools: HashMap<String, String>,
    user_pools: Arc<UserPools>,
    elsewhere: Discovery,
}

impl KeySource for Issuers {
    fn key_set<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, Result<Value, String>> {
        match self.pools.get(issuer.trim_end_matches('/')) {
            Some(pool) => Box::pin(async { self.user_pools.jwks(pool).await.map_err(|error| error.to_string()) }),
            None => self.elsewhere.key_set(issuer),
        }
    }
}

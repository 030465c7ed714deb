//! How callers of one API may identify themselves, as the template configures it.

use std::collections::HashMap;

use regex::Regex;

use crate::LambdaConfig;

/// The modes of an API, the default one first.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// In order; at most one Lambda authorizer, any number of user pools and OpenID Connect providers.
    pub providers: Vec<Provider>,
}

/// One mode with what it needs.
#[derive(Debug, Clone)]
pub enum Provider {
    /// `API_KEY`
    ApiKey(ApiKeys),
    /// `AWS_IAM`
    Iam(IamConfig),
    /// `OPENID_CONNECT`
    Oidc(OidcConfig),
    /// `AMAZON_COGNITO_USER_POOLS`
    UserPool(UserPoolConfig),
    /// `AWS_LAMBDA`
    Lambda(LambdaConfig),
}

/// The API keys of an API by their value.
#[derive(Debug, Clone, Default)]
pub struct ApiKeys(pub HashMap<String, ApiKey>);

/// An API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiKey {
    /// Epoch seconds; from then on it is refused.
    pub expires: i64,
}

/// What signatures must be scoped to.
#[derive(Debug, Clone)]
pub struct IamConfig {
    /// The API's region.
    pub region: String,
}

/// An OpenID Connect provider (`OpenIDConnectConfig`).
#[derive(Debug, Clone)]
pub struct OidcConfig {
    /// Its issuer URL.
    pub issuer: String,
    /// Must match `aud` or `azp`, whole.
    pub client_id: Option<Regex>,
    /// Milliseconds after `iat` that a token is good for.
    pub iat_ttl_millis: Option<i64>,
    /// Milliseconds after `auth_time` that a token is good for.
    pub auth_ttl_millis: Option<i64>,
}

/// A Cognito user pool (`UserPoolConfig`).
#[derive(Debug, Clone)]
pub struct UserPoolConfig {
    /// The `iss` of its tokens.
    pub issuer: String,
    /// Must match `aud` of an id token and `client_id` of an access token, whole.
    pub app_client: Option<Regex>,
    /// `ALLOW` or `DENY` where the pool is the API's default mode.
    pub default_action: Option<&'static str>,
}

impl Config {
    /// A regular expression that matches a whole text, as AppSync reads `clientId`, `appIdClientRegex` and
    /// `identityValidationExpression`.
    ///
    /// # Errors
    /// The text is no regular expression, or one too large to compile.
    pub fn whole_match(expression: &str) -> Result<Regex, regex::Error> {
        regex::RegexBuilder::new(&format!("^(?:{expression})$")).size_limit(1 << 20).build()
    }
}

//! `AWS::AppSync::*`: an API with its schema, keys, data sources, functions and resolvers; `event_api`: an Event API
//! with its channel namespaces.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_AppSync.html>

mod channel_namespace;
mod data_source;
mod environment;
mod event_api;
mod merged;
mod resolver;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

pub(super) use channel_namespace::check_references as check_event_apis;
pub use channel_namespace::{Behavior, ChannelNamespace, EventHandler, InvokeType};
pub use data_source::{
    AwsIamConfig, DataSource, DataSourceConfig, DeltaSyncConfig, DynamoDbConfig, HttpConfig, RdsHttpEndpointConfig,
};
pub use event_api::EventApi;
pub(super) use event_api::event_api;
pub use merged::SourceApi;
pub(super) use merged::associate;
pub(super) use resolver::check_references;
pub use resolver::{CachingConfig, Function, Handler, Resolver, ResolverKind, SyncConfig};

use super::Application;
use crate::{application::assemble::Assembly, diagnostic::Position, source::Source, template::Resource};

/// A GraphQL API.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphqlApi {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// 26 lowercase letters and digits.
    pub id: String,
    /// `arn:aws:appsync:REGION:ACCOUNT:apis/ID`.
    pub arn: String,
    /// What event rules aim at: `arn:aws:appsync:REGION:ACCOUNT:endpoints/graphql-api/ID`.
    pub endpoint_arn: String,
    /// Where queries and mutations go.
    pub graphql_url: String,
    /// Where subscriptions connect.
    pub realtime_url: String,
    /// Its display name.
    pub name: String,
    /// How callers may identify themselves, the default mode first.
    pub authentication: Vec<AdditionalProvider>,
    /// What resolvers read as `ctx.env`.
    pub environment_variables: IndexMap<String, String>,
    /// Whether clients may ask for the schema.
    pub introspection: bool,
    /// 0 for no limit, else 1 to 75.
    pub query_depth_limit: u32,
    /// 0 for AWS's own limit of 10,000.
    pub resolver_count_limit: u32,
    /// Whether requests are traced.
    pub xray_enabled: bool,
    /// `LogConfig` as the template has it.
    pub log_config: Option<Value>,
    /// The schema definition.
    pub schema: Option<Source>,
    /// `AWS::AppSync::ApiKey`.
    pub api_keys: Vec<ApiKey>,
    /// `AWS::AppSync::ApiCache`.
    pub cache: Option<ApiCache>,
    /// `AWS::AppSync::DataSource`.
    pub data_sources: Vec<DataSource>,
    /// `AWS::AppSync::FunctionConfiguration`.
    pub functions: Vec<Function>,
    /// `AWS::AppSync::Resolver`.
    pub resolvers: Vec<Resolver>,
    /// The source APIs of an API with `ApiType: MERGED`, in the order of their associations; `None` for any other.
    pub sources: Option<Vec<SourceApi>>,
}

impl GraphqlApi {
    /// Its schema and the code of its functions and resolvers, then those of its source APIs.
    pub fn texts(&self) -> Vec<&Source> {
        let functions = self.functions.iter().map(|function| &function.handler);
        let handlers = functions.chain(self.resolvers.iter().map(|resolver| &resolver.handler));
        let code = handlers.flat_map(|handler| match handler {
            Handler::Code(code) => [Some(code), None],
            Handler::Templates { request, response } => [request.as_ref(), response.as_ref()],
        });
        // A source API has no sources.
        let sources = self.sources.iter().flatten().flat_map(|source| source.api.texts());
        self.schema.iter().chain(code.flatten()).chain(sources).collect()
    }
}

/// A way for callers to identify themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthenticationType {
    /// A key in `x-api-key`.
    ApiKey,
    /// Signature Version 4.
    AwsIam,
    /// A token of an OpenID Connect provider.
    OpenidConnect,
    /// A token of a Cognito user pool.
    AmazonCognitoUserPools,
    /// A token that a Lambda function judges.
    AwsLambda,
}

/// An authorization mode with what it needs; the default mode has the same form.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AdditionalProvider {
    /// Which mode.
    pub authentication_type: AuthenticationType,
    /// For `AMAZON_COGNITO_USER_POOLS`.
    pub user_pool_config: Option<CognitoUserPoolConfig>,
    /// For `OPENID_CONNECT`.
    #[serde(rename = "OpenIDConnectConfig")]
    pub open_id_connect_config: Option<OpenIdConnectConfig>,
    /// For `AWS_LAMBDA`.
    pub lambda_authorizer_config: Option<LambdaAuthorizerConfig>,
}

/// Which user pool's tokens are accepted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CognitoUserPoolConfig {
    /// `REGION_` and nine letters and digits.
    pub user_pool_id: Option<String>,
    /// The pool's region.
    pub aws_region: Option<String>,
    /// A regular expression for the client id.
    pub app_id_client_regex: Option<String>,
    /// `ALLOW` or `DENY`, when the mode is the default one.
    pub default_action: Option<String>,
}

/// Which OpenID Connect provider's tokens are accepted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OpenIdConnectConfig {
    /// Its issuer URL.
    pub issuer: Option<String>,
    /// A regular expression for `aud` or `azp`.
    pub client_id: Option<String>,
    /// Milliseconds after `iat` that a token is good for.
    #[serde(rename = "IatTTL")]
    pub iat_ttl: Option<f64>,
    /// Milliseconds after `auth_time` that a token is good for.
    #[serde(rename = "AuthTTL")]
    pub auth_ttl: Option<f64>,
}

/// Which Lambda function judges tokens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LambdaAuthorizerConfig {
    /// The function's ARN.
    pub authorizer_uri: Option<String>,
    /// Seconds that an answer is remembered; 0 for not at all.
    pub authorizer_result_ttl_in_seconds: Option<f64>,
    /// A regular expression that a token must match before the function is asked.
    pub identity_validation_expression: Option<String>,
}

/// An API key.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    /// Its name in the template.
    pub logical_id: String,
    /// What clients send: also its id.
    pub key: String,
    /// What it is for.
    pub description: Option<String>,
    /// Epoch seconds; seven days from its creation when not given.
    pub expires: Option<i64>,
}

/// The cache of an API.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ApiCache {
    /// `FULL_REQUEST_CACHING`, `PER_RESOLVER_CACHING` or `OPERATION_LEVEL_CACHING`.
    pub api_caching_behavior: String,
    /// Seconds, 1 to 3,600.
    pub ttl: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ApiProperties {
    name: String,
    api_type: Option<String>,
    #[serde(flatten)]
    default_mode: AdditionalProvider,
    #[serde(default)]
    additional_authentication_providers: Vec<AdditionalProvider>,
    #[serde(default)]
    environment_variables: IndexMap<String, String>,
    introspection_config: Option<String>,
    query_depth_limit: Option<u32>,
    resolver_count_limit: Option<u32>,
    #[serde(default)]
    xray_enabled: bool,
    log_config: Option<Value>,
}

/// `QueryDepthLimit`, levels (AppSync API reference).
const MOST_QUERY_DEPTH: u32 = 75;
/// `ResolverCountLimit` (AppSync API reference).
const MOST_RESOLVERS: u32 = 10_000;

pub(super) fn graphql_api(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Option<GraphqlApi> {
    let properties: ApiProperties = assembly.properties(resource)?;
    let attribute = |name| resource.identity.attributes.get(name).cloned().unwrap_or_default();
    let mut authentication = vec![properties.default_mode];
    authentication.extend(properties.additional_authentication_providers);
    for provider in &authentication {
        if let Some(missing) = missing_config(provider) {
            assembly.error("SW0152", resource, "AuthenticationType", format!("this mode needs {missing}"));
        }
    }
    for (name, limit, most) in [
        ("QueryDepthLimit", properties.query_depth_limit, MOST_QUERY_DEPTH),
        ("ResolverCountLimit", properties.resolver_count_limit, MOST_RESOLVERS),
    ] {
        if limit.is_some_and(|limit| limit > most) {
            assembly.error("SW0155", resource, name, format!("'{name}' is at most {most}"));
        }
    }
    for message in environment::wrong(&properties.environment_variables) {
        assembly.error("SW0155", resource, "EnvironmentVariables", message);
    }
    Some(GraphqlApi {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        id: attribute("ApiId"),
        arn: attribute("Arn"),
        endpoint_arn: attribute("GraphQLEndpointArn"),
        graphql_url: attribute("GraphQLUrl"),
        realtime_url: attribute("RealtimeUrl"),
        name: properties.name,
        authentication,
        environment_variables: properties.environment_variables,
        introspection: properties.introspection_config.as_deref() != Some("DISABLED"),
        query_depth_limit: properties.query_depth_limit.unwrap_or(0),
        resolver_count_limit: properties.resolver_count_limit.unwrap_or(0),
        xray_enabled: properties.xray_enabled,
        log_config: properties.log_config,
        schema: None,
        api_keys: Vec::new(),
        cache: None,
        data_sources: Vec::new(),
        functions: Vec::new(),
        resolvers: Vec::new(),
        sources: (properties.api_type.as_deref() == Some("MERGED")).then(Vec::new),
    })
}

/// What a mode lacks.
fn missing_config(provider: &AdditionalProvider) -> Option<&'static str> {
    let user_pool = provider.user_pool_config.as_ref().and_then(|config| config.user_pool_id.as_ref());
    let issuer = provider.open_id_connect_config.as_ref().and_then(|config| config.issuer.as_ref());
    let authorizer = provider.lambda_authorizer_config.as_ref().and_then(|config| config.authorizer_uri.as_ref());
    match provider.authentication_type {
        AuthenticationType::AmazonCognitoUserPools if user_pool.is_none() => Some("a UserPoolConfig with a UserPoolId"),
        AuthenticationType::OpenidConnect if issuer.is_none() => Some("an OpenIDConnectConfig with an Issuer"),
        AuthenticationType::AwsLambda if authorizer.is_none() => Some("a LambdaAuthorizerConfig with an AuthorizerUri"),
        _ => None,
    }
}

/// Adds what belongs to an API to it.
pub(super) fn member(assembly: &mut Assembly<'_, '_>, resource: &Resource, application: &mut Application) {
    let api_id = resource.properties.get("ApiId").and_then(Value::as_str).unwrap_or_default();
    if let Some(api) = application.event_apis.iter_mut().find(|api| api.id == api_id) {
        return event_api::member(assembly, resource, api);
    }
    let Some(api) = application.apis.iter_mut().find(|api| api.id == api_id) else {
        // After an earlier error the API may be missing for that reason.
        if !assembly.report.has_errors() {
            assembly.error("SW0180", resource, "ApiId", format!("the template has no API with the id '{api_id}'"));
        }
        return;
    };
    match &*resource.resource_type {
        "AWS::AppSync::GraphQLSchema" => api.schema = schema(assembly, resource),
        "AWS::AppSync::ApiKey" => api.api_keys.push(api_key(resource)),
        "AWS::AppSync::ApiCache" => api.cache = assembly.properties(resource),
        "AWS::AppSync::DataSource" => api.data_sources.extend(data_source::data_source(assembly, resource)),
        "AWS::AppSync::FunctionConfiguration" => api.functions.extend(resolver::function(assembly, resource)),
        "AWS::AppSync::Resolver" => api.resolvers.extend(resolver::resolver(assembly, resource)),
        "AWS::AppSync::ChannelNamespace" => {
            let message = "this is a GraphQL API: only an AWS::AppSync::Api has channel namespaces".to_owned();
            assembly.error("SW0180", resource, "ApiId", message);
        }
        _ => {}
    }
}

fn schema(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Option<Source> {
    let schema = assembly.text(resource, "Definition", "DefinitionS3Location");
    if schema.is_none() && !assembly.report.has_errors() {
        let message = "a schema needs a Definition or a DefinitionS3Location".to_owned();
        assembly.error("SW0152", resource, "Definition", message);
    }
    schema
}

fn api_key(resource: &Resource) -> ApiKey {
    let property = |name: &str| resource.properties.get(name);
    ApiKey {
        logical_id: resource.logical_id.clone(),
        key: resource.identity.attributes.get("ApiKey").cloned().unwrap_or_default(),
        description: property("Description").and_then(Value::as_str).map(str::to_owned),
        // A float in JSON is a whole number of seconds all the same.
        expires: property("Expires").and_then(Value::as_f64).map(|seconds| seconds as i64),
    }
}

//! `AWS::AppSync::Api`: an Event API.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-appsync-api.html>

use serde::Deserialize;
use serde_json::Value;

use super::{
    AdditionalProvider, ApiKey, AuthenticationType, ChannelNamespace, CognitoUserPoolConfig, DataSource,
    LambdaAuthorizerConfig, OpenIdConnectConfig, api_key, channel_namespace, data_source, missing_config,
};
use crate::{
    application::assemble::Assembly,
    diagnostic::{Position, Problem},
    source::Source,
    template::Resource,
};

/// An Event API.
#[derive(Debug, Clone, PartialEq)]
pub struct EventApi {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// 26 lowercase letters and digits.
    pub id: String,
    /// `arn:aws:appsync:REGION:ACCOUNT:apis/ID`.
    pub arn: String,
    /// What stands between `https://` and `/event` for publishing: a host, with a port and a path if need be.
    pub http_dns: String,
    /// What stands between `wss://` and `/event/realtime`.
    pub realtime_dns: String,
    /// Its display name.
    pub name: String,
    /// Whom to ask about it.
    pub owner_contact: Option<String>,
    /// How callers may identify themselves.
    pub authentication: Vec<AdditionalProvider>,
    /// Modes of those that a connection may be opened with.
    pub connection_auth_modes: Vec<AuthenticationType>,
    /// Modes that events may be published with where a namespace says nothing.
    pub publish_auth_modes: Vec<AuthenticationType>,
    /// Modes that channels may be subscribed to with where a namespace says nothing.
    pub subscribe_auth_modes: Vec<AuthenticationType>,
    /// `LogConfig` as the template has it.
    pub log_config: Option<Value>,
    /// `AWS::AppSync::ApiKey`.
    pub api_keys: Vec<ApiKey>,
    /// `AWS::AppSync::DataSource`.
    pub data_sources: Vec<DataSource>,
    /// `AWS::AppSync::ChannelNamespace`.
    pub namespaces: Vec<ChannelNamespace>,
}

impl EventApi {
    /// The code of its namespaces.
    pub fn texts(&self) -> Vec<&Source> {
        self.namespaces.iter().filter_map(|namespace| namespace.code.as_ref()).collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ApiProperties {
    name: String,
    owner_contact: Option<String>,
    event_config: EventConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventConfig {
    auth_providers: Vec<AuthProvider>,
    connection_auth_modes: Vec<AuthMode>,
    default_publish_auth_modes: Vec<AuthMode>,
    default_subscribe_auth_modes: Vec<AuthMode>,
    log_config: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AuthMode {
    auth_type: AuthenticationType,
}

/// `AdditionalProvider` under the names of an Event API.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AuthProvider {
    auth_type: AuthenticationType,
    cognito_config: Option<CognitoUserPoolConfig>,
    #[serde(rename = "OpenIDConnectConfig")]
    open_id_connect_config: Option<OpenIdConnectConfig>,
    lambda_authorizer_config: Option<LambdaAuthorizerConfig>,
}

impl From<AuthProvider> for AdditionalProvider {
    fn from(provider: AuthProvider) -> Self {
        Self {
            authentication_type: provider.auth_type,
            user_pool_config: provider.cognito_config,
            open_id_connect_config: provider.open_id_connect_config,
            lambda_authorizer_config: provider.lambda_authorizer_config,
        }
    }
}

pub(super) fn types(modes: Vec<AuthMode>) -> Vec<AuthenticationType> {
    modes.into_iter().map(|mode| mode.auth_type).collect()
}

pub(in crate::application) fn event_api(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Option<EventApi> {
    let ApiProperties { name, owner_contact, event_config } = assembly.properties(resource)?;
    let attribute = |name| resource.identity.attributes.get(name).cloned().unwrap_or_default();
    let authentication: Vec<AdditionalProvider> = event_config.auth_providers.into_iter().map(Into::into).collect();
    for provider in &authentication {
        if let Some(missing) = missing_config(provider) {
            // Here the configuration of a user pool has a name of its own.
            let missing = missing.replace("UserPoolConfig", "CognitoConfig");
            assembly.error("SW0152", resource, "EventConfig", format!("this mode needs {missing}"));
        }
    }
    let api = EventApi {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        id: attribute("ApiId"),
        arn: attribute("ApiArn"),
        http_dns: attribute("Dns.Http"),
        realtime_dns: attribute("Dns.Realtime"),
        name,
        owner_contact,
        authentication,
        connection_auth_modes: types(event_config.connection_auth_modes),
        publish_auth_modes: types(event_config.default_publish_auth_modes),
        subscribe_auth_modes: types(event_config.default_subscribe_auth_modes),
        log_config: event_config.log_config,
        api_keys: Vec::new(),
        data_sources: Vec::new(),
        namespaces: Vec::new(),
    };
    for (property, modes) in [
        ("ConnectionAuthModes", &api.connection_auth_modes),
        ("DefaultPublishAuthModes", &api.publish_auth_modes),
        ("DefaultSubscribeAuthModes", &api.subscribe_auth_modes),
    ] {
        check_modes(assembly, resource, &api, property, modes);
    }
    Some(api)
}

/// An operation has a mode at least, and each has a provider.
pub(super) fn check_modes(
    assembly: &mut Assembly<'_, '_>,
    resource: &Resource,
    api: &EventApi,
    property: &str,
    modes: &[AuthenticationType],
) {
    let owner = resource.node.get("EventConfig").unwrap_or(&resource.node);
    let at = owner.get(property).map_or(resource.at, |node| node.at);
    let has_provider =
        |mode: &AuthenticationType| api.authentication.iter().any(|provider| provider.authentication_type == *mode);
    let message = if modes.is_empty() {
        format!("'{property}' needs a mode at least")
    } else if modes.iter().all(has_provider) {
        return;
    } else {
        format!("'{property}' has a mode that is not among the AuthProviders of the API")
    };
    assembly.report.add(Problem::error("SW0155", at, message));
}

/// Adds what belongs to an Event API to it.
pub(super) fn member(assembly: &mut Assembly<'_, '_>, resource: &Resource, api: &mut EventApi) {
    match &*resource.resource_type {
        "AWS::AppSync::ApiKey" => api.api_keys.push(api_key(resource)),
        "AWS::AppSync::DataSource" => api.data_sources.extend(data_source::data_source(assembly, resource)),
        "AWS::AppSync::ChannelNamespace" => {
            let namespace = channel_namespace::namespace(assembly, resource, api);
            api.namespaces.extend(namespace);
        }
        other => {
            let message = format!("this is an Event API, which has no {other}");
            assembly.error("SW0180", resource, "ApiId", message);
        }
    }
}

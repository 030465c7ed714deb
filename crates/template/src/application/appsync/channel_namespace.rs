//! `AWS::AppSync::ChannelNamespace`: a namespace of an Event API.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-appsync-channelnamespace.html>

use std::collections::HashSet;

use serde::Deserialize;

use super::{
    AuthenticationType, DataSource, DataSourceConfig, EventApi,
    event_api::{AuthMode, check_modes, types},
};
use crate::{
    application::assemble::Assembly,
    diagnostic::{Position, Problem},
    source::Source,
    template::Resource,
};

/// Characters of a namespace's name (AppSync API reference, ChannelNamespace).
const LONGEST_NAME: usize = 50;
/// Characters of a namespace's code (the same page).
const LONGEST_CODE: usize = 32_768;

/// A namespace: the first segment of its channels' paths, and how these are handled.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelNamespace {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// `arn:aws:appsync:REGION:ACCOUNT:apis/ID/channelNamespace/NAME`.
    pub arn: String,
    /// The first segment.
    pub name: String,
    /// Instead of those of the API.
    pub publish_auth_modes: Option<Vec<AuthenticationType>>,
    /// Instead of those of the API.
    pub subscribe_auth_modes: Option<Vec<AuthenticationType>>,
    /// An APPSYNC_JS module with `onPublish` or `onSubscribe` or both.
    pub code: Option<Source>,
    /// Who handles what is published.
    pub on_publish: Option<EventHandler>,
    /// Who handles subscriptions.
    pub on_subscribe: Option<EventHandler>,
}

/// The data source of a handler.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "HandlerConfig")]
pub struct EventHandler {
    /// With the namespace's code or without.
    pub behavior: Behavior,
    /// The data source's name.
    pub data_source_name: String,
    /// How a Lambda function is called directly.
    pub invoke_type: Option<InvokeType>,
}

/// Whether a handler is code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Behavior {
    /// `request` and `response` of the namespace's code, with the data source between them.
    Code,
    /// The data source's Lambda function alone.
    Direct,
}

/// How a Lambda function is called directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvokeType {
    /// Its answer decides.
    RequestResponse,
    /// Nobody waits for it.
    Event,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HandlerConfig {
    behavior: Behavior,
    integration: Integration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Integration {
    data_source_name: String,
    lambda_config: Option<LambdaConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LambdaConfig {
    invoke_type: InvokeType,
}

impl From<HandlerConfig> for EventHandler {
    fn from(HandlerConfig { behavior, integration }: HandlerConfig) -> Self {
        let invoke_type = integration.lambda_config.map(|config| config.invoke_type);
        Self { behavior, data_source_name: integration.data_source_name, invoke_type }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NamespaceProperties {
    name: String,
    publish_auth_modes: Option<Vec<AuthMode>>,
    subscribe_auth_modes: Option<Vec<AuthMode>>,
    #[serde(default)]
    handler_configs: HandlerConfigs,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HandlerConfigs {
    on_publish: Option<EventHandler>,
    on_subscribe: Option<EventHandler>,
}

pub(super) fn namespace(
    assembly: &mut Assembly<'_, '_>,
    resource: &Resource,
    api: &EventApi,
) -> Option<ChannelNamespace> {
    let NamespaceProperties { name, publish_auth_modes, subscribe_auth_modes, handler_configs } =
        assembly.properties(resource)?;
    let namespace = ChannelNamespace {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        arn: resource.identity.attributes.get("ChannelNamespaceArn").cloned().unwrap_or_default(),
        name,
        publish_auth_modes: publish_auth_modes.map(types),
        subscribe_auth_modes: subscribe_auth_modes.map(types),
        code: assembly.text(resource, "CodeHandlers", "CodeS3Location"),
        on_publish: handler_configs.on_publish,
        on_subscribe: handler_configs.on_subscribe,
    };
    for (property, modes) in
        [("PublishAuthModes", &namespace.publish_auth_modes), ("SubscribeAuthModes", &namespace.subscribe_auth_modes)]
    {
        if let Some(modes) = modes {
            check_modes(assembly, resource, api, property, modes);
        }
    }
    if let Some(message) = wrong(&namespace, api) {
        let property = if is_name(&namespace.name) { "CodeHandlers" } else { "Name" };
        assembly.error("SW0155", resource, property, message);
    }
    Some(namespace)
}

/// What AppSync refuses about a namespace.
fn wrong(namespace: &ChannelNamespace, api: &EventApi) -> Option<String> {
    let characters = namespace.code.as_ref().map_or(0, |code| code.text.chars().count());
    if !is_name(&namespace.name) {
        Some(format!(
            "a namespace's name has 1 to {LONGEST_NAME} letters, digits and hyphens, none of these first or last"
        ))
    } else if api.namespaces.iter().any(|other| other.name == namespace.name) {
        Some(format!("the API has another namespace '{}'", namespace.name))
    } else if characters > LONGEST_CODE {
        Some(format!("the code has {characters} characters; AppSync allows {LONGEST_CODE}"))
    } else {
        None
    }
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// The data source of every handler must be there, and be fit for it.
pub(in crate::application) fn check_references(apis: &[EventApi], assembly: &mut Assembly<'_, '_>) {
    if assembly.report.has_errors() {
        return;
    }
    for api in apis {
        let known: HashSet<&str> = api.data_sources.iter().map(|source| &*source.name).collect();
        for namespace in &api.namespaces {
            for handler in [&namespace.on_publish, &namespace.on_subscribe].into_iter().flatten() {
                let at = namespace.position;
                let name = &*handler.data_source_name;
                let Some(source) = api.data_sources.iter().find(|source| source.name == name) else {
                    let problem = Problem::error("SW0181", at, format!("the API has no data source '{name}'"));
                    assembly.report.add(problem.suggest(name, known.iter().copied()));
                    continue;
                };
                if let Some(message) = unfit(namespace, handler, source) {
                    assembly.report.add(Problem::error("SW0155", at, message.to_owned()));
                }
            }
        }
    }
}

/// Why a handler cannot use a data source.
fn unfit(namespace: &ChannelNamespace, handler: &EventHandler, source: &DataSource) -> Option<&'static str> {
    match handler.behavior {
        Behavior::Code if namespace.code.is_none() => {
            Some("a handler with the behavior CODE needs the namespace's code")
        }
        Behavior::Direct if !matches!(source.config, DataSourceConfig::Lambda(_)) => {
            Some("a handler with the behavior DIRECT needs a data source of type AWS_LAMBDA")
        }
        _ => None,
    }
}

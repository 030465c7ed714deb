//! `AWS::Events::Rule`.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html>

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::assemble::Assembly;
use crate::{diagnostic::Position, template::Resource};

/// A rule: which events go where.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// The rule's name.
    pub name: String,
    /// `arn:aws:events:REGION:ACCOUNT:rule/NAME`.
    pub arn: String,
    /// The bus's name, `default` unless given.
    pub event_bus_name: String,
    /// Which events match.
    pub event_pattern: Option<Value>,
    /// `rate(...)` or `cron(...)`.
    pub schedule_expression: Option<String>,
    /// Whether it is in force.
    pub enabled: bool,
    /// Where events go, at most five.
    pub targets: Vec<Target>,
}

/// Where a rule sends events.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Target {
    /// Unique within the rule.
    pub id: String,
    /// What is called: an API's `GraphQLEndpointArn`, a state machine, a queue ...
    pub arn: String,
    /// The role it is called with.
    pub role_arn: Option<String>,
    /// A constant JSON text in place of the event.
    pub input: Option<String>,
    /// The part of the event that is sent.
    pub input_path: Option<String>,
    /// A text made from parts of the event.
    pub input_transformer: Option<InputTransformer>,
    /// For an AppSync API: the GraphQL document; the input becomes its variables.
    #[serde(default, deserialize_with = "operation", rename = "AppSyncParameters")]
    pub graphql_operation: Option<String>,
}

/// A text made from parts of the event.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InputTransformer {
    /// Names and the JSON paths of their values.
    #[serde(default)]
    pub input_paths_map: IndexMap<String, String>,
    /// Text with `<NAME>`.
    pub input_template: String,
}

/// Takes the one member out of `AppSyncParameters`.
fn operation<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct AppSyncParameters {
        #[serde(rename = "GraphQLOperation")]
        operation: Option<String>,
    }
    Ok(AppSyncParameters::deserialize(deserializer)?.operation)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    event_bus_name: Option<String>,
    event_pattern: Option<Value>,
    schedule_expression: Option<String>,
    state: Option<String>,
    #[serde(default)]
    targets: Vec<Target>,
}

pub(super) fn rule(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Option<Rule> {
    let properties: Properties = assembly.properties(resource)?;
    if properties.event_pattern.is_none() && properties.schedule_expression.is_none() {
        let message = "a rule needs an EventPattern or a ScheduleExpression".to_owned();
        assembly.error("SW0152", resource, "EventPattern", message);
        return None;
    }
    let attribute = |name| resource.identity.attributes.get(name).cloned().unwrap_or_default();
    // The bus may be given as its name or as its ARN.
    let bus = properties.event_bus_name.as_deref().and_then(|bus| bus.rsplit('/').next()).unwrap_or("default");
    Some(Rule {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        name: attribute("RuleName"),
        arn: attribute("Arn"),
        event_bus_name: bus.to_owned(),
        event_pattern: properties.event_pattern,
        schedule_expression: properties.schedule_expression,
        enabled: properties.state.as_deref() != Some("DISABLED"),
        targets: properties.targets,
    })
}

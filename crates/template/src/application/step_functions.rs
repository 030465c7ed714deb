//! `AWS::StepFunctions::StateMachine` and `Activity`.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_StepFunctions.html>

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::assemble::Assembly;
use crate::{
    diagnostic::{Position, located},
    parse,
    source::{Source, SourceFile},
    substitution::{Part, parts},
    template::Resource,
};

/// The longest definition: AWS's limit of 1 MB.
const LONGEST_DEFINITION: usize = 1024 * 1024;

/// A state machine.
#[derive(Debug, Clone)]
pub struct StateMachine {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// The machine's name.
    pub name: String,
    /// `arn:aws:states:REGION:ACCOUNT:stateMachine:NAME`.
    pub arn: String,
    /// Standard or Express.
    pub kind: StateMachineType,
    /// The role that executions act with.
    pub role_arn: String,
    /// The Amazon States Language text, JSON, its substitutions made. Lines count as in its file.
    pub definition: Source,
    /// `LoggingConfiguration` as the template has it.
    pub logging: Option<Value>,
    /// Whether executions are traced.
    pub tracing: bool,
}

/// How executions are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum StateMachineType {
    /// Durable, at most a year.
    #[default]
    Standard,
    /// In memory, at most five minutes.
    Express,
}

/// An activity that workers poll.
#[derive(Debug, Clone)]
pub struct Activity {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// The activity's name.
    pub name: String,
    /// `arn:aws:states:REGION:ACCOUNT:activity:NAME`.
    pub arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    role_arn: String,
    #[serde(default)]
    state_machine_type: StateMachineType,
    #[serde(default)]
    definition_substitutions: IndexMap<String, String>,
    logging_configuration: Option<Value>,
    tracing_configuration: Option<Tracing>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tracing {
    #[serde(default)]
    enabled: bool,
}

pub(super) fn activity(resource: &Resource) -> Activity {
    let attribute = |name| resource.identity.attributes.get(name).cloned().unwrap_or_default();
    Activity {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        name: attribute("Name"),
        arn: attribute("Arn"),
    }
}

pub(super) fn state_machine(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Option<StateMachine> {
    let properties: Properties = assembly.properties(resource)?;
    let mut definition = definition(assembly, resource)?;
    let Some(text) = substituted(&definition.text, &properties.definition_substitutions) else {
        let message = "the definition is longer than 1 MB with its substitutions made".to_owned();
        assembly.error("SW0162", resource, "DefinitionSubstitutions", message);
        return None;
    };
    definition.text = text.into();
    let attribute = |name| resource.identity.attributes.get(name).cloned().unwrap_or_default();
    Some(StateMachine {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        name: attribute("Name"),
        arn: attribute("Arn"),
        kind: properties.state_machine_type,
        role_arn: properties.role_arn,
        definition,
        logging: properties.logging_configuration,
        tracing: properties.tracing_configuration.is_some_and(|tracing| tracing.enabled),
    })
}

/// The definition as JSON text, from whichever of the three properties has it.
fn definition(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Option<Source> {
    if let Some(object) = resource.node.get("Definition") {
        let text = format!("{:#}", object.to_json());
        let mut source = assembly.text(resource, "Definition", "DefinitionS3Location")?;
        source.text = text.into();
        return Some(source);
    }
    let source = assembly.text(resource, "DefinitionString", "DefinitionS3Location");
    if source.is_none() && !assembly.report.has_errors() {
        let message = "a state machine needs a Definition, DefinitionString or DefinitionS3Location".to_owned();
        assembly.error("SW0152", resource, "Definition", message);
    }
    let mut source = source?;
    if !source.text.trim_start().starts_with('{') {
        source.text = json_from_yaml(assembly, &source)?.into();
    }
    Some(source)
}

/// A definition may be written in YAML, too.
fn json_from_yaml(assembly: &mut Assembly<'_, '_>, source: &Source) -> Option<String> {
    match parse::parse(&source.text, 0) {
        Ok(node) => Some(format!("{:#}", node.to_json())),
        Err(problem) => {
            let file = SourceFile::new(source.path.clone(), source.text.clone());
            assembly.report.add_located(located(problem, &file));
            None
        }
    }
}

/// Puts the values in the place of `${KEY}`. Other texts in `${}` stay: they may be the machine's own. `None` when the
/// result is too long.
fn substituted(text: &str, values: &IndexMap<String, String>) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    for part in parts(text) {
        match part {
            Part::Literal(literal) => result.push_str(literal),
            Part::Name(name) => match values.get(name) {
                Some(value) => result.push_str(value),
                None => result.push_str(&format!("${{{name}}}")),
            },
            Part::Escaped(name) => result.push_str(&format!("${{!{name}}}")),
        }
        if result.len() > LONGEST_DEFINITION {
            return None;
        }
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitutes_known_names_only() {
        let values = IndexMap::from([("Table".to_owned(), "orders".to_owned())]);
        let text = r#"{"a": "${Table}", "b": "${Other}", "c": "${!x}", "d": "{% $x %}"}"#;
        let expected = r#"{"a": "orders", "b": "${Other}", "c": "${!x}", "d": "{% $x %}"}"#;
        assert_eq!(substituted(text, &values).as_deref(), Some(expected));
        let long = IndexMap::from([("A".to_owned(), "x".repeat(1000))]);
        assert_eq!(substituted(&"${A}".repeat(2000), &long), None);
    }
}

//! Rules and their targets: in the shape of `AWS::Events::Rule`, and compiled.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::{
    DEFAULT_BUS, Error, Event, Pattern,
    json_path::JsonPath,
    transformer::{Surroundings, Transformer},
};

/// The most targets that one rule may have.
const MAX_TARGETS: usize = 5;

/// The properties of an `AWS::Events::Rule`. What EventBridge has and the bus does not do is refused by name.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RuleDefinition {
    /// Unique on its bus.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// `default` unless it is given.
    pub event_bus_name: Option<String>,
    /// Which events the rule is for.
    pub event_pattern: Option<Value>,
    /// `rate(...)` and `cron(...)` are not supported.
    pub schedule_expression: Option<String>,
    /// Enabled unless it is given.
    #[serde(default)]
    pub state: RuleState,
    /// The role of targets that name none.
    pub role_arn: Option<String>,
    /// Up to five.
    #[serde(default)]
    pub targets: Vec<TargetDefinition>,
    /// Without meaning here.
    pub tags: Option<Value>,
}

/// Whether a rule is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RuleState {
    /// It is not.
    Disabled,
    /// It is.
    #[default]
    Enabled,
    /// It is. Management events, which this adds on AWS, do not exist here.
    EnabledWithAllCloudtrailManagementEvents,
}

/// Where a rule sends the events that match, and as what.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TargetDefinition {
    /// Unique in its rule.
    pub id: String,
    /// What is invoked.
    pub arn: String,
    /// The role that the target is invoked with.
    pub role_arn: Option<String>,
    /// A constant input, as JSON text.
    pub input: Option<String>,
    /// The part of the event that is the input.
    pub input_path: Option<String>,
    /// An input made from the event.
    pub input_transformer: Option<InputTransformer>,
    /// Needed by AppSync targets.
    #[serde(rename = "AppSyncParameters")]
    pub app_sync_parameters: Option<AppSyncParameters>,
    /// How long a failing target is tried.
    pub retry_policy: Option<RetryPolicy>,
}

/// Variables and the template that they are put into.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct InputTransformer {
    /// Variable names and the JSON paths of their values.
    #[serde(default)]
    pub input_paths_map: BTreeMap<String, String>,
    /// The template, with `<variables>`.
    pub input_template: String,
}

/// The operation that an AppSync target runs, with the target's input as its variables.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppSyncParameters {
    /// A GraphQL document with one operation.
    #[serde(rename = "GraphQLOperation")]
    pub graphql_operation: String,
}

/// How long a failing target is tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RetryPolicy {
    /// 0 to 185.
    pub maximum_retry_attempts: Option<u32>,
    /// 60 to 86,400.
    pub maximum_event_age_in_seconds: Option<u32>,
}

/// A rule that was checked and compiled.
#[derive(Debug, Clone)]
pub struct Rule {
    /// As it was defined.
    pub definition: RuleDefinition,
    /// `arn:aws:events:region:account:rule/name`.
    pub arn: String,
    pattern: Pattern,
    inputs: Vec<Input>,
}

/// What a target is given.
#[derive(Debug, Clone)]
enum Input {
    Event,
    Constant(Value),
    Path(JsonPath),
    Transformed(Transformer),
}

impl Rule {
    /// Checks and compiles a rule.
    ///
    /// # Errors
    /// [`Error::InvalidPattern`] and [`Error::Invalid`] for what EventBridge refuses, [`Error::Unsupported`] for what
    /// is not done here.
    pub fn compile(definition: RuleDefinition, arn: impl Into<String>) -> Result<Self, Error> {
        if definition.schedule_expression.is_some() {
            return Err(Error::Unsupported(format!("the ScheduleExpression of rule {}", definition.name)));
        }
        let Some(pattern) = &definition.event_pattern else {
            return Err(Error::Invalid(
                "Parameter(s) EventPattern or ScheduleExpression must be specified.".to_owned(),
            ));
        };
        let pattern = match pattern {
            Value::String(text) => Pattern::parse_text(text)?,
            json => Pattern::parse(json)?,
        };
        if definition.targets.len() > MAX_TARGETS {
            return Err(Error::Invalid(format!(
                "The requested resource exceeds the maximum number allowed: {MAX_TARGETS} targets"
            )));
        }
        let mut ids = HashSet::new();
        if let Some(twice) = definition.targets.iter().find(|target| !ids.insert(target.id.as_str())) {
            return Err(Error::Invalid(format!("Rule {} has two targets with the id {}.", definition.name, twice.id)));
        }
        let inputs = definition.targets.iter().map(Input::compile).collect::<Result<_, _>>()?;
        Ok(Self { definition, arn: arn.into(), pattern, inputs })
    }

    /// The bus that the rule listens to.
    pub fn bus(&self) -> &str {
        self.definition.event_bus_name.as_deref().map_or(DEFAULT_BUS, bus_name)
    }

    /// Whether `event`, whose JSON form is `json`, is for this rule.
    pub fn matches(&self, event: &Event, json: &Value) -> bool {
        self.listens(&event.bus, json)
    }

    /// Whether an event on `bus`, whose JSON form is `json`, is for this rule.
    pub(crate) fn listens(&self, bus: &str, json: &Value) -> bool {
        self.definition.state != RuleState::Disabled && self.bus() == bus && self.pattern.matches(json)
    }

    /// What the `n`-th target is given for `event`.
    pub(crate) fn input_of(&self, n: usize, event: &Event, json: &Value, ingested: &str) -> Result<Value, String> {
        match &self.inputs[n] {
            Input::Event => Ok(json.clone()),
            Input::Constant(value) => Ok(value.clone()),
            Input::Path(path) => path.find(json).ok_or_else(|| "the event has nothing at the InputPath".to_owned()),
            Input::Transformed(transformer) => {
                let around =
                    Surroundings { rule_arn: &self.arn, rule_name: &self.definition.name, ingestion_time: ingested };
                transformer.apply(event, json, around)
            }
        }
    }
}

impl Input {
    fn compile(target: &TargetDefinition) -> Result<Self, Error> {
        match (&target.input, &target.input_path, &target.input_transformer) {
            (None, None, None) => Ok(Self::Event),
            (Some(text), None, None) => serde_json::from_str(text)
                .map(Self::Constant)
                .map_err(|_| Error::Invalid(format!("JSON syntax error in input for target {}", target.id))),
            (None, Some(path), None) => JsonPath::parse(path).map(Self::Path),
            (None, None, Some(transformer)) => {
                Transformer::compile(&target.id, &transformer.input_paths_map, &transformer.input_template)
                    .map(Self::Transformed)
            }
            _ => Err(Error::Invalid(format!(
                "Only one of Input, InputPath, or InputTransformer must be provided for target {}.",
                target.id
            ))),
        }
    }
}

/// The name in a bus ARN (`arn:aws:events:region:account:event-bus/name`), or the name itself.
pub(crate) fn bus_name(name_or_arn: &str) -> &str {
    match name_or_arn.split_once(":event-bus/") {
        Some((arn, name)) if arn.starts_with("arn:") => name,
        _ => name_or_arn,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compile(change: Value) -> Result<Rule, String> {
        let mut rule = json!({ "Name": "r", "EventPattern": { "source": ["aws.states"] } });
        for (name, value) in change.as_object().expect("an object") {
            rule[name] = value.clone();
        }
        let definition = serde_json::from_value(rule).map_err(|error| error.to_string())?;
        Rule::compile(definition, "arn:rule").map_err(|error| error.to_string())
    }

    #[test]
    fn rules_that_eventbridge_would_refuse_are_refused() {
        let target = |extra: Value| {
            let mut target = json!({ "Id": "t", "Arn": "arn:x" });
            target.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
            json!({ "Targets": [target] })
        };
        let cases = [
            (json!({ "EventPattern": null }), "Parameter(s) EventPattern or ScheduleExpression must be specified."),
            (json!({ "EventPattern": "{" }), "Event pattern is not valid. Reason: "),
            (json!({ "ScheduleExpression": "rate(1 minute)" }), "the ScheduleExpression of rule r is not supported"),
            (target(json!({ "Input": "{" })), "JSON syntax error in input for target t"),
            (target(json!({ "Input": "1", "InputPath": "$" })), "Only one of Input, InputPath, or InputTransformer"),
            (target(json!({ "InputPath": "$..x" })), "Invalid JSON path: '$..x'."),
            (target(json!({ "SqsParameters": {} })), "unknown field `SqsParameters`"),
            (json!({ "Targets": [{ "Id": "t", "Arn": "a" }, { "Id": "t", "Arn": "b" }] }), "Rule r has two targets"),
        ];
        for (change, reason) in cases {
            let error = compile(change).expect_err(reason);
            assert!(error.starts_with(reason), "{error}");
        }
    }

    #[test]
    fn a_rule_listens_to_its_own_bus() {
        let rule = compile(json!({ "EventBusName": "arn:aws:events:us-east-1:1:event-bus/orders" })).expect("a rule");
        assert_eq!(rule.bus(), "orders");
        assert_eq!(compile(json!({})).expect("a rule").bus(), DEFAULT_BUS);
    }
}

//! [CreateStateMachine](https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html):
//! idempotent for the same definition, type, logging, tracing and encryption; role and tags do not count.

use std::{collections::BTreeMap, sync::Arc};

use asl::{Definition, StateKind};
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{create_activity::default_encryption, input::Input, publish_state_machine_version, tags};
use crate::{
    Error, MachineType, StateMachine, arn,
    catalog::Changes,
    engine::Shared,
    integrations::{Pattern, Resource},
    records::Machine,
};

pub(super) async fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let name = input.required("name", 1, 80)?;
    let definition = input.required("definition", 1, shared.limits.definition_bytes)?;
    let role_arn = input.required("roleArn", 1, 256)?;
    let kind = match input.choice("type", &["STANDARD", "EXPRESS"], "STANDARD")? {
        "EXPRESS" => MachineType::Express,
        _ => MachineType::Standard,
    };
    let settings = Settings::read(&input)?;
    let tags = tags::read(&input)?;
    let publish = input.boolean("publish", false)?;
    let description = input.text("versionDescription", 0, 256)?;
    input.finish()?;
    arn::check_name(name)?;
    if description.is_some() && !publish {
        return Err(Error::Validation("Version description can only be set when publish is true".to_owned()));
    }
    let checked = check_definition(shared, definition, kind)?;
    let wanted = New {
        name: name.to_owned(),
        kind,
        role_arn: role_arn.into(),
        definition: definition.to_owned(),
        settings,
        tags,
        publish: publish.then(|| description.map(str::to_owned)),
    };
    let changes = shared.catalog.lock().await;
    let machine = match shared.catalog.machine(name) {
        // AWS differs: there publish and versionDescription count for what is the same, too.
        Some(machine) if !machine.deleting && is_same(&machine, &wanted) => {
            if let Some(description) = wanted.publish {
                publish_state_machine_version::publish(shared, &changes, &machine, description).await?;
            }
            machine
        }
        Some(machine) if machine.deleting => return Err(Error::StateMachineDeleting(machine.arn.to_string())),
        Some(machine) => return Err(Error::StateMachineAlreadyExists(machine.arn.to_string())),
        None => insert(shared, &changes, wanted, checked).await?,
    };
    let mut answer = json!({ "stateMachineArn": machine.arn, "creationDate": machine.created.epoch_seconds() });
    let version = shared.catalog.published().versions(machine.id).pop();
    if let (true, Some(version)) = (publish, version) {
        answer["stateMachineVersionArn"] = version.arn().into();
    }
    Ok(answer)
}

/// A state machine to make.
pub(crate) struct New {
    pub(crate) name: String,
    pub(crate) kind: MachineType,
    pub(crate) role_arn: Arc<str>,
    pub(crate) definition: String,
    pub(crate) settings: Settings,
    pub(crate) tags: BTreeMap<String, String>,
    /// Whether the machine is published at once, and with which description.
    pub(crate) publish: Option<Option<String>>,
}

impl From<StateMachine> for New {
    fn from(wanted: StateMachine) -> Self {
        let settings = Settings::of(&wanted);
        let StateMachine { name, definition, role_arn, kind, tags, .. } = wanted;
        Self { name, kind, role_arn: role_arn.into(), definition, settings, tags, publish: None }
    }
}

/// Logging, tracing and encryption, as DescribeStateMachine shows them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) logging: Value,
    pub(crate) tracing: Value,
    pub(crate) encryption: Value,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            logging: json!({ "level": "OFF", "includeExecutionData": false }),
            tracing: json!({ "enabled": false }),
            encryption: default_encryption(),
        }
    }
}

impl Settings {
    /// Those of a template's state machine.
    pub(super) fn of(wanted: &StateMachine) -> Self {
        let defaults = Self::default();
        let logging = wanted.logging.clone().unwrap_or(defaults.logging);
        Self { logging, tracing: json!({ "enabled": wanted.tracing }), ..defaults }
    }

    fn read(input: &Input<'_>) -> Result<Self, Error> {
        let defaults = Self::default();
        Ok(Self {
            logging: logging(input)?.unwrap_or(defaults.logging),
            tracing: input.value("tracingConfiguration").cloned().unwrap_or(defaults.tracing),
            encryption: input.value("encryptionConfiguration").cloned().unwrap_or(defaults.encryption),
        })
    }
}

/// `loggingConfiguration`, checked: any level but OFF wants exactly one log group.
///
/// AWS differs: whether the log group exists is not checked, and what it would get is written to the log here.
pub(super) fn logging(input: &Input<'_>) -> Result<Option<Value>, Error> {
    let Some(configuration) = input.value("loggingConfiguration") else { return Ok(None) };
    let level = configuration["level"].as_str().unwrap_or("OFF");
    let destinations = configuration["destinations"].as_array().map_or(&[][..], Vec::as_slice);
    if level != "OFF" && destinations.len() != 1 {
        return Err(Error::InvalidLoggingConfiguration("Must specify exactly one Log Destination.".to_owned()));
    }
    let include = configuration["includeExecutionData"].as_bool().unwrap_or(false);
    let mut shown = json!({ "level": level, "includeExecutionData": include });
    if !destinations.is_empty() {
        shown["destinations"] = destinations.into();
    }
    Ok(Some(shown))
}

fn is_same(machine: &Machine, wanted: &New) -> bool {
    let settings = Settings {
        logging: machine.logging.clone(),
        tracing: machine.tracing.clone(),
        encryption: machine.encryption.clone(),
    };
    machine.kind == wanted.kind && machine.definition == hash(&wanted.definition) && settings == wanted.settings
}

/// Makes a state machine in place of one of the same name, if there is one.
pub(crate) async fn insert(
    shared: &Shared,
    changes: &Changes<'_>,
    new: New,
    checked: Definition,
) -> Result<Arc<Machine>, Error> {
    if shared.catalog.machine_count() >= shared.limits.state_machines {
        return Err(Error::StateMachineLimitExceeded(shared.limits.state_machines));
    }
    let arn: Arc<str> = arn::state_machine(&shared.partition, &new.name).into();
    tags::check_number(shared, &arn, &new.tags)?;
    let now = shared.clock.now();
    let machine = Machine {
        id: shared.next_id(),
        name: new.name,
        arn,
        kind: new.kind,
        role_arn: new.role_arn,
        definition: hash(&new.definition),
        created: now,
        updated: now,
        revision: None,
        last_version: 0,
        deleting: false,
        logging: new.settings.logging,
        tracing: new.settings.tracing,
        encryption: new.settings.encryption,
        tags: new.tags,
    };
    shared.catalog.remember(&machine.definition, checked);
    let (text, name) = (Some(new.definition.as_str()), machine.name.clone());
    let Some(description) = new.publish else { return shared.catalog.put_machine(changes, machine, text).await };
    shared.catalog.publish_machine(changes, machine, text, description, now).await?;
    Ok(shared.catalog.machine(&name).expect("written just now, and changes are held"))
}

/// SHA-256 of a definition's text, hexadecimal.
pub(super) fn hash(definition: &str) -> String {
    digest(&SHA256, definition.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Parses a definition for a machine of this type.
///
/// # Errors
/// `InvalidDefinition` with the first thing that is wrong with it.
pub(crate) fn check_definition(shared: &Shared, text: &str, kind: MachineType) -> Result<Definition, Error> {
    if text.len() > shared.limits.definition_bytes {
        let limit = shared.limits.definition_bytes;
        return Err(Error::Validation(format!(
            "1 validation error detected: Value at 'definition' failed to satisfy constraint: Member must have length \
             less than or equal to {limit}"
        )));
    }
    let definition = Definition::parse(text).map_err(|diagnostics| {
        let first = diagnostics.first().map(ToString::to_string);
        Error::InvalidDefinition(first.unwrap_or_else(|| "SCHEMA_VALIDATION_FAILED".to_owned()))
    })?;
    match express_refusal(&definition, kind) {
        Some((text, state)) => {
            Err(Error::InvalidDefinition(format!("SCHEMA_VALIDATION_FAILED: {text} at /States/{state}/Resource")))
        }
        None => Ok(definition),
    }
}

/// What an Express machine may not have, and the state that has it; the texts are as recorded on AWS, blanks included.
pub(super) fn express_refusal(definition: &Definition, kind: MachineType) -> Option<(&'static str, Arc<str>)> {
    if kind == MachineType::Standard {
        return None;
    }
    definition.states().find_map(|state| {
        let StateKind::Task(task) = &state.kind else { return None };
        let resource = Resource::parse(&task.resource);
        let text = match resource.pattern() {
            _ if resource == Resource::Activity => "Express state machine does not support Activity ARN",
            Pattern::RequestResponse => return None,
            Pattern::Sync | Pattern::Sync2 => "Express state machine does not support '.sync' service integration",
            Pattern::WaitForTaskToken => {
                "Express state machine does not support '.waitForTaskToken' service integration "
            }
        };
        Some((text, state.name.clone()))
    })
}

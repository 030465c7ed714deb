//! [UpdateStateMachine](https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html):
//! changes what is given. Running executions keep what they started with.

use std::sync::Arc;

use asl::Definition;
use serde_json::{Value, json};

use super::{
    create_state_machine::{Settings, check_definition, hash, logging},
    input::Input,
    publish_state_machine_version, tags,
};
use crate::{Error, Put, StateMachine, arn, catalog::Changes, engine::Shared, records::Machine};

pub(super) async fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let machine_arn = input.arn("stateMachineArn")?;
    let definition = input.text("definition", 1, shared.limits.definition_bytes)?;
    let role_arn = input.text("roleArn", 1, 256)?;
    let logging = logging(&input)?;
    let tracing = input.value("tracingConfiguration");
    let encryption = input.value("encryptionConfiguration");
    let publish = input.boolean("publish", false)?;
    let description = input.text("versionDescription", 0, 256)?;
    input.finish()?;
    let name = arn::state_machine_name(machine_arn)?;
    if description.is_some() && !publish {
        return Err(Error::Validation("Version description can only be set when publish is true".to_owned()));
    }
    let changes = shared.catalog.lock().await;
    let machine = shared.catalog.active_machine(&name, machine_arn)?;
    if definition.is_none() && role_arn.is_none() && logging.is_none() && tracing.is_none() && encryption.is_none() {
        return Err(Error::MissingRequiredParameter);
    }
    let checked = definition.map(|text| check_definition(shared, text, machine.kind)).transpose()?;
    let mut changed = (*machine).clone();
    changed.role_arn = role_arn.map_or(changed.role_arn, Arc::from);
    changed.logging = logging.unwrap_or(changed.logging);
    changed.tracing = tracing.cloned().unwrap_or(changed.tracing);
    changed.encryption = encryption.cloned().unwrap_or(changed.encryption);
    let machine = write(shared, &changes, changed, definition.zip(checked)).await?;
    let mut answer = json!({ "updateDate": machine.updated.epoch_seconds(), "revisionId": machine.revision });
    if publish {
        let description = description.map(str::to_owned);
        let version = publish_state_machine_version::publish(shared, &changes, &machine, description).await?;
        answer["stateMachineVersionArn"] = version.arn().into();
    }
    Ok(answer)
}

/// Makes `machine` be as a template wants it.
pub(crate) async fn to_wanted(
    shared: &Shared,
    changes: &Changes<'_>,
    machine: &Machine,
    wanted: StateMachine,
    checked: Definition,
) -> Result<(Arc<str>, Put), Error> {
    let same_text = machine.definition == hash(&wanted.definition);
    let Settings { logging, tracing, .. } = Settings::of(&wanted);
    let same_settings = machine.logging == logging && machine.tracing == tracing && machine.tags == wanted.tags;
    if same_text && same_settings && *machine.role_arn == *wanted.role_arn {
        return Ok((machine.arn.clone(), Put::Unchanged));
    }
    tags::check_number(shared, &machine.arn, &wanted.tags)?;
    let (role_arn, tags) = (wanted.role_arn.into(), wanted.tags);
    let changed = Machine { role_arn, tags, logging, tracing, ..machine.clone() };
    let definition = (!same_text).then_some((wanted.definition.as_str(), checked));
    let machine = write(shared, changes, changed, definition).await?;
    Ok((machine.arn.clone(), Put::Updated))
}

async fn write(
    shared: &Shared,
    changes: &Changes<'_>,
    mut machine: Machine,
    definition: Option<(&str, Definition)>,
) -> Result<Arc<Machine>, Error> {
    machine.updated = shared.clock.now();
    machine.revision = Some(shared.clock.uuid());
    let text = definition.map(|(text, checked)| {
        machine.definition = hash(text);
        shared.catalog.remember(&machine.definition, checked);
        text
    });
    shared.catalog.put_machine(changes, machine, text).await
}

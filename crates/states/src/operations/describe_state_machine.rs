//! [DescribeStateMachine](https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html).

use asl::Definition;
use clock::Timestamp;
use serde_json::{Map, Value, json};

use super::input::Input;
use crate::{
    Error,
    arn::{self, Qualifier},
    engine::Shared,
    records::MachineSnapshot,
};

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let machine_arn = input.arn("stateMachineArn")?;
    input.choice("includedData", &["ALL_DATA", "METADATA_ONLY"], "ALL_DATA")?;
    input.finish()?;
    let absent = || Error::StateMachineDoesNotExist(machine_arn.to_owned());
    let (name, qualifier) = arn::qualified_machine(machine_arn)?;
    let machine = shared.catalog.machine(&name).ok_or_else(absent)?;
    match qualifier {
        Qualifier::None => {
            let mut shown = answer(shared, &(&*machine).into(), &machine.arn, machine.created)?;
            if machine.deleting {
                shown["status"] = "DELETING".into();
            }
            Ok(shown)
        }
        Qualifier::Version(number) => {
            let version = shared.catalog.published().version(machine.id, number).ok_or_else(absent)?;
            let mut shown = answer(shared, &version.machine, &version.arn(), version.created)?;
            if let Some(description) = &version.description {
                shown["description"] = description.as_str().into();
            }
            Ok(shown)
        }
        Qualifier::Alias(_) => Err(absent()),
    }
}

fn answer(shared: &Shared, machine: &MachineSnapshot, arn: &str, created: Timestamp) -> Result<Value, Error> {
    let mut answer = json!({
        "stateMachineArn": arn,
        "name": machine.name,
        "status": "ACTIVE",
        "definition": shared.catalog.definition_text(&machine.definition)?,
        "roleArn": machine.role_arn,
        "type": machine.kind.as_str(),
        "creationDate": created.epoch_seconds(),
        "loggingConfiguration": machine.logging,
        "tracingConfiguration": machine.tracing,
        "encryptionConfiguration": machine.encryption,
    });
    if let Some(revision) = &machine.revision {
        answer["revisionId"] = revision.as_str().into();
    }
    add_variable_references(&mut answer, &*shared.catalog.definition(&machine.definition)?);
    Ok(answer)
}

/// `variableReferences`: state -> names of the variables it refers to; absent where there are none.
pub(super) fn add_variable_references(answer: &mut Value, definition: &Definition) {
    let references: Map<String, Value> = definition
        .variable_references()
        .into_iter()
        .map(|(state, names)| (state.to_string(), names.iter().map(ToString::to_string).collect()))
        .collect();
    if !references.is_empty() {
        answer["variableReferences"] = references.into();
    }
}

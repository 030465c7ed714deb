//! [DescribeStateMachineForExecution]
//! (https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachineForExecution.html): the
//! state machine as it was when the execution started.

use serde_json::{Value, json};

use super::{describe_execution, describe_state_machine::add_variable_references, input::Input};
use crate::{Error, engine::Shared};

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("executionArn")?;
    input.choice("includedData", &["ALL_DATA", "METADATA_ONLY"], "ALL_DATA")?;
    input.finish()?;
    let machine = describe_execution::find(shared, arn)?.machine;
    let mut answer = json!({
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "definition": shared.catalog.definition_text(&machine.definition)?,
        "roleArn": machine.role_arn,
        "updateDate": machine.updated.epoch_seconds(),
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

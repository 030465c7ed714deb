//! [DescribeStateMachineForExecution]
//! (https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachineForExecution.html): the
//! state machine as it was when the execution started.

use serde_json::{Map, Value, json};

use super::{describe_execution, describe_state_machine::add_variable_references, input::Input};
use crate::{Error, engine::Shared, records::ExecutionRow};

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("executionArn")?;
    input.choice("includedData", &["ALL_DATA", "METADATA_ONLY"], "ALL_DATA")?;
    input.finish()?;
    let ExecutionRow { machine, child, .. } = describe_execution::find(shared, arn)?;
    let text = shared.catalog.definition_text(&machine.definition)?;
    let definition = match &child {
        Some(child) => item_processor(&text, &child.map_state).unwrap_or(text),
        None => text,
    };
    let mut answer = json!({
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "definition": definition,
        "roleArn": machine.role_arn,
        "updateDate": machine.updated.epoch_seconds(),
        "loggingConfiguration": machine.logging,
        "tracingConfiguration": machine.tracing,
        "encryptionConfiguration": machine.encryption,
    });
    if let Some(revision) = &machine.revision {
        answer["revisionId"] = revision.as_str().into();
    }
    if let Some(child) = &child {
        answer["mapRunArn"] = json!(child.map_run_arn);
        answer["label"] = json!(child.label);
    }
    add_variable_references(&mut answer, &*shared.catalog.definition(&machine.definition)?);
    Ok(answer)
}

/// The `ItemProcessor` of the Map state with this name, as a definition of its own.
// The definition was parsed when the machine was made, which bounds the recursion.
fn item_processor(definition: &str, map_state: &str) -> Option<String> {
    let definition: Value = serde_json::from_str(definition).ok()?;
    let language = definition.get("QueryLanguage");
    let map = find_state(definition.as_object()?, map_state)?;
    let processor = map.get("ItemProcessor").or_else(|| map.get("Iterator"))?.as_object()?;
    let mut machine = processor.clone();
    machine.shift_remove("ProcessorConfig");
    if let Some(language) = language.filter(|_| !processor.contains_key("QueryLanguage")) {
        machine.insert("QueryLanguage".to_owned(), language.clone());
    }
    Some(Value::Object(machine).to_string())
}

fn find_state<'a>(machine: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let states = machine.get("States")?.as_object()?;
    let nested = || {
        states.values().find_map(|state| {
            let branches = state.get("Branches").and_then(Value::as_array).into_iter().flatten();
            let processors = [state.get("ItemProcessor"), state.get("Iterator")].into_iter().flatten();
            branches.chain(processors).find_map(|machine| find_state(machine.as_object()?, name))
        })
    };
    states.get(name).or_else(nested)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_processor_becomes_a_definition_wherever_its_map_stands() {
        let processor = json!({
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } },
        });
        let each = json!({ "Type": "Map", "ItemProcessor": processor, "End": true });
        let branch = json!({ "StartAt": "Each", "States": { "Each": each } });
        let both = json!({ "Type": "Parallel", "Branches": [branch], "End": true });
        let text = json!({ "QueryLanguage": "JSONata", "StartAt": "Both", "States": { "Both": both } }).to_string();
        let expected = json!({
            "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } }, "QueryLanguage": "JSONata",
        });
        assert_eq!(item_processor(&text, "Each"), Some(expected.to_string()));
        assert_eq!(item_processor(&text, "Other"), None);
    }
}

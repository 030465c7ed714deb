//! What TestState answers, at each inspection level.
//!
//! Which of the things that were seen are shown depends on the type of the state and its query language, as recorded on
//! AWS. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_InspectionData.html>

use std::sync::Arc;

use asl::{Data, QueryLanguage, State, StateKind};
use serde_json::{Map, Value, json};

use crate::{
    history::Failure,
    interpreter::{Ending, Inspection},
};

/// The members of the answer; with `input` (JSON text) also the inspection.
// AWS differs: TRACE also shows request and response of an HTTP Task, which stepwell does not have.
pub(crate) fn answer(state: &State, inspection: &Inspection, ending: Ending, input: Option<&str>) -> Value {
    let mut answer = Map::new();
    match ending {
        Ending::Succeeded(output, next) => leave(&mut answer, "SUCCEEDED", &output, next),
        Ending::Caught(output, next) => {
            leave(&mut answer, "CAUGHT_ERROR", &output, next);
            fail(&mut answer, inspection.failure.as_ref());
        }
        Ending::Retriable => {
            answer.insert("status".into(), "RETRIABLE".into());
            fail(&mut answer, inspection.failure.as_ref());
        }
        Ending::Failed(failure) => {
            answer.insert("status".into(), "FAILED".into());
            fail(&mut answer, Some(&failure));
        }
    }
    if let Some(input) = input {
        answer.insert("inspectionData".into(), inspection_data(state, inspection, input));
    }
    Value::Object(answer)
}

fn leave(answer: &mut Map<String, Value>, status: &str, output: &str, next: Option<Arc<str>>) {
    answer.insert("status".into(), status.into());
    answer.insert("output".into(), output.into());
    if let Some(next) = next {
        answer.insert("nextState".into(), (*next).into());
    }
}

fn fail(answer: &mut Map<String, Value>, failure: Option<&Failure>) {
    let Some(Failure { error, cause }) = failure else { return };
    for (member, text) in [("error", error), ("cause", cause)] {
        if let Some(text) = text {
            answer.insert(member.into(), (**text).into());
        }
    }
}

fn inspection_data(state: &State, inspection: &Inspection, input: &str) -> Value {
    let mut data = Map::new();
    data.insert("input".into(), input.into());
    for (member, seen) in seen(state, inspection) {
        if let Some(seen) = seen {
            data.insert(member.into(), (*seen.text()).into());
        }
    }
    if !inspection.variables.is_empty() {
        let variables = inspection.variables.iter().map(|(name, value)| (name.to_string(), value.value().clone()));
        data.insert("variables".into(), Value::Object(variables.collect()).to_string().into());
    }
    let numbers = [
        ("maxConcurrency", inspection.max_concurrency.map(Value::from)),
        ("toleratedFailureCount", inspection.tolerated_failure_count.map(Value::from)),
        ("toleratedFailurePercentage", inspection.tolerated_failure_percentage.map(Value::from)),
        ("errorDetails", error_details(inspection)),
    ];
    data.extend(numbers.into_iter().filter_map(|(member, value)| Some((member.to_owned(), value?))));
    Value::Object(data)
}

/// The stations of the data that this type of state shows.
fn seen<'a>(state: &State, inspection: &'a Inspection) -> Vec<(&'static str, Option<&'a Data>)> {
    let jsonata = state.query_language == QueryLanguage::JSONata;
    let input = ("afterInputPath", inspection.after_input_path.as_ref());
    let arguments = |member| (member, inspection.after_arguments.as_ref());
    let result = ("result", inspection.result.as_ref());
    let selector = ("afterItemSelector", inspection.after_item_selector.as_ref());
    let selected = ("afterResultSelector", inspection.after_result_selector.as_ref());
    let placed = ("afterResultPath", inspection.after_result_path.as_ref());
    match &state.kind {
        StateKind::Task(_) if jsonata => vec![arguments("afterArguments"), result],
        StateKind::Map(_) if jsonata => vec![selector],
        _ if jsonata => Vec::new(),
        StateKind::Task(_) | StateKind::Pass { .. } => {
            vec![input, arguments("afterParameters"), result, selected, placed]
        }
        StateKind::Map(map) => {
            let items = match &map.item_reader {
                Some(reader) if reader.config.value().get("ItemsPointer").is_some() => "afterItemsPointer",
                _ => "afterItemsPath",
            };
            vec![input, (items, inspection.items.as_ref()), selector, selected, placed]
        }
        StateKind::Parallel { .. } => vec![selected, placed],
        StateKind::Choice(_) | StateKind::Wait(_) | StateKind::Succeed | StateKind::Fail { .. } => vec![input],
    }
}

/// Which retrier and which catcher took the failure.
fn error_details(inspection: &Inspection) -> Option<Value> {
    let mut details = Map::new();
    if let Some(index) = inspection.retrier {
        details.insert("retryIndex".into(), index.into());
    }
    if let Some(millis) = inspection.backoff_millis {
        details.insert("retryBackoffIntervalSeconds".into(), (millis / 1000).into());
    }
    if let Some(index) = inspection.catcher {
        details.insert("catchIndex".into(), index.into());
    }
    (!details.is_empty()).then(|| json!(details))
}

//! Cases recorded on AWS, evaluated state by state.

use crate::support::{definition, pass, recorded, with_scope};
use asl::{Data, Definition, StateKind};
use serde_json::Value;

/// The output that the recorded execution ended with.
fn expected_output(case: &Value) -> Option<Value> {
    let expected = &case["expected"];
    if !expected["output"].is_null() {
        return Some(expected["output"].clone());
    }
    let last = expected["history"]["events"].as_array()?.last()?;
    last["executionSucceededEventDetails"].get("output").cloned()
}

/// Recorded outputs may be JSON parsed, or JSON as text.
fn matches(expected: &Value, actual: &Data) -> bool {
    alike(expected, actual.value()) || expected.as_str().is_some_and(|expected| expected == &*actual.text())
}

/// Placeholders stand for any text.
fn alike(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::String(expected), _) if ["RandomNumberGenerated", "generated-uuid"].contains(&expected.as_str()) => {
            true
        }
        (Value::String(expected), Value::String(actual)) if expected.contains('<') => {
            expected.split('<').all(|piece| actual.contains(piece.split_once('>').map_or(piece, |(_, rest)| rest)))
        }
        (Value::Number(expected), Value::Number(actual)) => expected.as_f64() == actual.as_f64(),
        (Value::Object(expected), Value::Object(actual)) => {
            expected.len() == actual.len()
                && expected.iter().all(|(key, value)| actual.get(key).is_some_and(|actual| alike(value, actual)))
        }
        (Value::Array(expected), Value::Array(actual)) => {
            expected.len() == actual.len() && expected.iter().zip(actual).all(|(left, right)| alike(left, right))
        }
        _ => expected == actual,
    }
}

#[test]
fn intrinsic_functions() {
    let mut failures = Vec::new();
    let cases = recorded("intrinsic_functions");
    for case in &cases {
        let definition = definition(case["definition"].as_str().unwrap());
        let input = Data::parse(case["input"].as_str().unwrap_or("{}")).unwrap();
        let output = pass(definition.start(), &input);
        let expected = expected_output(case).expect("every case of this area succeeds");
        if !output.as_ref().is_ok_and(|output| matches(&expected, output)) {
            failures.push(format!("{}: expected {expected}, got {output:?}", case["id"]));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
    assert_eq!(cases.len(), 94);
}

#[test]
fn choice_operators() {
    let mut failures = Vec::new();
    let cases = recorded("choice_operators");
    for case in &cases {
        let definition = definition(case["definition"].as_str().unwrap());
        let input = Data::parse(case["input"].as_str().unwrap_or("{}")).unwrap();
        let StateKind::Choice(choice) = &definition.start().kind else { panic!("{}", case["id"]) };
        let next = with_scope(&input, |scope| choice.choose(scope).map(|chosen| chosen.next));
        let output = next.map(|next| pass(definition.state(next), &input).unwrap());
        let expected = expected_output(case).expect("every case of this area succeeds");
        if !output.as_ref().is_ok_and(|output| matches(&expected, output)) {
            failures.push(format!("{}: expected {expected}, got {output:?}", case["id"]));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
    assert_eq!(cases.len(), 303);
}

/// Every Pass state of the recorded histories that reads neither variables nor the context: what went in and came out.
#[test]
fn pass_states_of_histories() {
    let mut failures = Vec::new();
    let mut compared = 0;
    for case in AREAS.iter().flat_map(|area| recorded(area)) {
        let Some(definition) = case["definition"].as_str().and_then(|text| Definition::parse(text).ok()) else {
            continue;
        };
        for pair in case["expected"]["history"]["events"].as_array().map_or(&[][..], Vec::as_slice).windows(2) {
            let (entered, exited) = (&pair[0]["stateEnteredEventDetails"], &pair[1]["stateExitedEventDetails"]);
            let state = entered["name"].as_str().and_then(|name| definition.state_named(name));
            let Some(state) = state.filter(|_| pair[1]["type"] == "PassStateExited") else { continue };
            if format!("{state:?}").contains("Context") || definition.variable_references().contains_key(&state.name) {
                continue;
            }
            let input = match &entered["input"] {
                Value::String(text) => Data::parse(text.as_str()).unwrap(),
                object => Data::from_value(object.clone()),
            };
            compared += 1;
            let output = pass(state, &input);
            if !output.as_ref().is_ok_and(|output| matches(&exited["output"], output)) {
                failures.push(format!("{}: expected {}, got {output:?}", case["id"], exited["output"]));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {compared}:\n{}", failures.len(), failures.join("\n"));
    assert!(compared > 100, "{compared} states were compared");
}

const AREAS: [&str; 18] = [
    "activities",
    "api",
    "api_activities",
    "api_aliases",
    "api_logs",
    "api_tags",
    "api_variable_references",
    "api_versions",
    "base",
    "choice_operators",
    "context_object",
    "error_handling",
    "express",
    "intrinsic_functions",
    "jsonata",
    "nested_sfn",
    "scenarios",
    "variables",
];

/// What AWS accepted parses, and what it refused gives its text.
#[test]
fn definitions() {
    let mut failures = Vec::new();
    let mut refused = 0;
    for case in AREAS.iter().flat_map(|area| recorded(area)) {
        let created = case["steps"].as_array().into_iter().flatten().filter(|step| step["op"] == "CreateStateMachine");
        let texts = created.map(|step| &step["params"]["definition"]).chain([&case["definition"]]);
        for text in texts.filter_map(Value::as_str).filter(|text| !text.contains("${s")) {
            let express = "Express state machine";
            let recorded = case["assertions"].to_string();
            let expects = recorded.contains("Invalid State Machine Definition") && !recorded.contains(express);
            match Definition::parse(text) {
                Ok(_) if expects => failures.push(format!("{}: accepted {text}", case["id"])),
                Ok(_) => {}
                Err(found) if expects => {
                    refused += 1;
                    let message = found[0].to_string().replace("arn:aws:", "arn:<partition>:");
                    let message = serde_json::to_string(&message).unwrap();
                    if !recorded.contains(message.trim_matches('"')) {
                        failures.push(format!("{}: {message}, not as in {recorded}", case["id"]));
                    }
                }
                Err(found) => failures.push(format!("{}: {found:?} in {text}", case["id"])),
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(refused >= 6, "{refused} refusals were compared");
}

/// The definitions given to TestState: a state alone, or a machine.
#[test]
fn definitions_of_single_states() {
    let mut failures = Vec::new();
    for case in recorded("test_state").iter().filter(|case| case["validated_on_aws"] == true) {
        let refused = case["assertions"].to_string().contains("Invalid State Machine Definition");
        for step in case["steps"].as_array().into_iter().flatten() {
            let Some(text) = step["params"]["definition"].as_str().filter(|text| !text.contains("${s")) else {
                continue;
            };
            let whole = serde_json::from_str::<Value>(text).is_ok_and(|value| value.get("States").is_some());
            let parsed = if whole { Definition::parse(text) } else { Definition::parse_state(text) };
            if parsed.is_err() != refused {
                failures.push(format!("{}: {:?} in {text}", case["id"], parsed.err()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

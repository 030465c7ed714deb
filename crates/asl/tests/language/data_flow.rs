//! `cases/pass.json`: Pass states with their input, and the output text or the error they end with.

use asl::{Data, Definition};
use serde_json::{Value, json};

use crate::support::{definition, pass, recorded};

#[test]
fn pass_states() {
    let cases: Value = serde_json::from_str(include_str!("cases/pass.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let mut state = case["state"].clone();
        state["Type"] = "Pass".into();
        state["End"] = true.into();
        let text = json!({"StartAt": "S", "States": {"S": state}}).to_string();
        let definition = definition(&text);
        let input = Data::parse(case["input"].as_str().unwrap()).unwrap();
        match (pass(definition.start(), &input), case["error"].as_str()) {
            (Ok(output), None) => assert_eq!(&*output.text(), case["output"].as_str().unwrap(), "{text}"),
            (Err(error), Some(name)) => {
                assert_eq!(error.name(), name, "{text}");
                assert_eq!(error.to_string(), case["cause"].as_str().unwrap(), "{text}");
            }
            (outcome, _) => panic!("{text}: {outcome:?}"),
        }
    }
}

/// Each step nests deeper; the bound on depth is met long before the stack's.
#[test]
fn ever_deeper_data_is_stopped() {
    let text = r#"{"StartAt":"S","States":{"S":{"Type":"Pass","Parameters":{"a.$":"$"},"End":true}}}"#;
    let definition = definition(text);
    let mut data = Data::empty_object();
    let mut depth = 0;
    while let Ok(deeper) = pass(definition.start(), &data) {
        (data, depth) = (deeper, depth + 1);
        assert!(depth < 1_000);
    }
    assert_eq!(depth, asl::MAX_DEPTH - 1);
    assert!(Data::array(&[data]).is_err());
}

#[test]
fn variable_references() {
    let mut compared = 0;
    for case in recorded("api_variable_references") {
        let created = case["steps"].as_array().unwrap().iter().find(|step| step["op"] == "CreateStateMachine");
        let text = created.and_then(|step| step["params"]["definition"].as_str()).unwrap();
        let references = Definition::parse(text).unwrap().variable_references();
        let references = Value::Object(
            references
                .iter()
                .map(|(state, names)| (state.to_string(), names.iter().map(|name| name.to_string()).collect()))
                .collect(),
        );
        for assertion in case["assertions"].as_array().unwrap() {
            if let Some(expected) = assertion["expected"].get("variableReferences") {
                assert_eq!(&references, expected, "{}: {text}", case["id"]);
                compared += 1;
            }
        }
    }
    assert!(compared > 0);
}

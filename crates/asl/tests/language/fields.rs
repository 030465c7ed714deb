//! `cases/fields.json`: fields of Wait, Map, Task, Choice and Fail that are evaluated at run time, with their value or
//! the error they end with. The causes are recorded on AWS unless the case says otherwise.

use asl::{Data, EvaluationError, Pause, Scope, State, StateKind};
use serde_json::{Value, json};

use crate::support::{definition, with_scope};

fn number(field: Option<&asl::NumberField>, scope: &Scope<'_>) -> Result<Option<u64>, EvaluationError> {
    field.map(|field| field.integer(scope)).transpose()
}

/// What a state's own fields come to.
fn evaluate(state: &State, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
    match &state.kind {
        StateKind::Wait(wait) => Ok(match wait.pause(scope)? {
            Pause::Seconds(seconds) => json!({"seconds": seconds}),
            Pause::Until(millis) => json!({"until": millis}),
        }),
        StateKind::Map(map) => {
            let items = map.items(scope)?;
            let percentage = map.tolerated_failure_percentage.as_ref();
            Ok(json!({
                "items": items.iter().map(|item| item.value().clone()).collect::<Vec<_>>(),
                "concurrency": number(map.max_concurrency.as_ref(), scope)?,
                "count": number(map.tolerated_failure_count.as_ref(), scope)?,
                "percentage": percentage.map(|field| field.percentage(scope)).transpose()?,
            }))
        }
        StateKind::Task(task) => Ok(json!({
            "timeout": number(task.timeout_seconds.as_ref(), scope)?,
            "role": task.credentials.as_ref().map(|credentials| credentials.role_arn(scope)).transpose()?,
        })),
        StateKind::Choice(choice) => Ok(choice.choose(scope)?.rule.is_some().into()),
        StateKind::Fail { error, cause } => Ok(json!([
            error.as_ref().map(|text| text.evaluate(scope)).transpose()?,
            cause.as_ref().map(|text| text.evaluate(scope)).transpose()?,
        ])),
        other => panic!("{} has no fields of its own", other.type_name()),
    }
}

/// The least that each type needs beside the fields of a case.
fn complete(mut state: Value) -> Value {
    let defaults = match state["Type"].as_str().unwrap() {
        "Wait" => json!({"End": true}),
        "Map" => json!({"End": true, "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}}),
        "Task" => json!({"End": true, "Resource": "arn:aws:states:::lambda:invoke"}),
        "Choice" => json!({"Choices": [{"Next": "E"}], "Default": "E"}),
        _ => json!({}),
    };
    for (name, value) in defaults.as_object().unwrap() {
        match name.as_str() {
            "Choices" => state["Choices"][0]["Next"] = "E".into(),
            "Default" if state.get("Default").is_some_and(Value::is_null) => {
                state.as_object_mut().unwrap().remove("Default");
            }
            _ => state[name] = value.clone(),
        }
    }
    state
}

#[test]
fn fields() {
    let cases: Value = serde_json::from_str(include_str!("cases/fields.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let mut states = json!({"S": complete(case["state"].clone())});
        if case["state"]["Type"] == "Choice" {
            states["E"] = json!({"Type": "Succeed"});
        }
        let text = json!({"StartAt": "S", "States": states}).to_string();
        let definition = definition(&text);
        let input = Data::from_value(case["input"].clone());
        let outcome = with_scope(&input, |scope| evaluate(definition.start(), scope));
        match (outcome, case["error"].as_str()) {
            (Ok(value), None) => assert_eq!(value, case["value"], "{text}"),
            (Err(error), Some(name)) => {
                assert_eq!(
                    (error.name(), error.to_string().as_str()),
                    (name, case["cause"].as_str().unwrap()),
                    "{text}"
                );
                assert_eq!(error.location(), case["location"].as_str(), "{text}");
            }
            (outcome, _) => panic!("{text}: {outcome:?}"),
        }
    }
}

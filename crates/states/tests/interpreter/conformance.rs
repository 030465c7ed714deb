//! The cases recorded on AWS that call no service, through `decide` alone.
//!
//! Timers fire at once. Cases with Task states belong to the engine's tests.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::{Value, json};
use states::interpreter::{ExecutionKind, Outcome};

use crate::{
    conformance_compare::{Bindings, Rules},
    play::{Play, definition},
};

/// Cases validated on AWS that do not pass, by a part of their id, each with its reason. Every other one must pass.
const KNOWN: [(&str, &str); 4] = [
    ("test_map_state_config_distributed_item_selector_parameters", EXIT_OF_DISTRIBUTED_MAP),
    ("test_map_state_config_distributed_items_path_from_previous", EXIT_OF_DISTRIBUTED_MAP),
    ("test_map_state_nested_config_distributed", EXIT_OF_DISTRIBUTED_MAP),
    ("MAP_STATE_REFERENCE_IN_MAX_CONCURRENCY_PATH", "MaxConcurrencyPath refuses a text that holds an integer"),
];
const EXIT_OF_DISTRIBUTED_MAP: &str = "recorded since November 2024: MapStateExited follows from MapRunStarted. \
    We give what most recordings show: it follows from MapRunSucceeded";

#[derive(Default)]
struct Tally {
    passed: usize,
    validated_passed: usize,
    validated: usize,
    total: usize,
}

#[test]
fn recorded_cases_give_the_recorded_answers() {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in cases().iter().filter(|case| is_pure(case)) {
        let area = case["area"].as_str().unwrap_or_default();
        let validated = case["validated_on_aws"] == true;
        let differences = differences(case);
        let tally = tallies.entry(area.to_owned()).or_default();
        tally.total += 1;
        tally.validated += usize::from(validated);
        tally.passed += usize::from(differences.is_empty());
        tally.validated_passed += usize::from(validated && differences.is_empty());
        if !differences.is_empty() {
            failures.push((
                area.to_owned(),
                validated,
                case["id"].as_str().unwrap_or_default().to_owned(),
                differences,
            ));
        }
    }
    report(&tallies, &failures);
    let is_known = |id: &str| KNOWN.iter().any(|(part, _)| id.contains(part));
    let unexpected: Vec<_> = failures.iter().filter(|(_, validated, id, _)| *validated && !is_known(id)).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    assert!(tallies.values().map(|tally| tally.total).sum::<usize>() > 400, "the corpus is there");
}

fn report(tallies: &BTreeMap<String, Tally>, failures: &[(String, bool, String, Vec<String>)]) {
    for (area, tally) in tallies {
        let Tally { passed, validated_passed, validated, total } = tally;
        println!("{area}: {passed}/{total} passed, of those validated on AWS {validated_passed}/{validated}");
    }
    for (area, validated, id, differences) in failures {
        let mark = if *validated { "" } else { " (not validated on AWS)" };
        println!("{area} {id}{mark}");
        for difference in differences.iter().take(3) {
            println!("    {}", difference.chars().take(400).collect::<String>());
        }
    }
}

fn cases() -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/states");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    let parse = |path: &PathBuf| -> Vec<Value> {
        serde_json::from_str(&fs::read_to_string(path).expect("a file of the corpus can be read")).expect("it is JSON")
    };
    paths.iter().flat_map(parse).collect()
}

/// Whether the interpreter alone can give an answer that the case shows.
fn is_pure(case: &Value) -> bool {
    let calls_no_service = case["definition"]
        .as_str()
        .is_some_and(|text| !serde_json::from_str::<Value>(text).is_ok_and(|definition| has_task(&definition)));
    let shows = |key: &str| case["expected"].get(key).is_some();
    matches!(case["kind"].as_str(), Some("standard" | "sync"))
        && case["requires"].as_array().is_none_or(Vec::is_empty)
        && calls_no_service
        && ["history", "output", "describe_execution", "start_sync_execution"].into_iter().any(shows)
}

fn has_task(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.get("Type").is_some_and(|kind| kind == "Task") || members.values().any(has_task)
        }
        Value::Array(items) => items.iter().any(has_task),
        _ => false,
    }
}

fn differences(case: &Value) -> Vec<String> {
    let kind = if case["kind"] == "sync" { ExecutionKind::Express } else { ExecutionKind::Standard };
    let text = case["definition"].as_str().unwrap_or_default();
    if let Err(diagnostics) = asl::Definition::parse(text) {
        return vec![format!("the definition is refused: {diagnostics:?}")];
    }
    let mut play = Play::new(definition(text), case["input"].as_str().unwrap_or("{}"), kind);
    play.run();
    let rules = Rules::of(case);
    let mut bindings = Bindings::default();
    let mut found = Vec::new();
    for (key, expected) in case["expected"].as_object().into_iter().flatten() {
        found.extend(match key.as_str() {
            "history" => rules.history_differences(expected, &play.history(), &mut bindings),
            "output" => rules.differences(expected, &outcome(&play)["output"], &mut bindings),
            // The other members of these answers are the engine's.
            "describe_execution" | "start_sync_execution" => {
                rules.differences(&outcome_of(expected), &outcome(&play), &mut bindings)
            }
            _ => Vec::new(),
        });
    }
    found
}

/// Of a described execution the members that follow from its outcome.
fn outcome_of(described: &Value) -> Value {
    let members = described.as_object().into_iter().flatten();
    members
        .filter(|(key, _)| ["status", "output", "error", "cause"].contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn outcome(play: &Play) -> Value {
    let failed = |status: &str, error: &Option<String>, cause: &Option<String>| {
        let mut members = json!({ "status": status });
        for (key, text) in [("error", error), ("cause", cause)] {
            if let Some(text) = text {
                members[key] = json!(text);
            }
        }
        members
    };
    match play.execution.outcome() {
        Outcome::Running => json!({ "status": "RUNNING" }),
        Outcome::Succeeded(output) => json!({ "status": "SUCCEEDED", "output": &**output }),
        Outcome::TimedOut => json!({ "status": "TIMED_OUT" }),
        Outcome::Failed { error, cause } => failed("FAILED", error, cause),
        Outcome::Aborted { error, cause } => failed("ABORTED", error, cause),
    }
}

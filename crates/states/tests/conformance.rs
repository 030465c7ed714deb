//! Every recorded case of `tests/conformance/states`, played through the service, and compared with what AWS answered.

mod conformance_compare;
mod support;

use std::{collections::BTreeMap, fs, path::PathBuf};

use conformance_compare::{Bindings, Rules};
use serde_json::{Map, Value, json};
use support::{Bench, settle};

/// Areas of which every case recorded on AWS must pass.
const COMPLETE: &[&str] = &[
    "activities",
    "api",
    "api_activities",
    "api_aliases",
    "api_logs",
    "api_tags",
    "api_validation",
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
    "test_state",
    "variables",
];
/// How often a polled call is repeated before a case counts as stuck.
const POLLS: usize = 10_000;

#[tokio::test(start_paused = true)]
async fn recorded_cases() {
    let mut table: BTreeMap<String, Score> = BTreeMap::new();
    for case in cases() {
        let area = case["area"].as_str().expect("an area").to_owned();
        let differences = play(&case).await;
        let score = table.entry(area.clone()).or_default();
        let validated = case["validated_on_aws"] == true;
        score.add(validated, differences.is_empty());
        if validated && !differences.is_empty() {
            let first: String = differences[0].chars().take(400).collect();
            println!("{area}: {}: {first} ({} differences)", case["id"].as_str().unwrap_or("?"), differences.len());
        }
    }
    println!("\n{:<28}{:>8}{:>11}", "area", "passed", "validated");
    let mut total = Score::default();
    for (area, score) in &table {
        println!("{area:<28}{:>8}{:>11}", score.passed, score.validated);
        total.passed += score.passed;
        total.validated += score.validated;
    }
    println!("{:<28}{:>8}{:>11}", "total", total.passed, total.validated);
    for area in COMPLETE {
        // Absent where only one area was asked for.
        let Some(score) = table.get(*area) else { continue };
        assert_eq!(score.passed, score.validated, "cases of {area} differ from AWS");
    }
}

#[derive(Default)]
struct Score {
    passed: usize,
    validated: usize,
}

impl Score {
    fn add(&mut self, validated: bool, passed: bool) {
        self.validated += usize::from(validated);
        self.passed += usize::from(validated && passed);
    }
}

/// The cases of every file, of the areas that `STATES_CONFORMANCE_AREA` names if it is set.
fn cases() -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/states");
    let only = std::env::var("STATES_CONFORMANCE_AREA").ok();
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let cases = files.iter().flat_map(|path| {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str::<Vec<Value>>(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    });
    cases.filter(|case| only.as_ref().is_none_or(|only| case["area"] == only.as_str())).collect()
}

/// Plays a case on a new engine; answers how it differs from the recording.
async fn play(case: &Value) -> Vec<String> {
    let bench = Bench::new().await;
    let differences = match case["kind"].as_str() {
        Some("standard") => play_execution(&bench, case, false).await,
        Some("sync") => play_execution(&bench, case, true).await,
        Some("api") => play_steps(&bench, case).await,
        other => vec![format!("a case of unknown kind {other:?}")],
    };
    bench.assert_replays().await;
    bench.engine.shutdown().await;
    differences
}

/// One state machine and one execution.
async fn play_execution(bench: &Bench, case: &Value, sync: bool) -> Vec<String> {
    let answers = record_execution(bench, case, sync).await;
    let rules = Rules::of(case);
    let mut bindings = Bindings::default();
    let mut differences = Vec::new();
    for (key, expected) in case["expected"].as_object().into_iter().flatten() {
        let (name, path) = key.split_once(':').unwrap_or((key, ""));
        let Some(answer) = answers.get(name.trim_end_matches("_error")) else {
            differences.push(format!("{key}: there is no such answer"));
            continue;
        };
        let actual = path.split('.').filter(|part| !part.is_empty()).fold(answer, |value, part| &value[part]);
        let found = compare(&rules, expected, actual, &mut bindings);
        differences.extend(found.into_iter().map(|line| format!("{key} {line}")));
    }
    differences
}

async fn record_execution(bench: &Bench, case: &Value, sync: bool) -> BTreeMap<&'static str, Value> {
    let mut answers = BTreeMap::new();
    let mut create = json!({ "name": "machine", "definition": case["definition"], "roleArn": support::ROLE });
    if sync {
        create["type"] = "EXPRESS".into();
    }
    for (member, value) in case["create_extra"].as_object().into_iter().flatten() {
        create[member] = value.clone();
    }
    let created = answer(bench.call("CreateStateMachine", create).await);
    let machine = created["stateMachineArn"].clone();
    answers.insert("create_state_machine", created);
    let start = json!({ "stateMachineArn": machine, "input": case["input"], "name": case["execution_name"] });
    if sync {
        answers.insert("start_sync_execution", answer(bench.call_over_time("StartSyncExecution", start).await));
        return answers;
    }
    let started = answer(bench.call("StartExecution", start).await);
    let execution = started["executionArn"].clone();
    answers.insert("start_execution", started);
    if let Some(arn) = execution.as_str() {
        if let Some(described) = ended(bench, arn).await {
            answers.insert("output", described["output"].clone());
            answers.insert("describe_execution", described);
        }
        answers.insert("history", history(bench, arn).await);
    }
    answers
}

/// The description of an execution once it has ended; `None` if it never does.
async fn ended(bench: &Bench, arn: &str) -> Option<Value> {
    for _ in 0..POLLS {
        settle().await;
        let described = bench.ok("DescribeExecution", json!({ "executionArn": arn })).await;
        if described["status"] != "RUNNING" {
            return Some(described);
        }
        if !bench.wake_next() {
            return None;
        }
    }
    None
}

async fn history(bench: &Bench, arn: &str) -> Value {
    bench.ok("GetExecutionHistory", json!({ "executionArn": arn, "maxResults": 1000 })).await
}

/// A list of calls, some of them repeated until something holds.
async fn play_steps(bench: &Bench, case: &Value) -> Vec<String> {
    let mut answers: Vec<Value> = Vec::new();
    let steps = case["steps"].as_array().expect("steps");
    for step in steps {
        let operation = step["op"].as_str().expect("an operation");
        let input = substitute(&step["params"], &answers);
        let mut last = answer(bench.call_over_time(operation, input.clone()).await);
        for _ in 0..POLLS {
            if holds(&step["until"], &last) {
                break;
            }
            settle().await;
            if !bench.wake_next() {
                break;
            }
            settle().await;
            last = answer(bench.call_over_time(operation, input.clone()).await);
        }
        answers.push(last);
    }
    let rules = Rules::of(case);
    let mut bindings = Bindings::default();
    let mut differences = Vec::new();
    for assertion in case["assertions"].as_array().into_iter().flatten() {
        let actual = build(&assertion["actual"], &answers, steps);
        let found = compare(&rules, &assertion["expected"], &actual, &mut bindings);
        differences.extend(found.into_iter().map(|line| format!("{} {line}", assertion["label"])));
    }
    differences
}

fn compare(rules: &Rules, expected: &Value, actual: &Value, bindings: &mut Bindings) -> Vec<String> {
    if expected["events"].is_array() {
        rules.history_differences(expected, actual, bindings)
    } else {
        rules.differences(expected, actual, bindings)
    }
}

/// An answer as the SDK of the recordings shows it, exceptions included.
fn answer(answer: Result<Value, aws_protocol::ServiceError>) -> Value {
    match answer {
        Ok(answer) => answer,
        Err(error) => {
            let mut shown = json!({
                "Error": { "Code": error.code, "Message": error.message },
                "message": error.message,
            });
            for (member, value) in error.members {
                shown[member] = value;
            }
            shown
        }
    }
}

/// Whether what a repeated call waits for has come.
fn holds(until: &Value, answer: &Value) -> bool {
    let last_type = || answer["events"].as_array().and_then(|events| events.last()).map(|event| &event["type"]);
    if until["terminal"] == true {
        let terminal = ["ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"];
        return last_type().is_some_and(|last| terminal.iter().any(|terminal| last == terminal));
    }
    if let Some(wanted) = until.get("last_event_type") {
        return last_type() == Some(wanted);
    }
    if let Some(status) = until.get("status") {
        return &answer["status"] == status;
    }
    if let (Some(list), Some(count)) = (until["list"].as_str(), until["count"].as_u64()) {
        return answer[list].as_array().is_some_and(|list| list.len() as u64 == count);
    }
    true
}

/// Puts earlier answers, roles, region and account into the texts of a step.
fn substitute(value: &Value, answers: &[Value]) -> Value {
    match value {
        Value::String(text) => substitute_text(text, answers),
        Value::Array(items) => items.iter().map(|item| substitute(item, answers)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), substitute(value, answers)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn substitute_text(text: &str, answers: &[Value]) -> Value {
    let whole = text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
    if let Some(reference) = whole.filter(|reference| !reference.contains("${")) {
        return resolve(reference, answers);
    }
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        result.push_str(before);
        let (reference, after) = after.split_once('}').expect("a closed reference");
        match resolve(reference, answers) {
            Value::String(text) => result.push_str(&text),
            other => result.push_str(&other.to_string()),
        }
        rest = after;
    }
    result.push_str(rest);
    Value::String(result)
}

fn resolve(reference: &str, answers: &[Value]) -> Value {
    if let Some(number) = reference.strip_prefix("role:") {
        return format!("arn:aws:iam::111111111111:role/role-{number}").into();
    }
    match reference {
        "region" => "us-east-1".into(),
        "account" => "111111111111".into(),
        _ => {
            let (step, path) = reference.split_once('.').unwrap_or((reference, ""));
            let step: usize = step.trim_start_matches('s').parse().expect("the number of a step");
            let parts = path.split('.').filter(|part| !part.is_empty());
            parts.fold(answers[step].clone(), |value, part| match part.parse::<usize>() {
                Ok(index) => value[index].clone(),
                Err(_) => value[part].clone(),
            })
        }
    }
}

/// The value that an assertion compares.
fn build(actual: &Value, answers: &[Value], steps: &[Value]) -> Value {
    if let Some(step) = actual["response"].as_u64() {
        let path = actual["path"].as_array().into_iter().flatten();
        return path.fold(answers[step as usize].clone(), |value, part| match part.as_u64() {
            Some(index) => value[index as usize].clone(),
            None => value[part.as_str().expect("a member")].clone(),
        });
    }
    if let Some(step) = actual["error"].as_u64() {
        let (error, operation) = (&answers[step as usize]["Error"], &steps[step as usize]["op"]);
        let words = [&error["Code"], operation, &error["Message"]].map(|word| word.as_str().unwrap_or("?"));
        let [code, operation, message] = words;
        return format!("An error occurred ({code}) when calling the {operation} operation: {message}").into();
    }
    if let Some(members) = actual["object"].as_object() {
        let members = members.iter().map(|(name, value)| (name.clone(), build(value, answers, steps)));
        return Value::Object(members.collect());
    }
    if let Some(items) = actual["array"].as_array() {
        return items.iter().map(|item| build(item, answers, steps)).collect();
    }
    actual["value"].clone()
}

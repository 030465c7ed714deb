//! The test suite of the JSONata project (its cases and their answers as data: `tests/jsonata/suite.json`), run as
//! expressions of a workflow run, and once more in the sandbox alone. What fails is known by name, so that a case that
//! begins to pass shows as well.
//!
//! Two cases of the suite hold half a surrogate pair, which JSON text cannot carry here; they are not in the data.

use std::collections::BTreeMap;

use serde_json::Value;

use super::engine::JsonataCore;
use super::{Failure, Query, QueryEngine, sandbox};
use crate::data::Data;
use crate::scope::{Random, Scope, Variables};

/// Cases that fail wherever they run, and why (`docs/jsonata.md`).
const FAILING: &[&str] = &[
    // 200,000 calls of a function: more work than an expression may do.
    "flattening/large#0",
    "flattening/large#1",
    // Step Functions has no `$eval`.
    "function-eval/case000",
    "function-eval/case001",
    "function-eval/case002",
    "function-eval/case003",
    "function-eval/case004",
    "function-eval/case005",
    "function-eval/case006",
    "function-eval/case007",
    // Ten million numbers: more memory than an expression may use.
    "range-operator/case021",
    "range-operator/case024",
    // The suite's runner allows 302 levels of nesting here; an expression of a workflow may nest deeper.
    "tail-recursion/case002",
];
/// Cases that fail where they run outside the sandbox, besides.
const FAILING_OUTSIDE: &[&str] = &[
    // Compares what `$now` says with today; the clock of an execution stands still at its step.
    "function-tomillis/parseDateTime#40",
];

type Evaluate = fn(&Query<'_>) -> Result<Data, Failure>;

#[test]
fn the_suite_as_a_workflow_runs_it() {
    let mut known = [FAILING, FAILING_OUTSIDE].concat();
    known.sort_unstable();
    report("expressions of a workflow", JsonataCore::evaluate, &known);
}

#[test]
fn the_suite_in_the_sandbox() {
    report("in the sandbox alone", sandbox::evaluate, FAILING);
}

fn report(title: &str, evaluate: Evaluate, known: &[&str]) {
    let suite: Value = serde_json::from_str(include_str!("../../tests/jsonata/suite.json")).unwrap();
    let mut groups = BTreeMap::<&str, (usize, usize)>::new();
    let mut failing = Vec::new();
    for case in suite["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let group = groups.entry(name.split('/').next().unwrap()).or_default();
        match judge(case, &run(case, &suite["datasets"], evaluate)) {
            Ok(()) => group.0 += 1,
            Err(what) => {
                group.1 += 1;
                failing.push((name, what));
            }
        }
    }
    println!("JSONata test suite, {title}:");
    for (group, (passed, failed)) in groups.iter().filter(|(_, (_, failed))| *failed > 0) {
        println!("  {group}: {passed} passed, {failed} failed");
    }
    let passed: usize = groups.values().map(|(passed, _)| passed).sum();
    println!("  all {} groups: {passed} passed, {} failed", groups.len(), failing.len());
    let names: Vec<&str> = failing.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, known, "{failing:#?}");
}

fn run(case: &Value, datasets: &Value, evaluate: Evaluate) -> Result<Value, Failure> {
    let root = case.get("data").or_else(|| datasets.get(case["dataset"].as_str()?)).cloned().map(Data::from_value);
    let bindings = case["bindings"].as_object().into_iter().flatten();
    let variables: Variables =
        bindings.map(|(name, value)| (name.as_str().into(), Data::from_value(value.clone()))).collect();
    let (nothing, random) = (Data::empty_object(), Random::new(1));
    let scope = Scope {
        input: &nothing,
        context: &nothing,
        variables: &variables,
        result: None,
        error_output: None,
        random: &random,
        now_millis: 1_704_067_200_000,
    };
    let source = case["expr"].as_str().unwrap();
    JsonataCore::check(source).map_err(Failure::Threw)?;
    evaluate(&Query { source, root: root.as_ref(), scope: &scope }).map(|data| data.value().clone())
}

fn judge(case: &Value, found: &Result<Value, Failure>) -> Result<(), String> {
    let passes = match found {
        Ok(value) if case["unordered"] == true => sorted(value) == sorted(&case["result"]),
        Ok(value) => case.get("result").is_some_and(|wanted| same(wanted, value)) || matches_pattern(case, value),
        Err(Failure::Nothing) => case["undefined"] == true,
        Err(Failure::Unsupported) => false,
        // The suite's runner has a code of its own for what it stops.
        Err(Failure::Threw(_)) if case["code"] == "U1001" => true,
        Err(Failure::Threw(text)) => case["code"].as_str().is_some_and(|code| text.starts_with(code)),
    };
    let wanted = ["result", "code", "undefined"].iter().find_map(|kind| Some((kind, case.get(kind)?)));
    if passes { Ok(()) } else { Err(format!("{}: {found:?} instead of {wanted:?}", case["expr"])) }
}

fn matches_pattern(case: &Value, value: &Value) -> bool {
    let (Some(pattern), Some(text)) = (case["result_re"].as_str(), value.as_str()) else { return false };
    regex::Regex::new(pattern).unwrap().is_match(text)
}

fn sorted(value: &Value) -> Vec<String> {
    let mut texts: Vec<String> = value.as_array().into_iter().flatten().map(Value::to_string).collect();
    texts.sort();
    texts
}

/// Equal, `1` and `1.0` being the same number.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let is_same = |(key, value): (&String, &Value)| other.get(key).is_some_and(|found| same(value, found));
            one.len() == other.len() && one.iter().all(is_same)
        }
        _ => one == other,
    }
}

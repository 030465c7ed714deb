//! What the tests of this folder share: the recorded cases, and one state's data flow.

use asl::{Data, Definition, EvaluationError, Random, Scope, State, StateKind, Variables};
use serde_json::{Value, json};

/// A file of cases recorded on AWS.
pub(crate) fn recorded(area: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/conformance/states/{area}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// Runs what needs a scope over one input.
pub(crate) fn with_scope<T>(input: &Data, run: impl FnOnce(&Scope<'_>) -> T) -> T {
    let context = Data::from_value(context(input));
    let variables = Variables::from([("name".into(), Data::from_value(json!("Ann")))]);
    let random = Random::new(1);
    run(&Scope {
        input,
        context: &context,
        variables: &variables,
        result: None,
        error_output: None,
        random: &random,
        now_millis: 1_704_067_200_000,
    })
}

fn context(input: &Data) -> Value {
    json!({
        "Execution": {"Id": "execution-arn", "Input": input.value(), "Name": "execution-name"},
        "StateMachine": {"Id": "arn:aws:states:us-east-1:111111111111:stateMachine:machine-name", "Name": "machine-name"},
    })
}

/// The output of a Pass state.
pub(crate) fn pass(state: &State, raw: &Data) -> Result<Data, EvaluationError> {
    let StateKind::Pass { result } = &state.kind else { panic!("{} is not a Pass state", state.name) };
    let over = |input: &Data, run: &dyn Fn(&Scope<'_>) -> Result<Data, EvaluationError>| with_scope(input, run);
    if let Some(output) = &state.output {
        return over(raw, &|scope| output.evaluate(scope));
    }
    let input = over(raw, &|scope| state.input_path.select(scope))?;
    let result = match (result, &state.arguments) {
        (Some(result), _) => result.clone(),
        (None, Some(arguments)) => over(&input, &|scope| arguments.evaluate(scope))?,
        (None, None) => input,
    };
    let placed = state.result_path.place(raw, &result)?;
    over(&placed, &|scope| state.output_path.select(scope))
}

/// The definition of a case; a failure says what was found wrong with it.
pub(crate) fn definition(text: &str) -> Definition {
    Definition::parse(text).unwrap_or_else(|diagnostics| panic!("{text}: {diagnostics:#?}"))
}

//! [ValidateStateMachineDefinition]
//! (https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html).

use asl::{Definition, Diagnostic, Severity};
use serde_json::{Value, json};

use super::{create_state_machine::express_refusal, input::Input};
use crate::{Error, MachineType, engine::Shared};

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let definition = input.required("definition", 1, shared.limits.definition_bytes)?;
    let express = input.choice("type", &["STANDARD", "EXPRESS"], "STANDARD")? == "EXPRESS";
    let errors_only = input.choice("severity", &["ERROR", "WARNING"], "ERROR")? == "ERROR";
    let limit = input.max_results()?.min(100);
    input.finish()?;
    let kind = if express { MachineType::Express } else { MachineType::Standard };
    let mut found = diagnostics(definition, kind);
    if errors_only {
        found.retain(|diagnostic| diagnostic["severity"] == "ERROR");
    }
    let failed = found.iter().any(|diagnostic| diagnostic["severity"] == "ERROR");
    let truncated = found.len() > limit;
    found.truncate(limit);
    Ok(json!({
        "result": if failed { "FAIL" } else { "OK" },
        "diagnostics": found,
        "truncated": truncated,
    }))
}

fn diagnostics(text: &str, kind: MachineType) -> Vec<Value> {
    match Definition::parse(text) {
        Err(found) => found.iter().map(show).collect(),
        Ok(definition) => express_refusal(&definition, kind)
            .map(|(message, state)| {
                json!({
                    "severity": "ERROR",
                    "code": "SCHEMA_VALIDATION_FAILED",
                    "message": message,
                    "location": format!("/States/{state}/Resource"),
                })
            })
            .into_iter()
            .collect(),
    }
}

fn show(diagnostic: &Diagnostic) -> Value {
    let severity = match diagnostic.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
    };
    let mut shown = json!({ "severity": severity, "code": diagnostic.code, "message": diagnostic.message });
    if let Some(location) = &diagnostic.location {
        shown["location"] = location.as_str().into();
    }
    shown
}

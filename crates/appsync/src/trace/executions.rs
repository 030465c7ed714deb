//! Executions of state machines that a request started: the `executionArn`s in what its data sources answered.

use serde_json::Value;

use super::{Captured, FieldTrace, RequestTrace};
use crate::limits;

/// Executions listed of one field.
const LISTED: usize = 100;
/// The member that has the ARN of an execution.
const MEMBER: &str = "executionArn";

impl RequestTrace {
    /// ARNs of the executions that its fields started, in order.
    pub fn execution_arns(&self) -> Vec<String> {
        let mut found = Vec::new();
        for field in &self.fields {
            field.find_executions(&mut found);
        }
        found
    }
}

impl FieldTrace {
    /// ARNs of the executions that its data sources started, in order.
    pub fn execution_arns(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.find_executions(&mut found);
        found
    }

    fn find_executions(&self, found: &mut Vec<String>) {
        for step in &self.steps {
            let Some(call) = step.call.as_ref().filter(|call| starts(&call.operation)) else { continue };
            let answered = step.after.as_ref().map(|after| &after.result);
            let answers = [Some(&call.response), answered];
            let telling = answers.into_iter().flatten().filter(|answer| answer.mentions(MEMBER));
            for value in telling.filter_map(Captured::raw) {
                find(&value, limits::TRACE_VALUE_DEPTH, found);
            }
        }
    }
}

/// Others only read executions, or pass their ARNs on.
fn starts(operation: &str) -> bool {
    matches!(operation, "StartExecution" | "StartSyncExecution" | "Invoke" | "BatchInvoke")
}

fn find(value: &Value, depth: usize, found: &mut Vec<String>) {
    match value {
        _ if depth == 0 || found.len() >= LISTED => {}
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(arn) if name == MEMBER && is_execution(arn) => {
                        if !found.contains(arn) {
                            found.push(arn.clone());
                        }
                    }
                    _ => find(value, depth - 1, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| find(item, depth - 1, found)),
        // The body of an HTTP data source's answer.
        Value::String(text) if text.contains(MEMBER) => {
            if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                find(&inner, depth - 1, found);
            }
        }
        _ => {}
    }
}

fn is_execution(arn: &str) -> bool {
    arn.starts_with("arn:") && (arn.contains(":execution:") || arn.contains(":express:"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn executions_are_found_in_answers_and_their_bodies() {
        let arn = "arn:aws:states:us-east-1:000000000000:execution:m:e";
        for (value, expected) in [
            (json!({ "executionArn": arn }), 1),
            (json!({ "body": format!("{{\"executionArn\":\"{arn}\",\"startDate\":1}}") }), 1),
            (json!([{ "executionArn": arn }, { "executionArn": arn }]), 1),
            (json!({ "executionArn": "mine" }), 0),
            (json!({ "arn": arn }), 0),
        ] {
            let mut found = Vec::new();
            find(&value, 8, &mut found);
            assert_eq!(found, vec![arn; expected], "{value}");
        }
    }
}

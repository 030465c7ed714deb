//! The service `stepwell:roles`, which is not on the wire and cannot be named by a workflow: whether a state machine may
//! take a role of the template for a task
//! (`AssumeRole`), by the role's trust policy. Roles that the template does not have belong to others and may be taken.

use std::{collections::HashMap, sync::Arc};

use aws_protocol::{BoxFuture, Caller, Directory, Service, ServiceError};
use serde_json::{Map, Value};

/// Registers the service with the roles of `application`.
pub(super) fn start(application: &template::Application, services: &Directory) {
    let roles = application.roles.iter().map(|role| (role.arn.clone(), role.assume_role_policy.clone()));
    services.register(Arc::new(Roles(roles.collect())));
}

/// Trust policies by the ARN of their role.
struct Roles(HashMap<String, Value>);

impl Service for Roles {
    fn name(&self) -> &'static str {
        "stepwell:roles"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        let role = input["RoleArn"].as_str().unwrap_or_default();
        let answer = match (operation, self.0.get(role)) {
            ("AssumeRole", Some(policy)) if !trusts(policy, caller) => {
                Err(ServiceError::new("AccessDenied", format!("{role} does not trust {}", caller.principal_arn)))
            }
            ("AssumeRole", _) => Ok(Value::Object(Map::new())),
            (other, _) => Err(ServiceError::unknown_operation("stepwell:roles", other)),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// Whether a statement allows the caller: by its ARN, by its account, or by allowing everybody.
// AWS differs: conditions of trust policies are checked there, and denials.
fn trusts(policy: &Value, caller: &Caller) -> bool {
    let list = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    list(&policy["Statement"]).iter().any(|statement| {
        let action = |action: &Value| matches!(action.as_str(), Some("sts:AssumeRole" | "sts:*" | "*"));
        let principals =
            if statement["Principal"] == "*" { vec!["*".into()] } else { list(&statement["Principal"]["AWS"]) };
        let matches = |principal: &Value| {
            let principal = principal.as_str().unwrap_or_default();
            let root = format!("arn:aws:iam::{}:root", caller.account);
            principal == "*" || principal == caller.principal_arn || principal == caller.account || principal == root
        };
        statement["Effect"] == "Allow"
            && list(&statement["Action"]).iter().any(action)
            && principals.iter().any(matches)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_trusts_whom_its_policy_names() {
        let caller = Caller::internal("111111111111", "arn:aws:iam::111111111111:role/m");
        let policy = |principal: Value| json!({ "Statement": { "Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": principal } });
        let cases = [
            (json!({ "AWS": "arn:aws:iam::111111111111:role/m" }), true),
            (json!({ "AWS": ["arn:aws:iam::222222222222:root", "111111111111"] }), true),
            (json!({ "AWS": "arn:aws:iam::111111111111:root" }), true),
            (json!("*"), true),
            (json!({ "AWS": "arn:aws:iam::111111111111:role/other" }), false),
            (json!({ "Service": "lambda.amazonaws.com" }), false),
        ];
        for (principal, expected) in cases {
            assert_eq!(trusts(&policy(principal.clone()), &caller), expected, "{principal}");
        }
    }
}

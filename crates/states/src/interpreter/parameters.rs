//! Which parameters an optimised integration takes. Others, and missing ones, keep the task from starting: the state
//! fails with `States.Runtime` before the task is scheduled (recorded on AWS).

use asl::Data;
use serde_json::Value;

use crate::history::ResourceName;

/// An integration whose parameters are all known.
struct Integration {
    resource_type: &'static str,
    fields: &'static [&'static str],
    /// Each entry is one field, or several of which one must be there.
    required: &'static [&'static [&'static str]],
}

/// Step Functions developer guide, "Integrating optimized services". What SQS and SNS require, they say themselves.
const INTEGRATIONS: [Integration; 4] = [
    Integration {
        resource_type: "lambda",
        fields: &["ClientContext", "FunctionName", "InvocationType", "LogType", "Payload", "Qualifier"],
        required: &[&["FunctionName"]],
    },
    Integration {
        resource_type: "sqs",
        fields: &[
            "DelaySeconds",
            "MessageAttributes",
            "MessageBody",
            "MessageDeduplicationId",
            "MessageGroupId",
            "MessageSystemAttributes",
            "QueueUrl",
        ],
        required: &[],
    },
    Integration {
        resource_type: "sns",
        fields: &[
            "Message",
            "MessageAttributes",
            "MessageDeduplicationId",
            "MessageGroupId",
            "MessageStructure",
            "PhoneNumber",
            "Subject",
            "TargetArn",
            "TopicArn",
        ],
        required: &[],
    },
    Integration {
        resource_type: "http",
        fields: &[
            "ApiEndpoint",
            "Authentication",
            "Headers",
            "InvocationConfig",
            "Method",
            "QueryParameters",
            "RequestBody",
            "Transform",
        ],
        required: &[&["ApiEndpoint"], &["Method"], &["InvocationConfig", "Authentication"]],
    },
];

/// What is wrong with the parameters of a task, if anything is.
pub(super) fn problem(resource: &ResourceName, parameters: &Data) -> Option<String> {
    let known = INTEGRATIONS.iter().find(|known| known.resource_type == &*resource.resource_type)?;
    let Value::Object(members) = parameters.value() else { return None };
    let unknown = members.keys().filter(|name| !known.fields.contains(&name.as_str()));
    let unknown = unknown.map(|name| format!("The field '{name}' is not supported by Step Functions"));
    let missing = known.required.iter().filter(|names| names.iter().all(|name| !members.contains_key(*name)));
    let missing = missing.map(|names| format!("The field \"{}\" is required but was missing", names[0]));
    let problems: Vec<_> = unknown.chain(missing).collect();
    let text = parameters.text();
    (!problems.is_empty())
        .then(|| format!("The Parameters '{text}' could not be used to start the Task: [{}]", problems.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_and_missing_fields_are_named() {
        let cases = [
            ("lambda", r#"{"FunctionName":"f","Payload":1}"#, None),
            ("lambda", r#"{"Payload":1}"#, Some(r#"[The field "FunctionName" is required but was missing]"#)),
            (
                "http",
                r#"{"Method":"GET","Later":1,"Authentication":{}}"#,
                Some(
                    r#"[The field 'Later' is not supported by Step Functions, The field "ApiEndpoint" is required but was missing]"#,
                ),
            ),
            ("sqs", "{}", None),
            ("sns", r#"{"Body":"x"}"#, Some("[The field 'Body' is not supported by Step Functions]")),
            ("dynamodb", r#"{"Later":1}"#, None),
        ];
        for (resource_type, parameters, expected) in cases {
            let resource = ResourceName { resource_type: resource_type.into(), resource: "x".into() };
            let found = problem(&resource, &Data::parse(parameters).expect("JSON"));
            let wanted = expected
                .map(|text| format!("The Parameters '{parameters}' could not be used to start the Task: {text}"));
            assert_eq!(found, wanted, "{resource_type} {parameters}");
        }
    }
}

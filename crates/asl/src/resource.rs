//! Which `Resource` of a Task is known; what it means at run time is the interpreter's business.

/// Optimised services whose actions are all known.
const ACTIONS: [(&str, &[&str]); 7] = [
    ("lambda", &["invoke"]),
    ("dynamodb", &["getItem", "putItem", "updateItem", "deleteItem"]),
    ("sqs", &["sendMessage"]),
    ("sns", &["publish"]),
    ("events", &["putEvents"]),
    ("states", &["startExecution"]),
    ("http", &["invoke"]),
];

/// Optimised services whose actions are left to their own check.
const SERVICES: [&str; 15] = [
    "apigateway",
    "athena",
    "batch",
    "bedrock",
    "codebuild",
    "databrew",
    "ecs",
    "eks",
    "elasticmapreduce",
    "emr-containers",
    "emr-serverless",
    "glue",
    "mediaconvert",
    "sagemaker",
    "s3",
];

/// How a task may wait for its service.
const PATTERNS: [&str; 4] = ["", ".sync", ".sync:2", ".waitForTaskToken"];

/// Whether an ARN names a function, an activity, or an integration that Step Functions has.
pub(crate) fn is_recognized(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, service, region, account, resource] = parts[..] else {
        return false;
    };
    match service {
        "lambda" => resource.starts_with("function:"),
        "states" if region.is_empty() && account.is_empty() => is_integration(resource),
        "states" => resource.starts_with("activity:"),
        _ => false,
    }
}

fn is_integration(resource: &str) -> bool {
    let (sdk, rest) = resource.strip_prefix("aws-sdk:").map_or((false, resource), |rest| (true, rest));
    let Some((service, action)) = rest.split_once(':') else {
        return false;
    };
    let (action, pattern) = action.split_at(action.find('.').unwrap_or(action.len()));
    let known = sdk
        || SERVICES.contains(&service)
        || ACTIONS.iter().any(|(name, actions)| *name == service && actions.contains(&action));
    known && !service.is_empty() && !action.is_empty() && PATTERNS.contains(&pattern)
}

#[cfg(test)]
mod tests {
    use super::is_recognized;

    #[test]
    fn resources() {
        let cases = [
            ("arn:aws:lambda:us-east-1:111111111111:function:pay:live", true),
            ("arn:aws:states:us-east-1:111111111111:activity:pack", true),
            ("arn:aws:states:::lambda:invoke", true),
            ("arn:aws-cn:states:::sqs:sendMessage.waitForTaskToken", true),
            ("arn:aws:states:::states:startExecution.sync:2", true),
            ("arn:aws:states:::aws-sdk:dynamodb:query", true),
            ("arn:aws:states:::dynamodb:query", false),
            ("arn:aws:states:::dynamodb:getItem.later", false),
            ("arn:aws:states:::aws-sdk:dynamodb", false),
            ("arn:aws:states:us-east-1:111111111111:stateMachine:x", false),
            ("arn:aws:s3:::bucket", false),
            ("pack", false),
        ];
        for (arn, expected) in cases {
            assert_eq!(is_recognized(arn), expected, "{arn}");
        }
    }
}

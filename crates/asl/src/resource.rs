//! `Resource` of a Task: what it calls and how it waits.

use std::sync::Arc;

/// What a Task calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integration {
    /// A Lambda function by its own ARN.
    Lambda {
        /// The ARN.
        function: Arc<str>,
    },
    /// An activity by its ARN.
    Activity {
        /// The ARN.
        activity: Arc<str>,
    },
    /// `arn:aws:states:::<service>:<action>`, optimised or `aws-sdk:`.
    Service {
        /// `lambda`, `dynamodb`, `aws-sdk:dynamodb`: the `resourceType` of history.
        service: Arc<str>,
        /// `invoke`, `getItem`: the `resource` of history without the pattern's suffix.
        action: Arc<str>,
        /// How the task waits.
        pattern: Pattern,
    },
}

/// How a Task waits for its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// For the answer.
    RequestResponse,
    /// `.sync` or `.sync:2`: for the end of the job.
    Sync {
        /// 1 or 2.
        version: u8,
    },
    /// `.waitForTaskToken`.
    WaitForTaskToken,
}

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

impl Integration {
    /// From an ARN; the error is AWS's text for one that is not recognized.
    pub fn parse(arn: &str) -> Result<Self, String> {
        Self::recognize(arn).ok_or_else(|| {
            format!(
                "The resource provided {arn} is not recognized. The value is not a valid resource ARN, or the resource \
                 is not available in this region."
            )
        })
    }

    fn recognize(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", _, service, region, account, resource] = parts[..] else {
            return None;
        };
        match service {
            "lambda" if resource.starts_with("function:") => Some(Self::Lambda { function: arn.into() }),
            "states" if resource.starts_with("activity:") => Some(Self::Activity { activity: arn.into() }),
            "states" if region.is_empty() && account.is_empty() => Self::service(resource),
            _ => None,
        }
    }

    fn service(resource: &str) -> Option<Self> {
        let split_at = match resource.strip_prefix("aws-sdk:") {
            Some(rest) => "aws-sdk:".len() + rest.find(':')?,
            None => resource.find(':')?,
        };
        let (service, action) = (&resource[..split_at], &resource[split_at + 1..]);
        let (action, pattern) = match action.split_once('.') {
            None => (action, Pattern::RequestResponse),
            Some((action, "sync")) => (action, Pattern::Sync { version: 1 }),
            Some((action, "sync:2")) => (action, Pattern::Sync { version: 2 }),
            Some((action, "waitForTaskToken")) => (action, Pattern::WaitForTaskToken),
            Some(_) => return None,
        };
        let known = service.starts_with("aws-sdk:")
            || SERVICES.contains(&service)
            || ACTIONS.iter().any(|(name, actions)| *name == service && actions.contains(&action));
        (known && !action.is_empty()).then(|| Self::Service { service: service.into(), action: action.into(), pattern })
    }
}

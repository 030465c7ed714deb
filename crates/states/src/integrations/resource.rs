//! The `Resource` of a Task state.

use std::sync::Arc;

/// Who performs a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    /// `arn:aws:states:R:A:activity:NAME`.
    Activity,
    /// `arn:aws:lambda:R:A:function:NAME`.
    Lambda,
    /// `arn:aws:states:::SERVICE:ACTION[.PATTERN]`.
    Service { service: Arc<str>, action: Arc<str>, pattern: Pattern },
    /// `arn:aws:states:::aws-sdk:SERVICE:ACTION[.PATTERN]`.
    AwsSdk { service: Arc<str>, action: Arc<str>, pattern: Pattern },
}

/// When a task ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// With the answer of the call.
    RequestResponse,
    /// With what the call began; its output is text.
    Sync,
    /// The same; its output is JSON.
    Sync2,
    /// With SendTaskSuccess or SendTaskFailure.
    WaitForTaskToken,
}

impl Resource {
    /// From the ARN. Whether the service and action exist is a matter of the call; definitions that name unknown ones
    /// are refused at creation.
    pub(crate) fn parse(arn: &str) -> Self {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let (owner, rest) = match parts[..] {
            [_, _, owner, _, _, rest] => (owner, rest),
            _ => ("", arn),
        };
        if owner == "lambda" {
            return Self::Lambda;
        }
        if owner == "states" && rest.starts_with("activity:") {
            return Self::Activity;
        }
        match rest.strip_prefix("aws-sdk:") {
            Some(rest) => {
                let (service, action, pattern) = split(rest);
                Self::AwsSdk { service, action, pattern }
            }
            None => {
                let (service, action, pattern) = split(rest);
                Self::Service { service, action, pattern }
            }
        }
    }

    /// When the task ends.
    pub(crate) fn pattern(&self) -> Pattern {
        match self {
            Self::Activity | Self::Lambda => Pattern::RequestResponse,
            Self::Service { pattern, .. } | Self::AwsSdk { pattern, .. } => *pattern,
        }
    }

    /// Whether the call takes as long as somebody else's work, and its service bounds how many there are: functions,
    /// which may themselves wait for tasks, and activity workers.
    pub(crate) fn waits_elsewhere(&self) -> bool {
        match self {
            Self::Lambda => true,
            Self::Service { service, .. } => &**service == "lambda",
            Self::AwsSdk { service, action, .. } => &**service == "lambda" || &**action == "getActivityTask",
            Self::Activity => false,
        }
    }
}

fn split(text: &str) -> (Arc<str>, Arc<str>, Pattern) {
    let (service, action) = text.split_once(':').unwrap_or((text, ""));
    let suffixes = [
        (".waitForTaskToken", Pattern::WaitForTaskToken),
        (".sync:2", Pattern::Sync2),
        (".sync", Pattern::Sync),
        ("", Pattern::RequestResponse),
    ];
    let found = suffixes.iter().find_map(|(suffix, pattern)| Some((action.strip_suffix(suffix)?, *pattern)));
    let (action, pattern) = found.expect("every text ends with the empty suffix");
    (service.into(), action.into(), pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_arns_of_task_states() {
        let service = |service: &str, action: &str, pattern| Resource::Service {
            service: service.into(),
            action: action.into(),
            pattern,
        };
        let cases = [
            ("arn:aws:states:us-east-1:123456789012:activity:Pack", Resource::Activity),
            ("arn:aws:lambda:us-east-1:123456789012:function:pack:live", Resource::Lambda),
            ("arn:aws:states:::dynamodb:getItem", service("dynamodb", "getItem", Pattern::RequestResponse)),
            ("arn:aws:states:::states:startExecution.sync:2", service("states", "startExecution", Pattern::Sync2)),
            ("arn:aws:states:::states:startExecution.sync", service("states", "startExecution", Pattern::Sync)),
            (
                "arn:aws:states:::events:putEvents.waitForTaskToken",
                service("events", "putEvents", Pattern::WaitForTaskToken),
            ),
            (
                "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess",
                Resource::AwsSdk {
                    service: "sfn".into(),
                    action: "sendTaskSuccess".into(),
                    pattern: Pattern::RequestResponse,
                },
            ),
        ];
        for (arn, expected) in cases {
            assert_eq!(Resource::parse(arn), expected, "{arn}");
        }
    }
}

//! What a Task's `Resource` ARN means: which family of events it has, and whether it answers by token.

use std::sync::Arc;

use crate::history::ResourceName;

/// How a task is carried out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Integration {
    /// `arn:aws:lambda:...:function:...`: LambdaFunction events.
    Lambda,
    /// `arn:aws:states:REGION:ACCOUNT:activity:NAME`: Activity events.
    Activity,
    /// `arn:aws:states:::SERVICE:ACTION`: Task events.
    Service(ResourceName),
}

impl Integration {
    /// From the ARN; anything that is neither a function nor an activity counts as a service.
    pub(super) fn of(arn: &str) -> Self {
        let mut parts = arn.splitn(6, ':');
        let (service, rest) = (parts.nth(2).unwrap_or_default(), parts.nth(2).unwrap_or(arn));
        match service {
            "lambda" => Self::Lambda,
            "states" if rest.starts_with("activity:") => Self::Activity,
            _ => Self::Service(service_name(rest)),
        }
    }

    /// Whether the ARN is an activity's.
    pub(super) fn names_activity(arn: &str) -> bool {
        let mut parts = arn.splitn(6, ':');
        parts.nth(2) == Some("states") && parts.nth(2).is_some_and(|rest| rest.starts_with("activity:"))
    }

    /// Whether it is an activity.
    pub(super) fn is_activity(&self) -> bool {
        matches!(self, Self::Activity)
    }

    /// Whether workers answer with a task token.
    pub(super) fn has_token(&self) -> bool {
        match self {
            Self::Lambda => false,
            Self::Activity => true,
            Self::Service(name) => name.resource.ends_with(".waitForTaskToken"),
        }
    }

    /// What DataLimitExceeded calls it: the resource type of a service, the ARN otherwise (recorded on AWS).
    pub(super) fn label<'a>(&'a self, arn: &'a str) -> &'a str {
        match self {
            Self::Service(name) => &name.resource_type,
            _ => arn,
        }
    }
}

/// `sqs:sendMessage` and `aws-sdk:sqs:sendMessage`; the action may itself hold a colon (`.sync:2`).
fn service_name(text: &str) -> ResourceName {
    let words = if text.starts_with("aws-sdk:") { 2 } else { 1 };
    let colon = text.match_indices(':').nth(words - 1).map_or(text.len(), |(at, _)| at);
    let (resource_type, resource) = text.split_at(colon);
    ResourceName { resource_type: Arc::from(resource_type), resource: Arc::from(resource.trim_start_matches(':')) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_services_as_history_does() {
        for (arn, resource_type, resource) in [
            ("arn:aws:states:::sqs:sendMessage.waitForTaskToken", "sqs", "sendMessage.waitForTaskToken"),
            ("arn:aws:states:::states:startExecution.sync:2", "states", "startExecution.sync:2"),
            ("arn:aws:states:::aws-sdk:dynamodb:getItem", "aws-sdk:dynamodb", "getItem"),
        ] {
            let expected = ResourceName { resource_type: resource_type.into(), resource: resource.into() };
            assert_eq!(Integration::of(arn), Integration::Service(expected), "{arn}");
        }
    }

    #[test]
    fn tells_functions_and_activities_from_services() {
        assert_eq!(Integration::of("arn:aws:lambda:us-east-1:111111111111:function:pack"), Integration::Lambda);
        assert_eq!(Integration::of("arn:aws:states:us-east-1:111111111111:activity:pack"), Integration::Activity);
        assert!(Integration::of("arn:aws:states:us-east-1:111111111111:activity:pack").has_token());
        assert!(!Integration::of("arn:aws:states:::lambda:invoke").has_token());
    }
}

//! The ARNs of Step Functions, and the names inside them.

use aws_protocol::{Arn, Partition};

use crate::Error;

/// What an ARN of the `states` service names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    /// `stateMachine:<name>[:<version or alias>]`.
    StateMachine { name: String, qualifier: Option<String> },
    /// `execution:<state machine>:<name>`, or `express:<state machine>/<label>:<name>:<uuid>` of a distributed Map's child.
    Execution,
    /// `mapRun:<state machine>/<label>:<uuid>`.
    MapRun,
    /// `activity:<name>`.
    Activity { name: String },
    /// Anything else, by its type: `express` ...
    Other(String),
}

impl Resource {
    /// Reads an ARN of the `states` service.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let invalid = || Error::InvalidArn(format!("Invalid ARN prefix: {text}"));
        let arn: Arn = text.parse().map_err(|_| invalid())?;
        if arn.service != "states" {
            return Err(invalid());
        }
        let mut parts = arn.resource.split(':');
        let kind = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        Ok(match (kind, rest.as_slice()) {
            ("stateMachine", [name]) => Self::StateMachine { name: (*name).to_owned(), qualifier: None },
            ("stateMachine", [name, qualifier]) => {
                Self::StateMachine { name: (*name).to_owned(), qualifier: Some((*qualifier).to_owned()) }
            }
            ("execution", [_machine, _name]) => Self::Execution,
            // DescribeExecution and ListExecutions take Express executions only of a Map Run (API reference).
            ("express", [machine, _name, _uuid]) if machine.contains('/') => Self::Execution,
            ("mapRun", [machine, _uuid]) if machine.contains('/') => Self::MapRun,
            ("activity", [name]) => Self::Activity { name: (*name).to_owned() },
            _ => Self::Other(kind.to_owned()),
        })
    }

    /// The error for an ARN of this kind where another was wanted.
    pub(crate) fn misplaced(&self) -> Error {
        let kind = match self {
            Self::StateMachine { .. } => "stateMachine",
            Self::Execution => "execution",
            Self::MapRun => "mapRun",
            Self::Activity { .. } => "activity",
            Self::Other(kind) => kind,
        };
        Error::InvalidArn(format!("Resource type not valid in this context: {kind}"))
    }
}

/// The name in an unqualified state machine ARN; a qualified one (version or alias) does not exist here.
pub(crate) fn state_machine_name(arn: &str) -> Result<String, Error> {
    match Resource::parse(arn)? {
        Resource::StateMachine { name, qualifier: None } => Ok(name),
        Resource::StateMachine { .. } => Err(Error::StateMachineDoesNotExist(arn.to_owned())),
        other => Err(other.misplaced()),
    }
}

/// What an ARN of a state machine is qualified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Qualifier {
    /// The state machine itself.
    None,
    /// A version, by number.
    Version(u64),
    /// An alias, by name: a name has a character that is no digit.
    Alias(String),
}

/// The name in a state machine ARN, and what it is qualified with. The ARN of a distributed Map, `<machine>/<label>`, is not
/// valid where one is wanted (API reference, "StartExecution"; the text is not AWS's).
pub(crate) fn qualified_machine(arn: &str) -> Result<(String, Qualifier), Error> {
    match Resource::parse(arn)? {
        Resource::StateMachine { name, .. } if name.contains('/') => {
            Err(Error::Validation(format!("The ARN refers to a Distributed Map state: {arn}")))
        }
        Resource::StateMachine { name, qualifier: None } => Ok((name, Qualifier::None)),
        Resource::StateMachine { name, qualifier: Some(text) } => Ok((
            name,
            match text.parse() {
                Ok(number) => Qualifier::Version(number),
                Err(_) => Qualifier::Alias(text),
            },
        )),
        other => Err(other.misplaced()),
    }
}

/// Checks that `arn` names an execution of a Standard state machine.
pub(crate) fn check_execution(arn: &str) -> Result<(), Error> {
    match Resource::parse(arn)? {
        Resource::Execution => Ok(()),
        other => Err(other.misplaced()),
    }
}

/// The name of the state machine in the ARN of an execution.
pub(crate) fn machine_of_execution(arn: &str) -> Option<&str> {
    arn.split(':').nth(6)
}

/// Checks that `arn` names a map run.
pub(crate) fn check_map_run(arn: &str) -> Result<(), Error> {
    match Resource::parse(arn)? {
        Resource::MapRun => Ok(()),
        other => Err(other.misplaced()),
    }
}

/// The name in an activity ARN.
pub(crate) fn activity_name(arn: &str) -> Result<String, Error> {
    match Resource::parse(arn)? {
        Resource::Activity { name } => Ok(name),
        other => Err(other.misplaced()),
    }
}

/// `arn:aws:states:R:A:stateMachine:<name>`.
pub(crate) fn state_machine(partition: &Partition, name: &str) -> String {
    partition.arn("states", &format!("stateMachine:{name}"))
}

/// `arn:aws:states:R:A:activity:<name>`.
pub(crate) fn activity(partition: &Partition, name: &str) -> String {
    partition.arn("states", &format!("activity:{name}"))
}

/// `arn:aws:states:R:A:execution:<machine>:<name>`.
pub(crate) fn execution(partition: &Partition, machine: &str, name: &str) -> String {
    partition.arn("states", &format!("execution:{machine}:{name}"))
}

/// `arn:aws:states:R:A:express:<machine>:<name>:<uuid>`.
pub(crate) fn express(partition: &Partition, machine: &str, name: &str, uuid: &str) -> String {
    partition.arn("states", &format!("express:{machine}:{name}:{uuid}"))
}

/// Names have no white space, none of `?*<>{}[]"#%\^|~` `` ` `` `$&,;:/` and no control characters (Step Functions
/// API reference, "CreateStateMachine").
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let forbidden = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{fffe}' | '\u{ffff}')
            || "?*<>{}[]\"#%\\^|~`$&,;:/".contains(c)
    };
    if name.contains(forbidden) { Err(Error::InvalidName(name.to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_resources_of_states() {
        let machine = |name: &str, qualifier: Option<&str>| Resource::StateMachine {
            name: name.to_owned(),
            qualifier: qualifier.map(str::to_owned),
        };
        let cases = [
            ("stateMachine:Orders", machine("Orders", None)),
            ("stateMachine:Orders:3", machine("Orders", Some("3"))),
            ("execution:Orders:a.b", Resource::Execution),
            ("express:Orders:a:b", Resource::Other("express".to_owned())),
            ("express:Orders/Each:a:b", Resource::Execution),
            ("mapRun:Orders/Each:a", Resource::MapRun),
            ("activity:Pack", Resource::Activity { name: "Pack".to_owned() }),
        ];
        for (resource, expected) in cases {
            let arn = Partition::new("us-east-1", "123456789012").arn("states", resource);
            assert_eq!(Resource::parse(&arn).expect("a valid ARN"), expected, "{resource}");
        }
    }

    #[test]
    fn refuses_what_is_no_arn_with_the_text_recorded_on_aws() {
        let error = Resource::parse("not_a_valid_arn").expect_err("no ARN");
        assert_eq!(error.to_string(), "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'");
        let express = check_execution("arn:aws:states:us-east-1:1:express:a:b:c").expect_err("Express");
        assert_eq!(express.to_string(), "Invalid Arn: 'Resource type not valid in this context: express'");
    }

    #[test]
    fn names_may_not_hold_blanks_control_characters_or_punctuation_of_arns() {
        for name in ["a b", "a:b", "a/b", "a\u{1f}", "a\u{7f}", "a\u{85}", "a$b", "a`b", "a\"b"] {
            assert!(matches!(check_name(name), Err(Error::InvalidName(_))), "{name:?}");
        }
        for name in ["a", "activity.name.v2", "Über-1_x", "a@b", "a'b", "a+b=c!"] {
            assert!(check_name(name).is_ok(), "{name:?}");
        }
    }
}

//! What Pass, Task, Wait, Parallel and Fail add.

use std::sync::Arc;

use serde_json::Value;

use super::fields::Fields;
use super::{Parser, SCHEMA};
use crate::data::Data;
use crate::definition::StateId;
use crate::intrinsic::Call;
use crate::resource;
use crate::state::{Credentials, FailText, StateKind, Task};
use crate::template::Node;
use crate::timestamp;
use crate::wait::{Wait, WaitSource};

/// AWS's limit on waits and time-outs, in seconds.
const MAX_SECONDS: u64 = 99_999_999;
const SOURCES: [&str; 4] = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];

impl Parser {
    /// `Result` is taken as it is: keys that end in `.$` have no meaning there (recorded on AWS).
    pub(super) fn pass(&mut self, fields: &Fields<'_>) -> StateKind {
        StateKind::Pass { result: fields.get("Result").cloned().map(Data::from_value) }
    }

    pub(super) fn task(&mut self, fields: &Fields<'_>) -> Option<Task> {
        if !self.require(fields, &["Resource"]) {
            return None;
        }
        let resource = self.string(fields, "Resource")?;
        if !resource::is_recognized(resource) {
            let message = format!(
                "The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the \
                 resource is not available in this region."
            );
            self.report(&fields.at("Resource"), SCHEMA, message);
        }
        self.heartbeat_below_timeout(fields);
        Some(Task {
            resource: Arc::from(resource),
            timeout_seconds: self.number(fields, ("TimeoutSeconds", "TimeoutSecondsPath"), 1..=MAX_SECONDS),
            heartbeat_seconds: self.number(fields, ("HeartbeatSeconds", "HeartbeatSecondsPath"), 1..=MAX_SECONDS),
            credentials: self.credentials(fields),
        })
    }

    fn heartbeat_below_timeout(&mut self, fields: &Fields<'_>) {
        let literal = |name| fields.get(name).and_then(Value::as_u64);
        if let (Some(heartbeat), Some(timeout)) = (literal("HeartbeatSeconds"), literal("TimeoutSeconds"))
            && heartbeat >= timeout
        {
            self.report(&fields.at("HeartbeatSeconds"), SCHEMA, "HeartbeatSeconds must be smaller than TimeoutSeconds");
        }
    }

    fn credentials(&mut self, fields: &Fields<'_>) -> Option<Credentials> {
        let members = self.object(fields, "Credentials")?;
        if !members.has("RoleArn") && !members.has("RoleArn.$") {
            self.report(&members.location, SCHEMA, "The field 'RoleArn' is required but was missing");
        }
        self.template(fields, "Credentials").map(Credentials)
    }

    pub(super) fn wait(&mut self, fields: &Fields<'_>) -> Option<Wait> {
        self.at_most_one(fields, &SOURCES);
        let Some(name) = SOURCES.iter().copied().find(|name| fields.has(name)) else {
            self.report(&fields.location, SCHEMA, format!("One of these fields is required: [{}]", SOURCES.join(", ")));
            return None;
        };
        let expression = match fields.get(name) {
            Some(Value::String(text)) if fields.is_jsonata() && text.starts_with("{%") => {
                Some(self.expression(text, name, &fields.at(name))?)
            }
            _ => None,
        };
        let source = match (name, expression) {
            ("Seconds", Some(expression)) => WaitSource::SecondsExpression(expression),
            (_, Some(expression)) => WaitSource::TimestampExpression(expression),
            ("Seconds", None) => WaitSource::Seconds(self.integer(fields, name, 0..=MAX_SECONDS)?),
            ("Timestamp", None) => WaitSource::Timestamp(self.timestamp(fields)?),
            ("SecondsPath", None) => WaitSource::SecondsPath(self.path(fields, name)?),
            (_, None) => WaitSource::TimestampPath(self.path(fields, name)?),
        };
        Some(Wait(source))
    }

    /// A literal timestamp is refused at creation (recorded on AWS).
    fn timestamp(&mut self, fields: &Fields<'_>) -> Option<String> {
        let text = self.string(fields, "Timestamp")?;
        if timestamp::parse_nanos(text).is_none() {
            self.report(&fields.at("Timestamp"), SCHEMA, "String does not match RFC3339 timestamp");
        }
        Some(text.to_owned())
    }

    pub(super) fn parallel(&mut self, id: StateId, fields: &Fields<'_>) -> Option<StateKind> {
        if !self.require(fields, &["Branches"]) {
            return None;
        }
        let branches = self.objects(fields, "Branches");
        if fields.get("Branches").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            self.report(&fields.at("Branches"), SCHEMA, "Value cannot be empty");
        }
        let branches = branches.iter().map(|branch| self.nested_machine(branch, id)).collect();
        Some(StateKind::Parallel { branches })
    }

    pub(super) fn fail(&mut self, fields: &Fields<'_>) -> StateKind {
        StateKind::Fail {
            error: self.fail_text(fields, "Error", "ErrorPath"),
            cause: self.fail_text(fields, "Cause", "CausePath"),
        }
    }

    fn fail_text(&mut self, fields: &Fields<'_>, name: &str, path_name: &str) -> Option<FailText> {
        self.at_most_one(fields, &[name, path_name]);
        if let Some(text) = self.string(fields, name) {
            let node = match fields.is_jsonata() && text.starts_with("{%") {
                true => Node::Expression(self.expression(text, name, &fields.at(name))?),
                false => Node::Literal(Data::from_value(text.into())),
            };
            return Some(FailText(node));
        }
        let text = self.string(fields, path_name)?;
        if let Some(call) = Call::parse(text) {
            call.variables(&mut self.variables);
            return Some(FailText(Node::Call(call)));
        }
        let path = self.path(fields, path_name)?;
        Some(FailText(Node::Path { field: path_name.into(), path }))
    }
}

//! The fields that all states share.

use std::sync::Arc;

use serde_json::Value;

use super::fields::Fields;
use super::machine::Targets;
use super::{Parser, SCHEMA};
use crate::data_flow::{PathField, ResultPath};
use crate::definition::QueryLanguage;
use crate::state::{State, StateKind, Transition};

const TYPES: [&str; 8] = ["Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map"];

/// Fields of every state.
const COMMON: &[&str] = &["Type", "Comment", "QueryLanguage"];
const JSONPATH_FLOW: &[&str] = &["InputPath", "OutputPath"];
const JSONATA_FLOW: &[&str] = &["Output"];
const TRANSITION: &[&str] = &["Next", "End", "Assign"];

impl Parser {
    pub(super) fn state(&mut self, name: &str, fields: &Fields<'_>, targets: &Targets<'_>) -> Option<State> {
        let outer = std::mem::take(&mut self.variables);
        let before = self.diagnostics.len();
        let state = self.state_fields(name, fields, targets);
        let mut variables = std::mem::replace(&mut self.variables, outer);
        variables.sort();
        variables.dedup();
        let state = State { variables, ..state? };
        (self.diagnostics.len() == before).then_some(state)
    }

    fn state_fields(&mut self, name: &str, fields: &Fields<'_>, targets: &Targets<'_>) -> Option<State> {
        let type_name = self.state_type(fields)?;
        let query_language = self.query_language(fields, fields.query_language);
        if fields.is_jsonata() && query_language == QueryLanguage::JSONPath {
            let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
            self.report(&fields.at("QueryLanguage"), SCHEMA, message);
        }
        let fields = &Fields { query_language, ..fields.clone() };
        self.known_fields(type_name, fields);
        let id = *targets.id_of(name)?;
        Some(State {
            id,
            machine: targets.machine,
            name: Arc::from(name),
            comment: self.string(fields, "Comment").map(str::to_owned),
            query_language,
            transition: self.transition(type_name, fields, targets),
            input_path: self.path_field(fields, "InputPath"),
            output_path: self.path_field(fields, "OutputPath"),
            arguments: self.arguments(type_name, fields),
            result_selector: self.template(fields, "ResultSelector"),
            result_path: self.result_path(fields),
            output: self.template(fields, "Output"),
            assign: self.assign(fields),
            retry: self.retry(fields),
            catch: self.catch(fields, targets),
            kind: self.kind(type_name, id, fields, targets)?,
            variables: Vec::new(),
        })
    }

    fn state_type(&mut self, fields: &Fields<'_>) -> Option<&'static str> {
        if !self.require(fields, &["Type"]) {
            return None;
        }
        let found = self.string(fields, "Type")?;
        let known = TYPES.iter().copied().find(|known| *known == found);
        if known.is_none() {
            let message = format!("The field 'Type' should have one of these values: [{}]", TYPES.join(", "));
            self.report(&fields.at("Type"), SCHEMA, message);
        }
        known
    }

    /// Reports fields that this type does not have in this query language.
    fn known_fields(&mut self, type_name: &str, fields: &Fields<'_>) {
        let flows = type_name != "Fail";
        let transits = !matches!(type_name, "Succeed" | "Fail" | "Choice");
        let (both, jsonpath, jsonata) = own_fields(type_name);
        let (flow, own) = match fields.is_jsonata() {
            true => (JSONATA_FLOW, jsonata),
            false => (JSONPATH_FLOW, jsonpath),
        };
        for name in fields.members.keys() {
            let name = name.as_str();
            let known = COMMON.contains(&name)
                || both.contains(&name)
                || own.contains(&name)
                || (flows && flow.contains(&name))
                || (transits && TRANSITION.contains(&name));
            if !known {
                self.report(&fields.at(name), SCHEMA, "Field is not supported");
            }
        }
    }

    fn transition(&mut self, type_name: &str, fields: &Fields<'_>, targets: &Targets<'_>) -> Option<Transition> {
        if matches!(type_name, "Succeed" | "Fail" | "Choice") {
            return None;
        }
        let ends = fields.get("End").is_some_and(|end| end == &Value::Bool(true));
        match (ends, fields.has("Next")) {
            (true, false) => Some(Transition::End),
            (false, true) => self.target(fields, "Next", targets).map(Transition::Next),
            (true, true) => {
                self.report(&fields.location, SCHEMA, "Only one of these fields is allowed: [Next, End]");
                None
            }
            (false, false) => {
                self.report(&fields.location, SCHEMA, "One of these fields is required: [Next, End]");
                None
            }
        }
    }

    fn path_field(&mut self, fields: &Fields<'_>, name: &str) -> PathField {
        match fields.get(name) {
            None => PathField::Whole,
            Some(Value::Null) => PathField::Null,
            Some(Value::String(text)) if text == "$" => PathField::Whole,
            Some(_) => self.path(fields, name).map_or(PathField::Whole, PathField::Select),
        }
    }

    pub(super) fn result_path(&mut self, fields: &Fields<'_>) -> ResultPath {
        match fields.get("ResultPath") {
            None => ResultPath::Replace,
            Some(Value::Null) => ResultPath::Discard,
            Some(_) => match self.reference_path(fields, "ResultPath") {
                Some(path) if !path.is_root() => ResultPath::Put(path),
                _ => ResultPath::Replace,
            },
        }
    }
}

/// Fields of a type in both languages, in JSONPath alone, and in JSONata alone.
type OwnFields = (&'static [&'static str], &'static [&'static str], &'static [&'static str]);

fn own_fields(type_name: &str) -> OwnFields {
    match type_name {
        "Pass" => (&[], &["Parameters", "Result", "ResultPath"], &[]),
        "Task" => (
            &["Resource", "TimeoutSeconds", "HeartbeatSeconds", "Retry", "Catch", "Credentials"],
            &["Parameters", "ResultSelector", "ResultPath", "TimeoutSecondsPath", "HeartbeatSecondsPath"],
            &["Arguments"],
        ),
        "Parallel" => {
            (&["Branches", "Retry", "Catch"], &["Parameters", "ResultSelector", "ResultPath"], &["Arguments"])
        }
        "Map" => (
            &[
                "ItemProcessor",
                "Iterator",
                "ItemSelector",
                "MaxConcurrency",
                "Retry",
                "Catch",
                "ItemReader",
                "ItemBatcher",
                "ResultWriter",
                "Label",
                "ToleratedFailureCount",
                "ToleratedFailurePercentage",
            ],
            &[
                "ItemsPath",
                "Parameters",
                "ResultSelector",
                "ResultPath",
                "MaxConcurrencyPath",
                "ToleratedFailureCountPath",
                "ToleratedFailurePercentagePath",
            ],
            &["Items"],
        ),
        "Wait" => (&["Seconds", "Timestamp"], &["SecondsPath", "TimestampPath"], &[]),
        "Choice" => (&["Choices", "Default", "Assign"], &[], &[]),
        "Fail" => (&["Error", "Cause"], &["ErrorPath", "CausePath"], &[]),
        _ => (&[], &[], &[]),
    }
}

impl Parser {
    fn kind(
        &mut self,
        type_name: &str,
        id: crate::definition::StateId,
        fields: &Fields<'_>,
        targets: &Targets<'_>,
    ) -> Option<StateKind> {
        match type_name {
            "Pass" => Some(self.pass(fields)),
            "Task" => self.task(fields).map(StateKind::Task),
            "Choice" => self.choice(fields, targets).map(StateKind::Choice),
            "Wait" => self.wait(fields).map(StateKind::Wait),
            "Parallel" => self.parallel(id, fields),
            "Map" => self.map(id, fields).map(Box::new).map(StateKind::Map),
            "Succeed" => Some(StateKind::Succeed),
            _ => Some(self.fail(fields)),
        }
    }
}

//! What the fields of a state may read: the context object (`$$`), the variables, the time and the seed.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html>

use std::{cell::OnceCell, rc::Rc, sync::Arc};

use asl::{Context, Data, EvaluationError, Scope, StateKind, Variables};
use clock::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    ExecutionIdentity, ExecutionKind,
    frame::{FrameId, MapItem},
    problem::Problem,
    run::Run,
};
use crate::timestamp::iso_8601;

/// The name of every state in the context object of a trial (recorded on AWS).
const TRIAL_STATE: &str = "StateName";

/// A frame's surroundings while the fields of one of its states are evaluated.
#[derive(Debug)]
pub(super) struct Scene {
    identity: Arc<ExecutionIdentity>,
    execution_input: Option<Data>,
    state: Arc<str>,
    entered: u64,
    entered_at: Timestamp,
    /// `State.RetryCount`, where the state shows it.
    retry_count: Option<u64>,
    /// `Task.Token`.
    pub(super) token: Option<Arc<str>>,
    /// `Map.Item`.
    pub(super) map_item: Option<Arc<MapItem>>,
    variables: Arc<Variables>,
    /// How often and when last the execution was redriven.
    redriven: (u64, Option<Timestamp>),
    /// What stands in the place of the context object in a trial, and whether it is a trial.
    given: Option<Data>,
    is_trial: bool,
    /// The context object without `Map`, and with it; made when a field first needs it: most states need none. All
    /// iterations share the first.
    context: Rc<OnceCell<Data>>,
    context_with_map: OnceCell<Data>,
    /// `{"Map": ..}` alone.
    map: OnceCell<Data>,
}

impl Run<'_> {
    /// The surroundings of the state in which a frame stands.
    pub(super) fn scene(&self, frame: FrameId) -> Option<Scene> {
        let frame = self.frame(frame)?;
        let active = frame.active.as_ref()?;
        let state = self.definition.state(active.state);
        let trial = self.execution.trial.as_ref();
        let retry_count = || trial.map_or_else(|| active.retry_count(), |trial| trial.setting.retries);
        Some(Scene {
            identity: self.execution.identity.clone(),
            execution_input: self.execution.input.clone().ok(),
            state: state.name.clone(),
            entered: active.entered,
            entered_at: active.entered_at,
            retry_count: shows_retries(&state.kind).then(retry_count),
            token: None,
            map_item: frame.map_item.clone(),
            variables: frame.variables.clone(),
            redriven: (self.execution.redrive_count, self.execution.redriven_at),
            given: trial.and_then(|trial| trial.setting.context.clone()),
            is_trial: trial.is_some(),
            context: Rc::default(),
            context_with_map: OnceCell::new(),
            map: OnceCell::new(),
        })
    }

    /// A scope whose `$` is `input`.
    pub(super) fn scope<'s>(&'s self, scene: &'s Scene, input: &'s Data) -> Scope<'s> {
        Scope {
            input,
            context: scene,
            variables: &scene.variables,
            result: None,
            error_output: None,
            random: &self.random,
            now_millis: self.at.0,
        }
    }
}

impl Scene {
    /// The same surroundings for an iteration of the Map state.
    pub(super) fn with_item(&self, item: Arc<MapItem>) -> Self {
        Self {
            identity: self.identity.clone(),
            execution_input: self.execution_input.clone(),
            state: self.state.clone(),
            map_item: Some(item),
            token: None,
            variables: self.variables.clone(),
            given: self.given.clone(),
            // A Map has no token.
            context: self.context.clone(),
            context_with_map: OnceCell::new(),
            map: OnceCell::new(),
            ..*self
        }
    }

    /// A failed evaluation in the words of the history.
    pub(super) fn problem(&self, error: &EvaluationError) -> Problem {
        Problem::evaluation(&self.state, self.entered, error)
    }

    /// An error of the workflow itself, in the words of the history.
    pub(super) fn runtime(&self, text: &str) -> Problem {
        Problem::runtime(&self.state, self.entered, text)
    }

    /// The context object without `Map`.
    fn without_map(&self) -> &Data {
        self.context.get_or_init(|| match &self.given {
            Some(given) => given.clone(),
            None => Data::from_value(Value::Object(self.own_context())),
        })
    }

    fn map(&self, item: &MapItem) -> Value {
        json!({ "Item": { "Index": item.index, "Value": item.value.value() } })
    }

    /// Members in the order AWS prints them.
    fn own_context(&self) -> Map<String, Value> {
        let mut context = Map::new();
        context.insert("Execution".into(), self.execution());
        context.insert(
            "StateMachine".into(),
            json!({ "Id": &*self.identity.state_machine_arn, "Name": &*self.identity.state_machine_name }),
        );
        context.insert("State".into(), self.state());
        if let Some(token) = &self.token {
            context.insert("Task".into(), json!({ "Token": &**token }));
        }
        context
    }

    fn execution(&self) -> Value {
        let identity = &self.identity;
        let input = self.execution_input.as_ref().map_or(&Value::Null, Data::value);
        let mut execution = Map::new();
        execution.insert("Id".into(), Value::from(&*identity.arn));
        execution.insert("Input".into(), input.clone());
        execution.insert("StartTime".into(), Value::from(iso_8601(identity.start_time)));
        execution.insert("Name".into(), Value::from(&*identity.name));
        let role_arn = Some(&*identity.role_arn).filter(|arn| !arn.is_empty());
        execution.insert("RoleArn".into(), Value::from(role_arn));
        if identity.kind == ExecutionKind::Standard {
            let (count, at) = self.redriven;
            execution.insert("RedriveCount".into(), Value::from(count));
            if let Some(at) = at {
                execution.insert("RedriveTime".into(), Value::from(iso_8601(at)));
            }
        }
        Value::Object(execution)
    }

    fn state(&self) -> Value {
        let mut state = Map::new();
        let name = if self.is_trial { TRIAL_STATE } else { &*self.state };
        state.insert("Name".into(), Value::from(name));
        state.insert("EnteredTime".into(), Value::from(iso_8601(self.entered_at)));
        if let Some(count) = self.retry_count {
            state.insert("RetryCount".into(), Value::from(count));
        }
        Value::Object(state)
    }
}

impl Context for Scene {
    fn data(&self) -> &Data {
        let Some(item) = &self.map_item else { return self.without_map() };
        self.context_with_map.get_or_init(|| {
            let mut context = self.without_map().value().as_object().cloned().unwrap_or_default();
            context.insert("Map".into(), self.map(item));
            Data::from_value(Value::Object(context))
        })
    }

    fn with_member(&self, name: &str) -> &Data {
        match &self.map_item {
            Some(item) if name == "Map" => self.map.get_or_init(|| Data::from_value(json!({ "Map": self.map(item) }))),
            _ => self.without_map(),
        }
    }
}

/// Whether the context object shows `State.RetryCount`: where there may be a `Retry`.
fn shows_retries(state: &StateKind) -> bool {
    matches!(state, StateKind::Task(_) | StateKind::Map(_) | StateKind::Parallel { .. })
}

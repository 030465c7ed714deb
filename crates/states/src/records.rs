//! What the store keeps of Step Functions: one serde type per record. Where each lies is told in [`crate::layout`].

use std::{collections::BTreeMap, sync::Arc};

use clock::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error,
    history::{ForkPoint, HistoryEvent},
    integrations::Resource,
    interpreter::{Bounds, Execution, Job, MapRunId, MapRunState, Step, TaskId, TaskRequest, TimerId},
    layout,
};

/// The two types of state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MachineType {
    /// Durable executions of up to a year.
    Standard,
    /// In-memory executions of up to five minutes.
    Express,
}

impl MachineType {
    /// `STANDARD` or `EXPRESS`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::Express => "EXPRESS",
        }
    }
}

/// The status of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Going on.
    Running,
    /// Ended with an output.
    Succeeded,
    /// Ended with an error.
    Failed,
    /// Ended because the machine's `TimeoutSeconds` passed.
    TimedOut,
    /// Ended by StopExecution.
    Aborted,
}

impl Status {
    /// All but [`Self::Running`].
    pub(crate) const ENDED: [Self; 4] = [Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted];

    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }

    /// From AWS's spelling.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// A state machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Prefix of its executions in the indexes; a machine created again under the same name gets another.
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) arn: Arc<str>,
    pub(crate) kind: MachineType,
    pub(crate) role_arn: Arc<str>,
    /// SHA-256 of the definition's text, hexadecimal.
    pub(crate) definition: String,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// Absent until the first update.
    pub(crate) revision: Option<String>,
    /// The number of the version published last: numbers are never used again.
    #[serde(default)]
    pub(crate) last_version: u64,
    /// DeleteStateMachine was called; it goes with the last of its executions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) deleting: bool,
    /// `loggingConfiguration` as DescribeStateMachine shows it.
    pub(crate) logging: Value,
    /// `tracingConfiguration` as DescribeStateMachine shows it.
    pub(crate) tracing: Value,
    /// `encryptionConfiguration` as DescribeStateMachine shows it.
    pub(crate) encryption: Value,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A version of a state machine: the machine as it was when it was published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) description: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) machine: MachineSnapshot,
}

impl Version {
    /// `<state machine ARN>:<number>`.
    pub(crate) fn arn(&self) -> String {
        format!("{}:{}", self.machine.arn, self.number)
    }
}

/// An alias of a state machine: a name for one or two of its versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alias {
    /// [`Machine::id`].
    pub(crate) machine: u64,
    pub(crate) name: String,
    pub(crate) arn: Arc<str>,
    pub(crate) description: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) routes: Vec<Route>,
}

/// The share of an alias's executions that a version gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(crate) version: u64,
    /// Percent.
    pub(crate) weight: u64,
}

/// An activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Activity {
    pub(crate) name: String,
    pub(crate) arn: Arc<str>,
    pub(crate) created: Timestamp,
    /// `encryptionConfiguration` as DescribeActivity shows it.
    pub(crate) encryption: Value,
    pub(crate) tags: BTreeMap<String, String>,
}

/// An execution: what DescribeExecution shows, and what a replay of its steps starts from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ExecutionRow {
    /// Grows with the time of the start; its prefix in the step log and its place in the indexes.
    pub(crate) id: u64,
    pub(crate) arn: Arc<str>,
    pub(crate) name: Arc<str>,
    /// The machine as it was at the start.
    pub(crate) machine: MachineSnapshot,
    /// The version it was started by, if by a version or by an alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version_arn: Option<Arc<str>>,
    /// The alias it was started by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alias_arn: Option<Arc<str>>,
    pub(crate) input: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace_header: Option<String>,
    pub(crate) started: Timestamp,
    pub(crate) status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stopped: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<String>,
    /// How many events its history had when it ended last.
    #[serde(default)]
    pub(crate) events: u64,
    #[serde(default)]
    pub(crate) redrive_count: u64,
    /// When it was redriven last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redriven: Option<Timestamp>,
    /// `clientToken` of the last redrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redrive_token: Option<String>,
    /// What it was started under.
    #[serde(default, skip_serializing_if = "Bounds::are_default")]
    pub(crate) bounds: Bounds,
    /// There if it is a fork.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<Arc<Origin>>,
    /// The map run that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) child: Option<Box<ChildRecord>>,
}

/// Where a fork begins, and with what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) from: ForkPoint,
    /// What the state is entered with (JSON text).
    pub(crate) input: Arc<str>,
    /// Variable name to JSON text.
    pub(crate) variables: Arc<BTreeMap<Arc<str>, Arc<str>>>,
}

/// What makes an execution the child of a distributed Map. Its [`MachineSnapshot`] is that of its parent under the name
/// `<machine>/<label>`, with the number of the map run for an id, so that the indexes list it by its map run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChildRecord {
    pub(crate) map_run_arn: Arc<str>,
    /// ARN of the execution whose Map it is.
    pub(crate) parent: Arc<str>,
    /// The map run within its execution.
    pub(crate) run: MapRunId,
    /// Name of the Map state, in the definition of both.
    pub(crate) map_state: Arc<str>,
    /// The Map's label.
    pub(crate) label: Arc<str>,
    /// Its place among its siblings.
    pub(crate) index: u32,
    /// How many items it works on.
    pub(crate) items: u32,
    /// The redrive of the map run under which it was started last.
    pub(crate) redrive: u64,
}

/// A map run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MapRunRow {
    /// Prefix of its children in the indexes, in the place of a machine's; grows with the time of the start.
    pub(crate) id: u64,
    /// ARN of the execution whose Map it is.
    pub(crate) execution: Arc<str>,
    /// The state machine of the execution.
    pub(crate) machine_arn: Arc<str>,
    pub(crate) state: MapRunState,
}

/// The state machine as an execution saw it when it started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MachineSnapshot {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) arn: Arc<str>,
    pub(crate) kind: MachineType,
    pub(crate) role_arn: Arc<str>,
    pub(crate) definition: String,
    pub(crate) updated: Timestamp,
    pub(crate) revision: Option<String>,
    pub(crate) logging: Value,
    pub(crate) tracing: Value,
    pub(crate) encryption: Value,
}

impl From<&Machine> for MachineSnapshot {
    fn from(machine: &Machine) -> Self {
        Self {
            id: machine.id,
            name: machine.name.clone(),
            arn: machine.arn.clone(),
            kind: machine.kind,
            role_arn: machine.role_arn.clone(),
            definition: machine.definition.clone(),
            updated: machine.updated,
            revision: machine.revision.clone(),
            logging: machine.logging.clone(),
            tracing: machine.tracing.clone(),
            encryption: machine.encryption.clone(),
        }
    }
}

/// An execution in the two indexes: what ListExecutions shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) arn: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) machine_arn: Arc<str>,
    pub(crate) status: Status,
    pub(crate) started: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stopped: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version_arn: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alias_arn: Option<Arc<str>>,
    #[serde(default)]
    pub(crate) redrive_count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redriven: Option<Timestamp>,
    /// The map run that started it, and its number of items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) map_run: Option<(Arc<str>, u32)>,
}

impl From<&ExecutionRow> for Summary {
    fn from(row: &ExecutionRow) -> Self {
        Self {
            arn: row.arn.clone(),
            name: row.name.clone(),
            machine_arn: row.machine.arn.clone(),
            status: row.status,
            started: row.started,
            stopped: row.stopped,
            version_arn: row.version_arn.clone(),
            alias_arn: row.alias_arn.clone(),
            redrive_count: row.redrive_count,
            redriven: row.redriven,
            map_run: row.child.as_ref().map(|child| (child.map_run_arn.clone(), child.items)),
        }
    }
}

/// One step and the history it gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StepRecord {
    pub(crate) step: Step,
    pub(crate) events: Vec<HistoryEvent>,
}

/// Whom a task token belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TokenRecord {
    pub(crate) execution: Arc<str>,
    pub(crate) task: TaskId,
}

/// A running execution: what a process that starts must know of it, so that it need not replay it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenRecord {
    /// [`ExecutionRow::id`].
    pub(crate) id: u64,
    pub(crate) arn: Arc<str>,
    /// [`Machine::id`]; not known of schema 1.
    pub(crate) machine: Option<u64>,
    /// The timers that are set.
    pub(crate) timers: Vec<(TimerId, Timestamp)>,
    /// A task must be issued again, or a map run goes on.
    pub(crate) must_replay: bool,
    /// There for the child of a distributed Map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) child: Option<Box<ChildRecord>>,
}

impl OpenRecord {
    /// The record of an execution as it stands.
    pub(crate) fn of(row: &ExecutionRow, execution: &Execution) -> Self {
        Self {
            id: row.id,
            arn: row.arn.clone(),
            machine: Some(row.machine.id),
            timers: execution.pending_timers().collect(),
            must_replay: execution.has_map_runs()
                || execution.live_tasks().any(|request| must_be_issued(execution, request)),
            child: row.child.clone(),
        }
    }

    /// As it is stored at `key`; schema 1 has the ARN alone.
    ///
    /// # Errors
    /// `Corrupt`.
    pub(crate) fn read(key: &[u8], bytes: &[u8]) -> Result<Self, Error> {
        if bytes.starts_with(b"{") {
            return layout::decode(layout::OPEN, key, bytes);
        }
        let what = || format!("{} {key:?}", layout::OPEN.0);
        let id = key.try_into().map_err(|_| Error::Corrupt { what: what(), cause: "no number".to_owned() })?;
        let arn = String::from_utf8_lossy(bytes).into();
        Ok(Self { id: u64::from_be_bytes(id), arn, machine: None, timers: Vec::new(), must_replay: true, child: None })
    }
}

/// Whether a process that takes the execution up must issue this task: not where the service or the worker has its token
/// already, for then the answer comes through SendTask.
pub(crate) fn must_be_issued(execution: &Execution, request: &TaskRequest) -> bool {
    match Resource::parse(&request.resource) {
        Resource::Activity => !execution.is_started(request.task),
        _ => request.token.is_none() || !execution.is_submitted(request.task),
    }
}

/// What a task awaited when it was aborted, to be stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct JobRecord {
    /// The execution whose task was aborted.
    pub(crate) execution: Arc<str>,
    pub(crate) job: Job,
}

//! The pure core: [`decide`] takes an execution and one thing that happened to it, and answers with the history events
//! that follow and the commands to perform.
//!
//! Synchronous and total: no I/O, no clock, no randomness. Time and a seed arrive with the [`Step`]. An execution *is*
//! its steps: replaying them through [`decide`] from [`Execution::new`] rebuilds the same state, live and after a
//! crash. The driver stores each step with the events it gave in one transaction, and only then performs the commands.
//!
//! Inside, an execution is a set of *frames*, one for the top level and one for each running branch or iteration; a
//! frame stands in one state. The children of a distributed Map are executions of their own: [`Command::StartChildren`]
//! asks for them, and [`Stimulus::ChildrenEnded`] brings their ends. `decide` works off a queue of small units (enter a state, start a task, end a frame), so
//! concurrent frames interleave as they do on AWS and nothing recurses.

mod batches;
mod bounds;
mod branches;
mod context;
mod data_flow;
mod decide;
mod distributed;
mod enter;
mod execution;
mod failure;
mod frame;
mod identity;
mod map;
mod map_run;
mod map_run_end;
mod origin;
mod parameters;
mod place;
mod problem;
mod redrive;
mod resource;
mod run;
mod task;
mod timers;
mod trial;

use std::sync::Arc;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    history::HistoryEvent,
    items::{ReadItems, WriteResults},
};

pub use bounds::Bounds;
pub use decide::decide;
pub use execution::Execution;
pub use identity::{ExecutionIdentity, ExecutionKind};
pub use map_run::{ChildEnd, ChildOutcome, ChildStart, Counts, MapRunId, MapRunState, MapRunStatus, MapRunUpdate};
pub use origin::Origin;
pub use place::{Place, TimerSubject};
pub(crate) use task::token_prefix;
pub use trial::{Ending, Inspection, Mock, Setting};

/// One thing that happened, with the time and the randomness that belong to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// When it happened.
    pub at: Timestamp,
    /// Feeds task tokens, `States.UUID`, `States.MathRandom` and jitter.
    pub seed: u64,
    /// What happened.
    pub stimulus: Stimulus,
    /// Of the activities that [`Execution::activities`] names, those that do not exist now: a Task that would schedule one
    /// fails instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent_activities: Vec<Arc<str>>,
}

/// What can happen to an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Stimulus {
    /// `StartExecution`. Always the first step, and only the first.
    Started,
    /// The service answered a `Request` or `Submit` command (JSON text).
    TaskSucceeded {
        /// From [`Command::Task`].
        task: TaskId,
        /// JSON text.
        output: Arc<str>,
    },
    /// A task failed: by its service, by `SendTaskFailure`, or because it could not be started.
    TaskFailed {
        /// From [`Command::Task`].
        task: TaskId,
        /// `Error` of the error output.
        error: Option<String>,
        /// `Cause` of the error output.
        cause: Option<String>,
    },
    /// The call of a `.waitForTaskToken` or `.sync` task returned: `TaskSubmitted`.
    TaskSubmitted {
        /// From [`Command::Task`].
        task: TaskId,
        /// JSON text.
        output: Arc<str>,
    },
    /// A worker took the activity task.
    ActivityStarted {
        /// From [`Command::Task`].
        task: TaskId,
        /// `workerName` of GetActivityTask.
        worker: Option<String>,
    },
    /// `SendTaskHeartbeat`.
    Heartbeat {
        /// From [`Command::Task`].
        task: TaskId,
    },
    /// A timer of [`Command::SetTimer`] came due.
    TimerFired {
        /// From [`Command::SetTimer`].
        timer: TimerId,
    },
    /// The execution has run for as long as any execution may.
    ExecutionTimedOut,
    /// What an `ItemReader` has read.
    ItemsRead {
        /// From [`Command::ReadItems`].
        run: MapRunId,
        /// The items (JSON text of an array), or why there are none.
        items: Result<Arc<str>, String>,
    },
    /// Child executions of distributed Maps have ended.
    ChildrenEnded {
        /// In the order of their ends.
        ended: Vec<ChildEnd>,
    },
    /// What a `ResultWriter` has written.
    ResultsWritten {
        /// From [`Command::WriteResults`].
        run: MapRunId,
        /// What the Map gives (JSON text), or why nothing was written.
        output: Result<Arc<str>, String>,
    },
    /// `UpdateMapRun` of a map run that goes on.
    MapRunUpdated {
        /// Which.
        run: MapRunId,
        /// What is to change.
        update: MapRunUpdate,
    },
    /// `RedriveExecution` of an execution that ended without success.
    Redriven,
    /// `StopExecution`.
    Stopped {
        /// As given by the caller.
        error: Option<String>,
        /// As given by the caller.
        cause: Option<String>,
    },
}

/// A task within its execution, in order of scheduling. A retried task is a new task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId(pub u32);

/// A timer within its execution, in order of setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimerId(pub u32);

/// What the driver must do after the step is durable.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Start this task; its result comes back as a stimulus.
    Task(TaskRequest),
    /// The task no longer matters (timed out, aborted): forget it, answer later results with `TaskTimedOut`.
    CancelTask(TaskId),
    /// What an aborted `.sync` task has begun, or is about to begin, is to be stopped: follows its `CancelTask`.
    StopJob(Job),
    /// Bring back `TimerFired` at this time.
    SetTimer {
        /// Which.
        timer: TimerId,
        /// When.
        due: Timestamp,
    },
    /// The timer is no longer wanted.
    CancelTimer(TimerId),
    /// Read the items of a distributed Map; they come back as [`Stimulus::ItemsRead`].
    ReadItems {
        /// For which.
        run: MapRunId,
        /// What to read.
        request: ReadItems,
    },
    /// Start child executions, or start them again where the map run was redriven; each end comes back in
    /// [`Stimulus::ChildrenEnded`].
    StartChildren {
        /// Of which.
        run: MapRunId,
        /// In the order of their items.
        children: Vec<ChildStart>,
    },
    /// The map run has ended before these child executions: abort them.
    AbortChildren {
        /// Which has ended.
        run: MapRunId,
        /// [`MapRunState::redrive_count`] at its end.
        redrive: u64,
        /// Names of those that it has not heard the end of.
        names: Vec<Arc<str>>,
    },
    /// Write the results of a distributed Map, all of whose child executions have ended or are being aborted; what the
    /// Map gives comes back as [`Stimulus::ResultsWritten`].
    WriteResults {
        /// Of which.
        run: MapRunId,
        /// What to write where.
        request: WriteResults,
    },
}

/// A task to start.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRequest {
    /// Which.
    pub task: TaskId,
    /// The state's `Resource`, an ARN.
    pub resource: Arc<str>,
    /// Effective input: `Parameters`/`Arguments` applied (JSON text).
    pub parameters: Arc<str>,
    /// The task token: made for `.waitForTaskToken` and activities, `None` otherwise.
    pub token: Option<Arc<str>>,
    /// The role of the state's `Credentials`, if it has any.
    pub credentials_role_arn: Option<Arc<str>>,
}

/// What a `.sync` task awaits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The task that began it.
    pub task: TaskId,
    /// The state's `Resource`, an ARN.
    pub resource: Arc<str>,
    /// Effective input of the task (JSON text).
    pub parameters: Arc<str>,
    /// Whether the call that begins it has returned.
    pub submitted: bool,
    /// The role of the state's `Credentials`, if it has any.
    #[serde(default)]
    pub credentials_role_arn: Option<Arc<str>>,
}

/// How an execution stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// Still going.
    Running,
    /// Finished with this output (JSON text).
    Succeeded(Arc<str>),
    /// Failed.
    Failed {
        /// Error name.
        error: Option<String>,
        /// Error text.
        cause: Option<String>,
    },
    /// The machine's `TimeoutSeconds` passed.
    TimedOut,
    /// Stopped.
    Aborted {
        /// As given to StopExecution.
        error: Option<String>,
        /// As given to StopExecution.
        cause: Option<String>,
    },
}

/// What [`decide`] answers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// New history, in order.
    pub events: Vec<HistoryEvent>,
    /// What to do once the events are durable.
    pub commands: Vec<Command>,
    /// Map runs that have changed, as they are now.
    pub map_runs: Vec<MapRunState>,
}

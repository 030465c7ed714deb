//! Drives executions: makes each step durable, then performs what it commands.
//!
//! * `start` — StartExecution: the first step of an execution, with its row.
//! * `fork` — a start in the middle, with what another execution's history says of a state.
//! * `redrive` — RedriveExecution: an ended execution is replayed and goes on.
//! * `step` — the one way in which anything happens to an execution: decide, commit, perform.
//! * `slot` — a running execution in memory; it can be dropped and rebuilt from its steps at any moment.
//! * `loaded` — which running executions are in memory, and parking those that only wait.
//! * `replay` — the rebuilding; `recover` — taking up all running executions at start.
//! * `doubt` — makes good what a commit left undone that failed and may have been made.
//! * `deletion` — a state machine that is being deleted goes with the last of its executions.
//! * `perform` — what a step commands: tasks through `integrations/`, timers, cancellations.
//! * `jobs` — stops what an aborted `.sync` task has begun.
//! * `lifespan` — ends executions that have run for a year; `retention` — removes those that ended long ago.
//! * `execution_log` — writes events into the log, where the state machine asks for it.
//! * `activities` — hands activity tasks to workers; `calls` — calls of other services that are under way.
//! * `map_runs` — runs of distributed Maps: their rows, items and results; `child_starts` — starts and aborts their
//!   children; `child_ends` — brings the children's ends to their parent.
//! * `timers` — one heap of timers for all executions; `outbox` — delivers status events at least once.

mod activities;
mod calls;
mod child_ends;
mod child_starts;
mod deletion;
mod doubt;
mod execution_log;
mod fork;
mod jobs;
mod lifespan;
mod loaded;
mod map_runs;
mod outbox;
mod perform;
mod recover;
mod redrive;
mod replay;
mod retention;
mod slot;
mod start;
mod step;
mod timers;

pub(crate) use activities::ActivityQueues;
pub(crate) use calls::Calls;
pub(crate) use loaded::Loaded;
pub(crate) use map_runs::MapRuns;
pub(crate) use slot::Slot;
pub(crate) use start::{Start, Target, unstarted};
pub(crate) use timers::Timers;

//! Frames: where an execution stands, at the top level and in each running branch and iteration.

use std::{collections::BTreeMap, sync::Arc};

use asl::{Data, StateId, Variables};
use clock::Timestamp;

use super::{MapRunId, TaskId, TimerId};

/// A frame within its execution, in order of creation; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FrameId(pub(super) u32);

/// One line of states: the top level, a Parallel branch or a Map iteration.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// The frame whose Parallel or Map state started this one; `None` at the top level.
    pub(super) parent: Option<Seat>,
    /// The event that the next one follows from.
    pub(super) last_event: u64,
    /// Its own variables and, copied when it began, those it may read from outside.
    pub(super) variables: Arc<Variables>,
    /// `$$.Map.Item` in an iteration and whatever is nested in it.
    pub(super) map_item: Option<Arc<MapItem>>,
    /// The state it stands in; `None` only between two states.
    pub(super) active: Option<Activation>,
}

/// A child's place among its siblings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    /// The parent.
    pub(super) frame: FrameId,
    /// Number of the branch or iteration.
    pub(super) index: usize,
}

/// `$$.Map.Item`.
#[derive(Debug, Clone)]
pub(super) struct MapItem {
    pub(super) index: usize,
    pub(super) value: Data,
}

/// A state that was entered and not yet left.
#[derive(Debug, Clone)]
pub(super) struct Activation {
    pub(super) state: StateId,
    /// Id of its StateEntered event, which error texts name.
    pub(super) entered: u64,
    /// The event that its StateEntered event followed from.
    pub(super) before: u64,
    pub(super) entered_at: Timestamp,
    /// The raw input.
    pub(super) input: Data,
    /// Retries made, by retrier.
    pub(super) retries: Vec<u64>,
    /// What it is waiting for.
    pub(super) work: Work,
}

impl Activation {
    /// `$$.State.RetryCount`.
    pub(super) fn retry_count(&self) -> u64 {
        self.retries.iter().sum()
    }
}

/// What a state is waiting for.
#[derive(Debug, Clone)]
pub(super) enum Work {
    /// Nothing yet.
    Entering,
    /// A Wait state's time.
    Waiting(TimerId),
    /// The delay before a retry.
    Backoff(TimerId),
    /// A task's result.
    Task(TaskId),
    /// Branches or iterations.
    Children(Children),
    /// The child executions of a distributed Map.
    MapRun(MapRunId),
    /// Nothing any more: the branches or iterations have succeeded.
    Gathered,
}

/// The branches of a Parallel state or the iterations of an inline Map state.
#[derive(Debug, Clone)]
pub(super) struct Children {
    /// A Map's items; empty for Parallel.
    pub(super) items: Vec<Data>,
    /// The effective input, which `ItemSelector` reads.
    pub(super) input: Data,
    /// Outputs so far.
    pub(super) outputs: Vec<Option<Data>>,
    /// Children at work, by index.
    pub(super) running: BTreeMap<usize, FrameId>,
    /// The next child to start; the ones before have started.
    pub(super) next: usize,
    /// How many may work at once.
    pub(super) limit: usize,
}

impl Children {
    /// Whether another child may start now.
    pub(super) fn may_start(&self) -> bool {
        self.next < self.outputs.len() && self.running.len() < self.limit
    }

    /// Whether every child has ended.
    pub(super) fn is_done(&self) -> bool {
        self.next == self.outputs.len() && self.running.is_empty()
    }
}

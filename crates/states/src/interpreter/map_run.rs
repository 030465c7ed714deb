//! Map runs: what the run of a distributed Map knows of its child executions, and what it tells of itself.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html>

use std::{collections::VecDeque, sync::Arc};

use asl::{Data, Random};
use clock::Timestamp;
use serde::{Deserialize, Serialize};

use super::{frame::FrameId, problem::Problem};
use crate::items::{ReadItems, WriteResults};

/// How many child executions of a distributed Map AWS runs at once, whatever `MaxConcurrency` says.
const MAX_CHILD_EXECUTIONS: u64 = 10_000;

/// A map run within its execution, in order of beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MapRunId(pub u32);

/// A child execution to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildStart {
    /// Its place among its siblings.
    pub index: u32,
    /// Its name: the same whenever it is started again.
    pub name: Arc<str>,
    /// JSON text.
    pub input: Arc<str>,
    /// How many items it works on.
    pub items: u32,
    /// [`MapRunState::redrive_count`] at its start: a child that ended under a lower one is started again.
    pub redrive: u64,
}

/// The end of a child execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildEnd {
    /// The map run.
    pub run: MapRunId,
    /// [`ChildStart::index`].
    pub index: u32,
    /// [`ChildStart::redrive`].
    pub redrive: u64,
    /// How it ended.
    pub outcome: ChildOutcome,
    /// Its output, or what the Map's result shows of a child that did not succeed (JSON text).
    pub output: Arc<str>,
}

/// How a child execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChildOutcome {
    /// With an output.
    Succeeded,
    /// Without success.
    Failed {
        /// Whether a redrive of the map run can start it again.
        redrivable: bool,
    },
    /// Its time passed.
    TimedOut {
        /// As for `Failed`.
        redrivable: bool,
    },
    /// Stopped.
    Aborted {
        /// As for `Failed`.
        redrivable: bool,
    },
}

/// What UpdateMapRun changes; `None` leaves a value as it is.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct MapRunUpdate {
    /// `maxConcurrency`, 0 for AWS's limit.
    pub max_concurrency: Option<u64>,
    /// `toleratedFailureCount`.
    pub tolerated_failure_count: Option<u64>,
    /// `toleratedFailurePercentage`.
    pub tolerated_failure_percentage: Option<f64>,
}

/// `status` of a map run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MapRunStatus {
    /// Going on.
    Running,
    /// Every child has ended, within what the Map tolerates.
    Succeeded,
    /// More children failed than the Map tolerates, or its items or results failed.
    Failed,
    /// Its execution ended before it.
    Aborted,
}

/// What DescribeMapRun shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapRunState {
    /// Within its execution.
    pub id: MapRunId,
    /// `arn:aws:states:R:A:mapRun:<machine>/<label>:<uuid>`.
    pub arn: Arc<str>,
    /// `Label` of the Map, or one of ours.
    pub label: Arc<str>,
    /// Name of the Map state.
    pub state: Arc<str>,
    /// `ExecutionType` is `EXPRESS`.
    pub express: bool,
    /// How it stands.
    pub status: MapRunStatus,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub stopped: Option<Timestamp>,
    /// `maxConcurrency`; 0 for AWS's limit.
    pub max_concurrency: u64,
    /// `toleratedFailureCount`.
    pub tolerated_failure_count: u64,
    /// `toleratedFailurePercentage`.
    pub tolerated_failure_percentage: f64,
    /// Counts of items.
    pub items: Counts,
    /// Counts of child executions.
    pub executions: Counts,
    /// How often it was redriven.
    pub redrive_count: u64,
    /// When it was redriven last.
    pub redriven: Option<Timestamp>,
}

/// `MapRunItemCounts` and `MapRunExecutionCounts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's structures")]
pub struct Counts {
    pub pending: u64,
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub timed_out: u64,
    pub aborted: u64,
    pub total: u64,
    pub results_written: u64,
    pub failures_not_redrivable: u64,
    pub pending_redrive: u64,
}

/// One run of a distributed Map, as its execution knows it.
#[derive(Debug, Clone)]
pub(super) struct MapRun {
    pub(super) frame: FrameId,
    pub(super) state: Arc<str>,
    pub(super) arn: Arc<str>,
    pub(super) label: Arc<str>,
    pub(super) express: bool,
    /// Names of children follow from it.
    pub(super) seed: u64,
    pub(super) started: Timestamp,
    pub(super) max_concurrency: u64,
    pub(super) tolerance: Tolerance,
    /// The effective input, which `ItemSelector` reads.
    pub(super) input: Data,
    /// What there is to do.
    pub(super) plan: Plan,
    /// Children that were started, by index; those after them have not been.
    pub(super) children: Vec<Child>,
    /// Children that wait for their redrive.
    pub(super) waiting: VecDeque<u32>,
    pub(super) stage: Stage,
    /// What to write in the end, if the Map has a `ResultWriter`.
    pub(super) writer: Option<WriteResults>,
    pub(super) redrive_count: u64,
    pub(super) redriven: Option<Timestamp>,
    pub(super) items: Counts,
    pub(super) executions: Counts,
}

/// How many items may fail.
#[derive(Debug, Clone)]
pub(super) struct Tolerance {
    pub(super) count: Option<u64>,
    pub(super) percentage: Option<f64>,
}

/// What the children of a run work on.
#[derive(Debug, Clone)]
pub(super) enum Plan {
    /// Each on an item.
    Items(Vec<Data>),
    /// Each on a batch of items: its input, and how many.
    Batches(Vec<(Arc<str>, u32)>),
}

/// How far a run has come.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    /// Its items are being read.
    Reading(ReadItems),
    /// Its children are at work.
    Running,
    /// Its results are being written, and then it fails, if there is a problem.
    Writing(WriteResults, Option<Problem>),
}

/// A child execution that was started.
#[derive(Debug, Clone)]
pub(super) struct Child {
    pub(super) status: ChildStatus,
    pub(super) items: u32,
    /// Until it has succeeded.
    pub(super) input: Option<Arc<str>>,
    /// Its contribution to the Map's result, once it has ended.
    pub(super) output: Option<Data>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChildStatus {
    Running,
    PendingRedrive,
    Succeeded,
    Failed { redrivable: bool },
    TimedOut { redrivable: bool },
    Aborted { redrivable: bool },
}

impl From<ChildOutcome> for ChildStatus {
    fn from(outcome: ChildOutcome) -> Self {
        match outcome {
            ChildOutcome::Succeeded => Self::Succeeded,
            ChildOutcome::Failed { redrivable } => Self::Failed { redrivable },
            ChildOutcome::TimedOut { redrivable } => Self::TimedOut { redrivable },
            ChildOutcome::Aborted { redrivable } => Self::Aborted { redrivable },
        }
    }
}

impl Tolerance {
    /// Whether so many failures are too many; `None` where the Map says nothing about it.
    pub(super) fn is_exceeded(&self, failures: u64, items: u64) -> Option<bool> {
        let percentage = failures as f64 * 100.0 / items.max(1) as f64;
        let over_count = self.count.map(|count| failures > count);
        let over_percentage = self.percentage.map(|tolerated| percentage > tolerated);
        match (over_count, over_percentage) {
            (None, None) => None,
            (count, share) => Some(count == Some(true) || share == Some(true)),
        }
    }
}

impl Plan {
    /// How many children there will be.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Items(items) => items.len(),
            Self::Batches(batches) => batches.len(),
        }
    }

    /// How many items a child works on.
    pub(super) fn items_of(&self, index: usize) -> u32 {
        match self {
            Self::Items(_) => 1,
            Self::Batches(batches) => batches.get(index).map_or(0, |(_, items)| *items),
        }
    }
}

impl MapRun {
    /// Whether another child may start now.
    pub(super) fn may_start(&self) -> bool {
        let is_left = !self.waiting.is_empty() || self.children.len() < self.plan.len();
        is_left && matches!(self.stage, Stage::Running) && self.executions.running < self.limit()
    }

    /// Whether every child has ended.
    pub(super) fn is_done(&self) -> bool {
        self.executions.running == 0 && self.waiting.is_empty() && self.children.len() == self.plan.len()
    }

    fn limit(&self) -> u64 {
        match self.max_concurrency {
            0 => MAX_CHILD_EXECUTIONS,
            wanted => wanted.min(MAX_CHILD_EXECUTIONS),
        }
    }

    /// Whether the items failed so far are more than the Map tolerates. Without a tolerance one is too many.
    // AWS differs, perhaps: its guide counts failed and timed out items and says nothing of children that a caller has
    // stopped; here they count as failed.
    pub(super) fn is_exceeded(&self) -> bool {
        let Counts { failed, timed_out, aborted, total, .. } = self.items;
        let failures = failed + timed_out + aborted;
        self.tolerance.is_exceeded(failures, total).unwrap_or(failures > 0)
    }

    /// The name of a child: a UUID in form.
    pub(super) fn child_name(&self, index: u32) -> Arc<str> {
        // An odd factor gives each index a stream of its own.
        let seed = self.seed.wrapping_add(u64::from(index).wrapping_mul(0xd1b5_4a32_d192_ed03));
        identifier(&Random::new(seed)).into()
    }

    /// What the driver must be told to start a child.
    pub(super) fn child_start(&self, index: u32) -> Option<ChildStart> {
        let child = self.children.get(index as usize)?;
        let (name, input) = (self.child_name(index), child.input.clone()?);
        Some(ChildStart { index, name, input, items: child.items, redrive: self.redrive_count })
    }

    /// The children that it waits for, by index.
    pub(super) fn running(&self) -> impl Iterator<Item = u32> {
        let running = self.children.iter().enumerate().filter(|(_, child)| child.status == ChildStatus::Running);
        // There are at most MAX_ITEMS children.
        running.map(|(index, _)| index as u32)
    }

    /// What DescribeMapRun shows.
    pub(super) fn state(&self, id: MapRunId, status: MapRunStatus, stopped: Option<Timestamp>) -> MapRunState {
        MapRunState {
            id,
            arn: self.arn.clone(),
            label: self.label.clone(),
            state: self.state.clone(),
            express: self.express,
            status,
            started: self.started,
            stopped,
            max_concurrency: self.max_concurrency,
            tolerated_failure_count: self.tolerance.count.unwrap_or(0),
            tolerated_failure_percentage: self.tolerance.percentage.unwrap_or(0.0),
            items: self.items,
            executions: self.executions,
            redrive_count: self.redrive_count,
            redriven: self.redriven,
        }
    }

    /// Makes known what there is to do.
    pub(super) fn set_plan(&mut self, plan: Plan) {
        let executions = plan.len() as u64;
        let items = (0..plan.len()).map(|index| u64::from(plan.items_of(index))).sum();
        self.items = Counts { pending: items, total: items, ..Counts::default() };
        self.executions = Counts { pending: executions, total: executions, ..Counts::default() };
        self.plan = plan;
    }

    /// Adds the next child, at work; answers its index.
    pub(super) fn add_child(&mut self, input: Arc<str>) -> u32 {
        let index = self.children.len();
        let items = self.plan.items_of(index);
        self.children.push(Child { status: ChildStatus::Running, items, input: Some(input), output: None });
        for (counts, weight) in [(&mut self.items, u64::from(items)), (&mut self.executions, 1)] {
            counts.pending -= weight;
            counts.running += weight;
        }
        // There are at most MAX_ITEMS children.
        index as u32
    }

    /// Changes the status of a child that is there.
    pub(super) fn set_status(&mut self, index: u32, status: ChildStatus) {
        let child = &mut self.children[index as usize];
        for (counts, weight) in [(&mut self.items, u64::from(child.items)), (&mut self.executions, 1)] {
            *child.status.count(counts) -= weight;
            *status.count(counts) += weight;
            counts.failures_not_redrivable -= if child.status.is_final() { weight } else { 0 };
            counts.failures_not_redrivable += if status.is_final() { weight } else { 0 };
        }
        child.status = status;
    }

    /// Notes that the results of all children that were started have been written.
    pub(super) fn note_results_written(&mut self) {
        for counts in [&mut self.items, &mut self.executions] {
            counts.results_written = counts.total - counts.pending;
        }
    }
}

impl ChildStatus {
    /// Whether it is of a child that can be started again.
    pub(super) fn is_redrivable(self) -> bool {
        use ChildStatus::{Aborted, Failed, TimedOut};
        matches!(self, Failed { redrivable } | TimedOut { redrivable } | Aborted { redrivable } if redrivable)
    }

    /// Whether it is of a child that ended without success and cannot be started again.
    fn is_final(self) -> bool {
        !self.is_redrivable() && !matches!(self, Self::Running | Self::PendingRedrive | Self::Succeeded)
    }

    fn count(self, counts: &mut Counts) -> &mut u64 {
        match self {
            Self::Running => &mut counts.running,
            Self::PendingRedrive => &mut counts.pending_redrive,
            Self::Succeeded => &mut counts.succeeded,
            Self::Failed { .. } => &mut counts.failed,
            Self::TimedOut { .. } => &mut counts.timed_out,
            Self::Aborted { .. } => &mut counts.aborted,
        }
    }
}

/// An identifier in the form of a UUID.
pub(super) fn identifier(random: &Random) -> String {
    let (high, low) = (random.next_u64(), random.next_u64());
    let tail = low & 0xffff_ffff_ffff;
    format!("{:08x}-{:04x}-4{:03x}-a{:03x}-{tail:012x}", high >> 32, high >> 16 & 0xffff, high & 0xfff, low >> 52)
}

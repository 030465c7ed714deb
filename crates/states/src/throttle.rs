//! Throttling: a token bucket for each operation, as AWS has them. Off unless quotas are given.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use clock::Timestamp;
use parking_lot::Mutex;
use serde::Deserialize;

use crate::Error;

/// How StartExecution of an Express state machine is counted.
pub(crate) const START_EXPRESS: &str = "StartExpressExecution";

/// Parts of a token, so that a bucket fills evenly: one for each millisecond and token a second.
const PARTS: u64 = 1_000;

/// What an operation may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Calls a second.
    pub rate: u32,
    /// Calls at once, after a rest.
    pub burst: u32,
}

/// Quotas by the name of the operation; `StartExpressExecution` is StartExecution of Express state machines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quotas(pub BTreeMap<String, Quota>);

impl Quotas {
    /// Those of an AWS account in this region (Step Functions developer guide, "Quotas related to API action throttling").
    pub fn aws(region: &str) -> Self {
        let is_large = ["us-east-1", "us-west-2", "eu-west-1"].contains(&region);
        let quotas = AWS.iter().map(|(operation, large, other)| {
            let (burst, rate) = if is_large { *large } else { *other };
            ((*operation).to_owned(), Quota { rate, burst })
        });
        Self(quotas.collect())
    }

    /// The first name that is no operation with a quota.
    pub fn unknown(&self) -> Option<&str> {
        self.0.keys().map(String::as_str).find(|name| AWS.iter().all(|(known, ..)| known != name))
    }
}

/// Operations, or `off`.
impl fmt::Display for Quotas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            0 => f.pad("off"),
            operations => f.pad(&format!("{operations} operations")),
        }
    }
}

/// Bucket size, and refill a second.
type Size = (u32, u32);

/// The buckets of AWS in the three largest regions, and in all others.
// AWS differs: StartSyncExecution has no fixed quota there, and GetActivityTask counts whether or not it finds a task.
const AWS: [(&str, Size, Size); 36] = [
    ("CreateActivity", (100, 1), (100, 1)),
    ("CreateStateMachine", (100, 1), (100, 1)),
    ("CreateStateMachineAlias", (100, 1), (100, 1)),
    ("DeleteActivity", (100, 1), (100, 1)),
    ("DeleteStateMachine", (100, 1), (100, 1)),
    ("DeleteStateMachineAlias", (100, 1), (100, 1)),
    ("DeleteStateMachineVersion", (100, 1), (100, 1)),
    ("DescribeActivity", (200, 1), (200, 1)),
    ("DescribeExecution", (300, 15), (250, 10)),
    ("DescribeMapRun", (200, 1), (200, 1)),
    ("DescribeStateMachine", (200, 20), (200, 20)),
    ("DescribeStateMachineAlias", (200, 1), (200, 1)),
    ("DescribeStateMachineForExecution", (200, 1), (200, 1)),
    ("GetActivityTask", (3_000, 500), (1_500, 300)),
    ("GetExecutionHistory", (400, 20), (400, 20)),
    ("ListActivities", (100, 10), (100, 5)),
    ("ListExecutions", (200, 5), (100, 2)),
    ("ListMapRuns", (100, 1), (100, 1)),
    ("ListStateMachineAliases", (100, 1), (100, 1)),
    ("ListStateMachines", (100, 5), (100, 5)),
    ("ListStateMachineVersions", (100, 1), (100, 1)),
    ("ListTagsForResource", (100, 1), (100, 1)),
    ("PublishStateMachineVersion", (100, 1), (100, 1)),
    ("RedriveExecution", (1_300, 300), (800, 150)),
    ("SendTaskFailure", (3_000, 500), (1_500, 300)),
    ("SendTaskHeartbeat", (3_000, 500), (1_500, 300)),
    ("SendTaskSuccess", (3_000, 500), (1_500, 300)),
    ("StartExecution", (1_300, 300), (800, 150)),
    (START_EXPRESS, (6_000, 6_000), (6_000, 6_000)),
    ("StopExecution", (1_000, 200), (500, 25)),
    ("TagResource", (200, 1), (200, 1)),
    ("TestState", (10, 50), (10, 50)),
    ("UntagResource", (200, 1), (200, 1)),
    ("UpdateMapRun", (100, 1), (100, 1)),
    ("UpdateStateMachine", (100, 1), (100, 1)),
    ("UpdateStateMachineAlias", (100, 1), (100, 1)),
];

/// The buckets of an engine.
pub(crate) struct Throttle(HashMap<String, Bucket>);

struct Bucket {
    quota: Quota,
    level: Mutex<Level>,
}

/// What a bucket held at a moment.
struct Level {
    parts: u64,
    at: Option<Timestamp>,
}

impl Throttle {
    /// Full buckets.
    pub(crate) fn new(quotas: &Quotas) -> Self {
        let bucket = |quota: &Quota| {
            let parts = u64::from(quota.burst) * PARTS;
            Bucket { quota: *quota, level: Mutex::new(Level { parts, at: None }) }
        };
        Self(quotas.0.iter().map(|(operation, quota)| (operation.clone(), bucket(quota))).collect())
    }

    /// Whether nothing is counted.
    pub(crate) fn is_off(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a token for a call.
    ///
    /// # Errors
    /// `ThrottlingException`.
    pub(crate) fn take(&self, operation: &str, now: Timestamp) -> Result<(), Error> {
        let Some(Bucket { quota, level }) = self.0.get(operation) else { return Ok(()) };
        let mut level = level.lock();
        let rested = level.at.map_or(0, |at| u64::try_from(now.0 - at.0).unwrap_or(0));
        let refilled = level.parts.saturating_add(rested.saturating_mul(u64::from(quota.rate)));
        level.parts = refilled.min(u64::from(quota.burst) * PARTS);
        level.at = Some(now);
        level.parts = level.parts.checked_sub(PARTS).ok_or(Error::Throttled)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let quotas = Quotas([("StopExecution".to_owned(), Quota { rate: 2, burst: 3 })].into());
        let throttle = Throttle::new(&quotas);
        let taken = |at: i64| {
            let attempts = std::iter::repeat_with(|| throttle.take("StopExecution", Timestamp(at)));
            attempts.take(10).filter(Result::is_ok).count()
        };
        assert_eq!(taken(0), 3, "the burst");
        assert_eq!(taken(499), 0);
        assert_eq!(taken(500), 1, "every half second one");
        assert_eq!(taken(1_500), 2);
        assert_eq!(taken(1_000), 0, "a clock that is set back gives nothing");
        assert_eq!(taken(60_000), 3, "no more than the burst");
        assert!(throttle.take("ListExecutions", Timestamp(0)).is_ok(), "no quota, no limit");
    }

    #[test]
    fn the_quotas_of_aws_depend_on_the_region() {
        let start = |region: &str| Quotas::aws(region).0["StartExecution"];
        assert_eq!(start("us-east-1"), Quota { rate: 300, burst: 1_300 });
        assert_eq!(start("eu-central-1"), Quota { rate: 150, burst: 800 });
        assert_eq!(Quotas::aws("us-east-1").unknown(), None);
    }
}

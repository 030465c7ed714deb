//! `Retry` and `Catch`: which error they match, and how long a retry waits.

use std::sync::Arc;

use crate::data_flow::ResultPath;
use crate::definition::StateId;
use crate::scope::Random;
use crate::template::Template;

/// One entry of `Retry`.
#[derive(Debug, Clone, PartialEq)]
pub struct Retrier {
    /// `ErrorEquals`: at least one name.
    pub error_equals: Vec<Arc<str>>,
    /// `IntervalSeconds`: default 1.
    pub interval_seconds: u64,
    /// `MaxAttempts`: default 3; 0 is never.
    pub max_attempts: u64,
    /// `BackoffRate`: default 2.0.
    pub backoff_rate: f64,
    /// `MaxDelaySeconds`.
    pub max_delay_seconds: Option<u64>,
    /// `JitterStrategy`: default `NONE`.
    pub jitter: Jitter,
}

/// `JitterStrategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Jitter {
    /// `NONE`.
    #[default]
    None,
    /// `FULL`: uniform between nothing and the delay.
    Full,
}

/// One entry of `Catch`.
#[derive(Debug, Clone)]
pub struct Catcher {
    /// `ErrorEquals`: at least one name.
    pub error_equals: Vec<Arc<str>>,
    /// `Next`.
    pub next: StateId,
    /// `ResultPath`: where the error output goes in the raw input.
    pub result_path: ResultPath,
    /// `Assign` of this catcher: runs instead of the state's.
    pub assign: Option<Template>,
    /// JSONata's `Output` of this catcher.
    pub output: Option<Template>,
}

impl Retrier {
    /// Whether it retries this error; `None` is a failure without a name.
    pub fn matches(&self, error: Option<&str>) -> bool {
        matches_error(&self.error_equals, error)
    }

    /// Milliseconds before the retry with this number (1 is the first).
    pub fn delay_millis(&self, attempt: u64, random: &Random) -> u64 {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.interval_seconds as f64 * self.backoff_rate.powi(exponent);
        let cap = self.max_delay_seconds.map_or(MAX_DELAY_SECONDS, |seconds| seconds as f64);
        let millis = seconds.min(cap) * 1000.0;
        match self.jitter {
            Jitter::None => millis as u64,
            Jitter::Full => (millis * random.next_f64()) as u64,
        }
    }
}

/// The longest delay AWS accepts for `MaxDelaySeconds`: one leap year.
const MAX_DELAY_SECONDS: f64 = 31_622_400.0;

impl Catcher {
    /// Whether it catches this error; `None` is a failure without a name.
    pub fn matches(&self, error: Option<&str>) -> bool {
        matches_error(&self.error_equals, error)
    }
}

/// `States.ALL` matches everything but the two errors that always end an execution; `States.TaskFailed` everything but
/// time-outs as well.
fn matches_error(names: &[Arc<str>], error: Option<&str>) -> bool {
    let terminal = matches!(error, Some("States.DataLimitExceeded" | "States.Runtime"));
    names.iter().any(|name| match &**name {
        "States.ALL" => !terminal,
        "States.TaskFailed" => !terminal && error != Some("States.Timeout"),
        name => error == Some(name),
    })
}

#[cfg(test)]
mod tests {
    use super::{Jitter, Random, Retrier, matches_error};

    #[test]
    fn error_names() {
        let cases = [
            ("States.ALL", Some("Custom"), true),
            ("States.ALL", Some("States.Timeout"), true),
            ("States.ALL", None, true),
            ("States.ALL", Some("States.Runtime"), false),
            ("States.ALL", Some("States.DataLimitExceeded"), false),
            ("States.DataLimitExceeded", Some("States.DataLimitExceeded"), true),
            ("States.TaskFailed", Some("Custom"), true),
            ("States.TaskFailed", None, true),
            ("States.TaskFailed", Some("States.Timeout"), false),
            ("Custom", Some("Custom"), true),
            ("Custom", Some("Custom2"), false),
            ("Custom", None, false),
        ];
        for (name, error, expected) in cases {
            assert_eq!(matches_error(&[name.into()], error), expected, "{name} on {error:?}");
        }
    }

    #[test]
    fn delays() {
        let mut retrier = Retrier {
            error_equals: vec!["States.ALL".into()],
            interval_seconds: 3,
            max_attempts: 10,
            backoff_rate: 1.5,
            max_delay_seconds: Some(9),
            jitter: Jitter::None,
        };
        let random = Random::new(7);
        let delays: Vec<u64> = (1..=5).map(|attempt| retrier.delay_millis(attempt, &random)).collect();
        assert_eq!(delays, [3_000, 4_500, 6_750, 9_000, 9_000]);
        retrier.max_delay_seconds = None;
        assert_eq!(retrier.delay_millis(u64::MAX, &random), 31_622_400_000);
        retrier.max_delay_seconds = Some(3);
        retrier.jitter = Jitter::Full;
        let delays: Vec<u64> = (0..100).map(|_| retrier.delay_millis(1, &random)).collect();
        assert!(delays.iter().all(|delay| *delay <= 3_000) && delays.iter().any(|delay| *delay != delays[0]));
    }
}

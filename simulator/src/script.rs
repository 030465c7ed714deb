//! What a service does with a task: a pure function of the seed and of what the task asks.
//!
//! So the oracle knows the answer of every call without having seen it, whatever the order in which calls arrive, and a
//! call made again after a crash finds the service in the same mind.

use serde_json::{Value, json};

use crate::{
    dice::{Dice, hash},
    generate::ERRORS,
    machine::{Target, Task},
};

/// What a task asks, without what differs between two makings of the same call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Question {
    /// The state's name.
    pub(crate) state: String,
    /// [`crate::machine::Data::e`] and `n`.
    pub(crate) e: u64,
    pub(crate) n: i64,
    /// `State.RetryCount`.
    pub(crate) retries: u64,
}

impl Question {
    /// From the parameters of a task.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        Some(Self {
            state: value["s"].as_str()?.to_owned(),
            e: value["e"].as_u64()?,
            n: value["n"].as_i64()?,
            retries: value["k"].as_u64()?,
        })
    }
}

/// How a task goes.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    /// How long the service works, milliseconds.
    pub(crate) delay: u64,
    /// How often the service fails (HTTP 500) before it does anything.
    pub(crate) refusals: u64,
    pub(crate) answer: Answer,
    /// How often a token is answered again, and whether with something else.
    pub(crate) repeats: u64,
    pub(crate) repeats_differ: bool,
}

/// How a task ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// With this result.
    Success(Value),
    /// With this error and cause.
    Failure(String, String),
    /// Not at all.
    Never,
    /// With an answer that comes long after the task's time.
    Late,
    /// Its worker sends no heartbeats, and answers long after that.
    Heartless,
}

/// The script of a task. `redrives` is how often the execution was redriven: services may think differently then.
pub(crate) fn script(seed: u64, question: &Question, redrives: u64, task: &Task) -> Script {
    let Question { state, e, n, retries } = question;
    let text = format!("{state} {e} {n} {retries} {}", redrives.min(1));
    let mut dice = Dice::new(seed, "script");
    dice = Dice::new(dice.bits() ^ hash(text.as_bytes()), "task");
    let with_token = !matches!(task.target, Target::Call);
    let delay = match (dice.below(10), task.heartbeat_seconds) {
        (0, Some(heartbeat)) => dice.between(0, 1_000) * heartbeat,
        (0..=3, _) => dice.between(0, 30_000),
        (4..=6, _) => dice.between(0, 20),
        _ => 0,
    };
    let ends = if redrives > 0 { 90 } else { 70 };
    let answer = match (dice.below(100), task.timeout_seconds, task.heartbeat_seconds) {
        (share, ..) if share < ends => Answer::Success(json!({ "ok": dice.below(100), "of": state })),
        (share, ..) if share < ends + 6 && share >= 90 => Answer::Success(Value::Null),
        (96..=97, Some(_), _) => Answer::Never,
        (98, Some(_), _) => Answer::Late,
        (99, Some(_), Some(_)) => Answer::Heartless,
        _ => Answer::Failure(dice.pick(&ERRORS).to_owned(), format!("because {}", dice.below(9))),
    };
    let refusals = if !with_token && dice.percent(10) { dice.between(1, 2) } else { 0 };
    let repeats = if with_token && dice.percent(30) { dice.between(1, 2) } else { 0 };
    let repeats_differ = repeats > 0 && dice.percent(40);
    Script { delay, refusals, answer, repeats, repeats_differ }
}

//! What an execution did in each state.

use std::collections::BTreeMap;

/// How an execution stands in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Left for the next state each time.
    Succeeded,
    /// Ended the execution, or was ended with it.
    Failed,
    /// Entered and not left yet.
    Running,
    /// Failed at least once, and a catcher took over.
    Caught,
}

/// The visits of an execution to one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// How it stands.
    pub outcome: Outcome,
    /// How often the state was entered.
    pub count: u64,
    /// Time spent in it, all visits together.
    pub milliseconds: u64,
}

/// What an execution did, by the names of states. A state that is not here was not reached; an empty overlay is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    /// By name.
    pub states: BTreeMap<String, Run>,
}

impl Outcome {
    /// As a class of the picture and a word for its reader.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Running => "running",
            Self::Caught => "caught",
        }
    }
}

impl Run {
    /// Count and time, such as `3 × 1.2 s`; the count is left out when it is 1.
    pub(super) fn short(&self) -> String {
        let time = duration(self.milliseconds);
        if self.count == 1 { time } else { format!("{} \u{d7} \u{b7} {time}", self.count) }
    }
}

/// A duration in its two largest units.
fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..60 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units() {
        let cases = [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (59_999, "59.9 s"),
            (61_000, "1 min 1 s"),
            (3_600_000, "1 h 0 min"),
            (90_000_000, "1 d 1 h"),
            (u64::MAX, "213503982334 d 14 h"),
        ];
        for (milliseconds, text) in cases {
            assert_eq!(duration(milliseconds), text);
        }
    }

    #[test]
    fn a_single_visit_shows_its_time_alone() {
        let run = Run { outcome: Outcome::Succeeded, count: 1, milliseconds: 20 };
        assert_eq!(run.short(), "20 ms");
        assert_eq!(Run { count: 3, ..run }.short(), "3 \u{d7} \u{b7} 20 ms");
    }
}

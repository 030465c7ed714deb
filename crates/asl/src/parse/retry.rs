//! `Retry` and `Catch`.

use serde_json::Value;

use super::fields::Fields;
use super::machine::Targets;
use super::{Parser, SCHEMA};
use crate::retry::{Catcher, Jitter, Retrier};

/// AWS's limits.
const MAX_ATTEMPTS: u64 = 99_999_999;
const MAX_DELAY_SECONDS: u64 = 31_622_399;

impl Parser {
    pub(super) fn retry(&mut self, fields: &Fields<'_>) -> Vec<Retrier> {
        let entries = self.objects(fields, "Retry");
        self.error_names(&entries);
        entries.iter().filter_map(|entry| self.retrier(entry)).collect()
    }

    fn retrier(&mut self, entry: &Fields<'_>) -> Option<Retrier> {
        if !self.require(entry, &["ErrorEquals"]) {
            return None;
        }
        let interval_seconds = self.integer(entry, "IntervalSeconds", 1..=MAX_ATTEMPTS).unwrap_or(1);
        let max_delay_seconds = self.integer(entry, "MaxDelaySeconds", 1..=MAX_DELAY_SECONDS);
        if max_delay_seconds.is_some_and(|most| most <= interval_seconds) {
            let message = "MaxDelaySeconds must be greater than IntervalSeconds";
            self.report(&entry.at("MaxDelaySeconds"), SCHEMA, message);
        }
        Some(Retrier {
            error_equals: self.strings(entry, "ErrorEquals"),
            interval_seconds,
            max_attempts: self.integer(entry, "MaxAttempts", 0..=MAX_ATTEMPTS).unwrap_or(3),
            backoff_rate: self.backoff_rate(entry),
            max_delay_seconds,
            jitter: self.jitter(entry),
        })
    }

    fn backoff_rate(&mut self, entry: &Fields<'_>) -> f64 {
        let Some(value) = entry.get("BackoffRate") else {
            return 2.0;
        };
        match value.as_f64() {
            Some(rate) if rate >= 1.0 => rate,
            _ => {
                self.report(&entry.at("BackoffRate"), SCHEMA, "Value must be a number greater than or equal to 1.0");
                1.0
            }
        }
    }

    fn jitter(&mut self, entry: &Fields<'_>) -> Jitter {
        match self.string(entry, "JitterStrategy") {
            Some("NONE") | None => Jitter::None,
            Some("FULL") => Jitter::Full,
            Some(_) => {
                let message = "The field 'JitterStrategy' should have one of these values: [NONE, FULL]";
                self.report(&entry.at("JitterStrategy"), SCHEMA, message);
                Jitter::None
            }
        }
    }

    pub(super) fn catch(&mut self, fields: &Fields<'_>, targets: &Targets<'_>) -> Vec<Catcher> {
        let entries = self.objects(fields, "Catch");
        self.error_names(&entries);
        entries.iter().filter_map(|entry| self.catcher(entry, targets)).collect()
    }

    fn catcher(&mut self, entry: &Fields<'_>, targets: &Targets<'_>) -> Option<Catcher> {
        if !self.require(entry, &["ErrorEquals", "Next"]) {
            return None;
        }
        Some(Catcher {
            error_equals: self.strings(entry, "ErrorEquals"),
            next: self.target(entry, "Next", targets)?,
            result_path: self.result_path(entry),
            assign: self.assign(entry),
            output: self.template(entry, "Output"),
        })
    }

    /// `States.ALL` stands alone, in the last entry.
    fn error_names(&mut self, entries: &[Fields<'_>]) {
        for (position, entry) in entries.iter().enumerate() {
            let names = entry.get("ErrorEquals").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            if !names.iter().any(|name| name == "States.ALL") {
                continue;
            }
            if names.len() > 1 {
                let message = "States.ALL must be the only error in ErrorEquals";
                self.report(&entry.at("ErrorEquals"), SCHEMA, message);
            }
            if position + 1 < entries.len() {
                let message = "States.ALL must be in the last entry of Retry or Catch";
                self.report(&entry.at("ErrorEquals"), SCHEMA, message);
            }
        }
    }
}

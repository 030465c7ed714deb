//! What one request's trace may take: values and texts of errors from one allowance, lines of logs from another.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use resolver::RaisedError;

use super::{
    Captured, ErrorTrace,
    capture::{self, LEAST_BYTES, Texts},
};
use crate::limits;

/// What an appended error takes beside its message, bytes, at most.
const APPENDED_OVERHEAD: usize = size_of::<ErrorTrace>() + limits::TRACE_NAME_BYTES;

/// What is left of a request's bytes.
pub(super) struct Allowance {
    /// For values and texts of errors.
    left: AtomicUsize,
    /// For what handlers log, apart from values: none of these push a line out of the log.
    log_left: AtomicUsize,
    /// Locked while a value takes its bytes.
    texts: Mutex<Texts>,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            left: AtomicUsize::new(limits::TRACE_BYTES),
            log_left: AtomicUsize::new(limits::TRACE_LOG_BYTES),
            texts: Mutex::default(),
        }
    }
}

impl Allowance {
    /// Bytes that have been taken.
    pub(super) fn taken(&self) -> usize {
        let left = self.left.load(Ordering::Relaxed) + self.log_left.load(Ordering::Relaxed);
        (limits::TRACE_BYTES + limits::TRACE_LOG_BYTES).saturating_sub(left)
    }

    /// What `capture` makes of the bytes that are left for one value; nothing, once the request has taken all that one
    /// may take.
    pub(super) fn value(&self, capture: impl FnOnce(&mut Texts, usize) -> Captured) -> Captured {
        let mut texts = self.texts.lock();
        let room = self.room();
        if room < LEAST_BYTES {
            return Captured::default();
        }
        let captured = capture(&mut texts, room);
        // What says that it is cut may be more than what was left.
        if !takes(&self.left, captured.bytes()) {
            self.left.store(0, Ordering::Relaxed);
        }
        captured
    }

    /// Bytes that one more value or text may take.
    fn room(&self) -> usize {
        self.left.load(Ordering::Relaxed).min(limits::TRACE_VALUE_BYTES)
    }

    /// An error; how much of its text, that depends on what is left.
    pub(super) fn error(&self, message: &str, kind: Option<&str>) -> ErrorTrace {
        let room = self.room();
        let room = if takes(&self.left, room.min(message.len())) { room } else { 0 };
        ErrorTrace::new(capture::text(message, room), kind)
    }

    /// Errors that a handler appended: as many as there is room for, and how many more there were.
    pub(super) fn appended(&self, errors: &[RaisedError]) -> Vec<ErrorTrace> {
        let mut kept = Vec::new();
        for error in errors {
            let text = error.message.len().min(limits::TRACE_VALUE_BYTES);
            if !takes(&self.left, APPENDED_OVERHEAD + text) {
                kept.push(ErrorTrace::new(format!("… ({} more)", errors.len() - kept.len()), None));
                break;
            }
            let message = capture::text(&error.message, limits::TRACE_VALUE_BYTES);
            kept.push(ErrorTrace::new(message, error.kind.as_deref()));
        }
        kept
    }

    /// What a handler logged: as many lines as there is room for, and how many more there were.
    pub(super) fn logged(&self, mut lines: Vec<String>) -> Vec<String> {
        let fits = |line: &String| takes(&self.log_left, size_of::<String>() + line.len());
        if let Some(end) = lines.iter().position(|line| !fits(line)) {
            let more = format!("… ({} more)", lines.len() - end);
            lines.truncate(end);
            lines.push(more);
            lines.shrink_to_fit();
        }
        lines
    }
}

/// Takes `bytes` from what is left of an allowance; whether there were as many.
fn takes(left: &AtomicUsize, bytes: usize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_last_value_is_cut_to_what_is_left_and_those_after_it_are_not_copied() {
        let allowance = Allowance::default();
        let value = json!("x".repeat(limits::TRACE_VALUE_BYTES - "\"\"".len()));
        let copied = |value: &Value| allowance.value(|texts, room| texts.value(value, room)).read();
        for _ in 0..limits::TRACE_BYTES / limits::TRACE_VALUE_BYTES {
            assert_eq!(copied(&value), Some(value.clone()));
        }
        allowance.left.store(LEAST_BYTES + 4, Ordering::Relaxed);
        let cut = copied(&value).expect("a part of it");
        assert!(
            cut.as_str().is_some_and(|text| text.starts_with(&format!("{}… (", "x".repeat(LEAST_BYTES + 2)))),
            "{cut}"
        );
        let after = allowance.value(|_, _| unreachable!("nothing is copied"));
        assert_eq!(after.read(), None);
        assert_eq!(allowance.error("no table", Some("NotFound")).kind.as_deref(), Some("NotFound"));
        assert_eq!(allowance.logged(vec!["said".to_owned()]), ["said"], "values push no line out of the log");
    }
}

//! Result files: elements one after the other, in a new file where the one before is full.

use crate::items::config::OutputType;

/// Which executions a result file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::items) enum Group {
    /// Failed, timed out and aborted.
    Failed,
    /// Never started.
    Pending,
    Succeeded,
}

impl Group {
    /// What its files are called.
    pub(in crate::items) fn name(self) -> &'static str {
        match self {
            Self::Failed => "FAILED",
            Self::Pending => "PENDING",
            Self::Succeeded => "SUCCEEDED",
        }
    }
}

/// The files of one group, as they fill.
#[derive(Debug)]
pub(in crate::items) struct Files {
    output_type: OutputType,
    /// Bytes of a file.
    limit: usize,
    /// The elements of the file that fills.
    text: String,
}

impl Files {
    /// Files of about `limit` bytes at most; a single element may be longer.
    pub(in crate::items) fn new(output_type: OutputType, limit: usize) -> Self {
        Self { output_type, limit, text: String::new() }
    }

    /// Adds an element (JSON text). Answers a file that it did not fit into any more.
    pub(in crate::items) fn push(&mut self, element: &str) -> Option<String> {
        let is_full = !self.text.is_empty() && self.text.len() + element.len() + 2 > self.limit;
        let full = if is_full { self.finish() } else { None };
        if !self.text.is_empty() {
            self.text.push(match self.output_type {
                OutputType::Json => ',',
                OutputType::Jsonl => '\n',
            });
        }
        match self.output_type {
            OutputType::Json => self.text.push_str(element),
            // Line breaks stand between tokens only: within strings they are escaped.
            OutputType::Jsonl => {
                self.text.extend(element.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }))
            }
        }
        full
    }

    /// The file that was filling, if there is anything in it.
    pub(in crate::items) fn finish(&mut self) -> Option<String> {
        let text = std::mem::take(&mut self.text);
        (!text.is_empty()).then(|| self.whole(text))
    }

    /// All elements as one text, also if there are none.
    pub(in crate::items) fn into_one(mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.whole(text)
    }

    fn whole(&self, text: String) -> String {
        match self.output_type {
            OutputType::Json => format!("[{text}]"),
            OutputType::Jsonl => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1_000;

    #[test]
    fn elements_stand_in_an_array_or_on_lines() {
        for (output_type, expected) in [(OutputType::Json, "[1,{\n}]"), (OutputType::Jsonl, "1\n{ }")] {
            let mut files = Files::new(output_type, LIMIT);
            assert_eq!((files.push("1"), files.push("{\n}")), (None, None));
            assert_eq!(files.finish().as_deref(), Some(expected));
            assert_eq!(files.finish(), None);
        }
        assert_eq!(Files::new(OutputType::Json, LIMIT).into_one(), "[]");
    }

    #[test]
    fn a_full_file_is_answered_and_the_next_begins() {
        let element = "1".repeat(LIMIT / 2);
        let mut files = Files::new(OutputType::Json, LIMIT);
        assert_eq!(files.push(&element), None);
        assert_eq!(files.push(&element), Some(format!("[{element}]")));
        let large = "1".repeat(LIMIT + 1);
        assert_eq!(files.push(&large), Some(format!("[{element}]")), "an element is never cut");
        assert_eq!(files.finish(), Some(format!("[{large}]")));
    }
}

//! All that is wrong with one source, each with its place, in the order of the source and bounded in number.

use oxc_span::Span;

use super::position::{characters, line_and_column};
use crate::{CompileError, Problem, ProblemKind, Source};

/// What the checks of a source have found.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Found>);

#[derive(Debug)]
struct Found {
    span: Span,
    kind: ProblemKind,
    message: String,
}

impl Problems {
    /// A construct that the dialect has not; `construct` ends in `is` or `are`.
    pub(super) fn unsupported(&mut self, span: Span, construct: &str) {
        self.add(span, ProblemKind::Unsupported, || format!("{construct} not supported by APPSYNC_JS"));
    }

    /// Another mistake.
    pub(super) fn wrong(&mut self, span: Span, message: impl Into<String>) {
        self.add(span, ProblemKind::Code, || message.into());
    }

    /// Keeps the first [`Problem::MOST`] in the order of the source, whatever order they are found in.
    fn add(&mut self, span: Span, kind: ProblemKind, message: impl FnOnce() -> String) {
        let place = self.0.partition_point(|found| found.span.start <= span.start);
        if place < Problem::MOST {
            self.0.insert(place, Found { span, kind, message: message() });
            self.0.truncate(Problem::MOST);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// # Errors
    /// Everything that was found, if there is anything.
    pub(super) fn into_result(self, source: &Source) -> Result<(), CompileError> {
        let mut problems = self.0.into_iter().map(|found| found.positioned(&source.code));
        match problems.next() {
            None => Ok(()),
            Some(first) => Err(CompileError { name: source.name.clone(), first, others: problems.collect() }),
        }
    }
}

impl Found {
    fn positioned(self, code: &str) -> Problem {
        let Self { span, kind, message } = self;
        let (line, column) = line_and_column(code, span.start as usize);
        Problem { line, column, span: Some(characters(code, span.start as usize, span.end as usize)), kind, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(problems: Problems, code: &str) -> Vec<Problem> {
        let source = Source { name: "code.js".into(), code: code.into() };
        let error = problems.into_result(&source).expect_err("there are some");
        error.problems().cloned().collect()
    }

    #[test]
    fn they_are_in_the_order_of_the_source() {
        let mut problems = Problems::default();
        problems.unsupported(Span::new(4, 6), "b is");
        problems.wrong(Span::empty(0), "a");
        problems.wrong(Span::new(4, 9), "c");
        let messages: Vec<_> = told(problems, "é\na\nbcde").into_iter().map(|found| found.to_string()).collect();
        assert_eq!(messages, ["1:1: a", "2:2: b is not supported by APPSYNC_JS", "2:2: c"]);
    }

    #[test]
    fn the_first_are_kept_where_there_are_too_many() {
        let code = "x".repeat(3 * Problem::MOST);
        let mut problems = Problems::default();
        for start in (0..code.len() as u32).rev() {
            problems.wrong(Span::new(start, start + 1), "x");
        }
        let columns: Vec<_> = told(problems, &code).into_iter().map(|found| found.column as usize).collect();
        assert_eq!(columns, (1..=Problem::MOST).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_wrong_is_no_error() {
        let source = Source { name: String::new(), code: String::new() };
        assert_eq!(Problems::default().into_result(&source), Ok(()));
    }
}

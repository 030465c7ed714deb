//! What is wrong with a template, and where: rendered the way a compiler does it, with the line and a caret.

use std::{fmt, path::PathBuf};

use crate::source::SourceFile;

/// How many diagnostics one template gets; what is wrong after that is not reported.
const MOST_DIAGNOSTICS: usize = 50;

/// The longest part of a source line that is shown.
const LONGEST_SNIPPET: usize = 160;

/// A place in a template: line and column count from 1, columns in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// From 1; 0 when the place is a whole file.
    pub line: u32,
    /// From 1.
    pub column: u32,
    /// Characters to underline, at least 1.
    pub width: u32,
    /// Which of the templates: 0 for the root template, a nested stack's number otherwise.
    pub(crate) file: FileNumber,
}

/// The number of a template among those that a [`Report`] knows.
pub(crate) type FileNumber = u16;

/// Whether the template can be run all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, but something will be other than on AWS.
    Warning,
}

/// One thing wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// `SWnnnn`; each has a page in `docs/errors`.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// The template, or the file it names.
    pub file: PathBuf,
    /// Where in the file.
    pub position: Position,
    /// The source line, without its line end.
    pub snippet: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column, width, .. } = self.position;
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(f, "{severity}[{}]: {}", self.code, self.message)?;
        let margin = line.to_string().len();
        if line == 0 {
            write!(f, "{:margin$}--> {}", "", self.file.display())?;
        } else {
            write!(f, "{:margin$}--> {}:{line}:{column}", "", self.file.display())?;
        }
        if let Some(snippet) = &self.snippet {
            let before = column.saturating_sub(1) as usize;
            let carets = (width.max(1) as usize).min(snippet.chars().count().saturating_sub(before).max(1));
            write!(f, "\n{:margin$} |\n{line} | {snippet}\n", "")?;
            write!(f, "{:margin$} | {:before$}{}", "", "", "^".repeat(carets))?;
        }
        match &self.help {
            Some(help) => write!(f, "\n{:margin$} = help: {help}", ""),
            None => Ok(()),
        }
    }
}

/// A diagnostic that does not know its file yet.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) severity: Severity,
    pub(crate) code: &'static str,
    pub(crate) at: Position,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Problem {
    pub(crate) fn error(code: &'static str, at: Position, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, at, message: message.into(), help: None }
    }

    pub(crate) fn warning(code: &'static str, at: Position, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, at, message) }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds "did you mean" when there is something close to `wrong` among `known`.
    pub(crate) fn suggest<'a>(self, wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match crate::suggest::closest(wrong, known) {
            Some(close) => self.help(format!("did you mean '{close}'?")),
            None => self,
        }
    }
}

/// Collects what is wrong with a template and those nested in it, up to a bound.
#[derive(Debug)]
pub(crate) struct Report {
    /// The root template first; positions name them by their number.
    files: Vec<SourceFile>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    failed: bool,
}

impl Report {
    pub(crate) fn new(root: SourceFile) -> Self {
        Self { files: vec![root], diagnostics: Vec::new(), failed: false }
    }

    /// Takes up the template of a nested stack; `None` when there are more than can be numbered.
    pub(crate) fn add_file(&mut self, file: SourceFile) -> Option<FileNumber> {
        let number = FileNumber::try_from(self.files.len()).ok()?;
        self.files.push(file);
        Some(number)
    }

    /// The template that `at` is a place in.
    pub(crate) fn file(&self, at: Position) -> &SourceFile {
        &self.files[usize::from(at.file)]
    }

    pub(crate) fn add(&mut self, problem: Problem) {
        let at = problem.at;
        let diagnostic = located(problem, self.file(at));
        self.add_located(diagnostic);
    }

    /// Adds what is wrong with a file that the template names.
    pub(crate) fn add_located(&mut self, diagnostic: Diagnostic) {
        self.failed |= diagnostic.severity == Severity::Error;
        if self.diagnostics.len() < MOST_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Keeps the value and reports the problem.
    pub(crate) fn take<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.add(problem)).ok()
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.failed
    }
}

/// Gives `problem` its file and source line.
pub(crate) fn located(problem: Problem, file: &SourceFile) -> Diagnostic {
    let snippet = file.line(problem.at.line).map(|line| {
        let shown: String = line.chars().take(LONGEST_SNIPPET).collect();
        shown.replace('\t', " ")
    });
    // A caret beyond the shown part would point at nothing.
    let snippet = snippet.filter(|_| (problem.at.column as usize) <= LONGEST_SNIPPET);
    Diagnostic {
        severity: problem.severity,
        code: problem.code,
        message: problem.message,
        file: file.path.clone(),
        position: problem.at,
        snippet,
        help: problem.help,
    }
}

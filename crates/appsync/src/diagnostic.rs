//! What is wrong with an API's schema or resolvers, and where.

use std::fmt;

/// A mistake in a schema, resolver or data source, found while the API is built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Diagnostic {
    /// The file that has the mistake, as the template names it, or the resource where there is no file.
    pub file: String,
    /// 1-based; 0 where the mistake belongs to no line.
    pub line: u32,
    /// 1-based; 0 where the mistake belongs to no line.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

impl Diagnostic {
    /// A mistake that belongs to a resource, not to a line of a file.
    pub(crate) fn of_resource(resource: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: resource.into(), line: 0, column: 0, message: message.into() }
    }

    /// All that is wrong with code.
    pub fn of_code(error: &resolver::CompileError) -> impl Iterator<Item = Self> {
        error.problems().map(|problem| {
            let resolver::Problem { line, column, message, .. } = problem.clone();
            Self { file: error.name.clone(), line, column, message }
        })
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message } = self;
        match line {
            0 => write!(f, "{file}: {message}"),
            _ => write!(f, "{file}:{line}:{column}: {message}"),
        }
    }
}

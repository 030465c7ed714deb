//! What is wrong with a definition, in the words of AWS.

use std::fmt;

/// One finding, as ValidateStateMachineDefinition answers it, and where it lies in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Errors refuse the definition; warnings do not.
    pub severity: Severity,
    /// `SCHEMA_VALIDATION_FAILED`, `MISSING_TRANSITION_TARGET`, `INVALID_JSON_DESCRIPTION`, ...
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// A pointer such as `/States/Pay/Resource`, or the parser's place for text that is not JSON. `None`: the whole.
    pub location: Option<String>,
    /// Line in the definition text, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// `ERROR`.
    Error,
    /// `WARNING`.
    Warning,
}

/// How much of a line an excerpt shows on either side of the fault, in characters.
const EXCERPT_WIDTH: usize = 60;

impl Diagnostic {
    /// The line of the definition text with a caret below the fault, for a terminal. A long line is cut on both sides.
    pub fn excerpt(&self, definition: &str) -> String {
        let place = |number: u32| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
        let (line, column) = (place(self.line), place(self.column));
        let start = column.saturating_sub(EXCERPT_WIDTH);
        let line = definition.lines().nth(line).unwrap_or_default();
        let text: String = line.chars().skip(start).take(2 * EXCERPT_WIDTH).collect();
        let text = text.replace('\t', " ");
        let number = self.line.to_string();
        let (margin, indent) = (" ".repeat(number.len()), " ".repeat(column - start));
        format!("{number} | {text}\n{margin} | {indent}^")
    }
}

impl fmt::Display for Diagnostic {
    /// As CreateStateMachine prints it inside `Invalid State Machine Definition: '...'`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.message)?;
        match &self.location {
            Some(location) => write!(formatter, " at {location}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Definition;

    #[test]
    fn excerpts_point_at_the_fault() {
        let cases = [
            ("{\n\t\"StartAt\": 1}", "1 | {\n  | ^"),
            (
                "{\"StartAt\": \"A\", \"States\":\n {\"A\": {\"Type\": \"é\"}}}",
                "2 |  {\"A\": {\"Type\": \"é\"}}}\n  |                 ^",
            ),
        ];
        for (text, expected) in cases {
            let found = Definition::parse(text).expect_err(text);
            assert_eq!(found[0].excerpt(text), expected);
        }
        let long = format!("{{\"Comment\": \"{}\", \"StartAt\": 1, \"States\": []}}", "x".repeat(10_000));
        let found = Definition::parse(&long).expect_err("refused");
        assert!(found[0].excerpt(&long).len() < 300);
    }
}

//! The line of a file with a caret below the fault, as a compiler shows it.

use std::{fmt::Write as _, fs, path::Path};

/// The longest part of a line that is shown, characters.
const LONGEST: usize = 160;

/// Every diagnostic, with its line where it has one.
pub(super) fn diagnostics(diagnostics: &[appsync::Diagnostic]) -> String {
    let shown =
        diagnostics.iter().map(|found| format!("{found}{}", of_file(Path::new(&found.file), found.line, found.column)));
    shown.collect::<Vec<_>>().join("\n")
}

/// The line of a file and a caret at `column`, on lines of their own; nothing where there is no such line.
pub(super) fn of_file(path: &Path, line: u32, column: u32) -> String {
    excerpt(&fs::read_to_string(path).unwrap_or_default(), line, column)
}

/// Line `line` of `text` and a caret at `column`, both from 1; nothing where there is no such line.
fn excerpt(text: &str, line: u32, column: u32) -> String {
    let before = column.saturating_sub(1) as usize;
    let found = line.checked_sub(1).and_then(|index| text.lines().nth(index as usize));
    let Some(found) = found.filter(|_| before < LONGEST) else { return String::new() };
    let shown: String = found.chars().take(LONGEST).map(|c| if c == '\t' { ' ' } else { c }).collect();
    let margin = line.to_string().len();
    let mut excerpt = String::new();
    let _ = write!(excerpt, "\n{line} | {shown}\n{:margin$} | {:before$}^", "", "");
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_points_at_the_column() {
        assert_eq!(excerpt("a\n\tbc\n", 2, 3), "\n2 |  bc\n  |   ^");
        assert_eq!(excerpt("a", 7, 1), "", "no such line");
        assert_eq!(excerpt("a", 0, 0), "", "no line at all");
        assert_eq!(excerpt(&"x".repeat(1000), 1, 900), "", "beyond what is shown");
    }
}

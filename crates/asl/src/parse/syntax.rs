//! Text that is not JSON, described as the Jackson library describes it, which AWS prints.

use super::position::line_and_column;
use crate::diagnostic::{Diagnostic, Severity};

pub(super) fn diagnostic(text: &str, error: &serde_json::Error) -> Diagnostic {
    let (message, at) = describe(text, error);
    let (line, column) = line_and_column(text, at);
    let location = format!("[Source: (String)\"{}\"; line: {line}, column: {column}]", excerpt(text));
    Diagnostic {
        severity: Severity::Error,
        code: "INVALID_JSON_DESCRIPTION",
        message: format!("{message}\n at {location}"),
        location: Some(location),
        line,
        column,
    }
}

/// The message and the byte where Jackson stops reading.
// AWS differs: texts for faults other than those recorded (an unknown token, a field name without quotes) may not be word
// for word.
pub(crate) fn describe(text: &str, error: &serde_json::Error) -> (String, usize) {
    let at = byte_of(text, error.line(), error.column());
    let reason = error.to_string();
    if reason.starts_with("recursion limit") {
        return ("Document nesting depth exceeds the maximum allowed".to_owned(), at);
    }
    if error.is_eof() {
        if reason.starts_with("EOF while parsing a value") && text.ends_with(|last: char| last.is_ascii_alphabetic()) {
            return token(text, text.len());
        }
        return ("Unexpected end-of-input".to_owned(), text.len());
    }
    let Some(found) = text[at..].chars().next() else {
        return ("Unexpected end-of-input".to_owned(), text.len());
    };
    let expecting = |what: &str| format!("Unexpected character ('{found}' (code {})): {what}", u32::from(found));
    let message = match reason.as_str() {
        reason if reason.starts_with("key must be a string") => {
            expecting("was expecting double-quote to start field name")
        }
        reason if reason.starts_with("expected `:`") => {
            expecting("was expecting a colon to separate field name and value")
        }
        reason if reason.starts_with("expected `,` or `}`") => {
            expecting("was expecting comma to separate Object entries")
        }
        reason if reason.starts_with("expected `,` or `]`") => {
            expecting("was expecting comma to separate Array entries")
        }
        reason if reason.starts_with("expected ") => return token(text, at),
        reason => expecting(reason.split(" at line").next().unwrap_or_default()),
    };
    (message, at)
}

/// A word that is no JSON token; Jackson stops behind it.
fn token(text: &str, at: usize) -> (String, usize) {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    let bytes = text.as_bytes();
    let start = at - bytes[..at].iter().rev().take_while(|byte| is_word(byte)).count();
    let end = at + bytes[at..].iter().take_while(|byte| is_word(byte)).count();
    let wanted = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
    if start == end {
        let found = text[at..].chars().next().unwrap_or_default();
        let message =
            format!("Unexpected character ('{found}' (code {})): expected a valid value {wanted}", u32::from(found));
        return (message, at);
    }
    (format!("Unrecognized token '{}': was expecting {wanted}", &text[start..end]), end)
}

/// The byte of a line and column as serde_json counts them: columns are bytes from 1, and 0 is the line's start.
fn byte_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Jackson shows no more than this of its source.
fn excerpt(text: &str) -> String {
    const SHOWN: usize = 500;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}\"[truncated {} chars]", &text[..end], text[end..].chars().count()),
        None => text.to_owned(),
    }
}

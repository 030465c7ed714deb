//! JSON texts in requests: whether they are JSON and small enough, and AWS's words where they are not.

use crate::Error;

/// Checks the size of a payload.
pub(crate) fn check_size(member: &str, text: &str, limit: usize) -> Result<(), Error> {
    if text.len() <= limit {
        return Ok(());
    }
    let shown: String = text.chars().take(64).collect();
    Err(Error::Validation(format!(
        "1 validation error detected: Value '{shown}...' at '{member}' failed to satisfy constraint: Member must have \
         length less than or equal to {limit}"
    )))
}

/// Checks that `text` is JSON; the error is AWS's wording, which is that of its parser (Jackson).
pub(crate) fn check(text: &str) -> Result<(), String> {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(reword(text, &error)),
    }
}

fn reword(text: &str, error: &serde_json::Error) -> String {
    if text.trim().is_empty() {
        return "Invalid execution input.".to_owned();
    }
    let found = offending(text, error);
    if error.to_string().starts_with("key must be a string") {
        return format!(
            "Unexpected character ('{found}' (code {})): was expecting double-quote to start field name",
            code(found)
        );
    }
    let token: String = rest(text, error).chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
    if error.is_eof() {
        return "Unexpected end-of-input: expected close marker for Object or Array".to_owned();
    }
    if token.is_empty() || token.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("Unexpected character ('{found}' (code {})): expected a valid value {values}", code(found));
    }
    format!("Unrecognized token '{token}': was expecting {values}")
}

fn code(c: char) -> u32 {
    u32::from(c)
}

/// The character that the parser stumbled over.
fn offending(text: &str, error: &serde_json::Error) -> char {
    rest(text, error).chars().next().unwrap_or(' ')
}

/// The text from the start of the token that the parser stumbled over.
fn rest<'a>(text: &'a str, error: &serde_json::Error) -> &'a str {
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let line = &text[line_start..];
    // serde_json counts columns in bytes, from 1, and may point one past the token's first letter.
    let mut at = error.column().saturating_sub(1).min(line.len());
    while !line.is_char_boundary(at) {
        at -= 1;
    }
    let word = line[..at].char_indices().rev().take_while(|(_, c)| c.is_alphanumeric() || *c == '_').last();
    &line[word.map_or(at, |(start, _)| start)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_no_json_are_refused_in_the_words_of_aws() {
        let cases = [
            ("{'not': 'json'", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"),
            ("", "Invalid execution input."),
            (
                "not some json",
                "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or \
                 'false')",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(check(text), Err(expected.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn any_json_value_is_a_payload() {
        for text in ["{}", "2", "null", " [1, 2] ", "\"x\""] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn odd_texts_get_some_answer() {
        for text in ["{", "[1,", "\u{feff}{}", "{\"a\" 1}", "nüll", "1 2", "\"\\x\"", "{\"a\":tru}", "é"] {
            assert!(check(text).is_err(), "{text:?}");
        }
        assert!(check(&"[".repeat(100_000)).is_err());
    }
}

//! The grammar of calls: a name, parentheses, and arguments separated by commas.

use serde_json::Value;

use super::{Argument, Call, FUNCTIONS};
use crate::path::Path;

/// AWS's limit on calls within calls.
const MAX_NESTING: usize = 10;
/// What a backslash may precede.
const ESCAPABLE: [char; 4] = ['\'', '{', '}', '\\'];

pub(super) fn parse(text: &str) -> Option<Call> {
    let mut rest = text.trim();
    let call = call(&mut rest, MAX_NESTING)?;
    rest.trim().is_empty().then_some(call)
}

fn call(rest: &mut &str, nesting: usize) -> Option<Call> {
    let start = *rest;
    let open = rest.find('(')?;
    let name = rest[..open].trim();
    let (_, function, least, most) = FUNCTIONS.iter().find(|(known, ..)| *known == name)?;
    *rest = rest[open + 1..].trim_start();
    let mut arguments = Vec::new();
    if !take(rest, ')') {
        loop {
            arguments.push(argument(rest, nesting.checked_sub(1)?)?);
            *rest = rest.trim_start();
            if take(rest, ')') {
                break;
            }
            take(rest, ',').then_some(())?;
            *rest = rest.trim_start();
        }
    }
    (*least..=*most).contains(&arguments.len()).then(|| Call {
        text: start[..start.len() - rest.len()].into(),
        function: *function,
        arguments,
    })
}

fn take(rest: &mut &str, wanted: char) -> bool {
    match rest.strip_prefix(wanted) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

fn argument(rest: &mut &str, nesting: usize) -> Option<Argument> {
    if take(rest, '\'') {
        return quoted(rest).map(Argument::Quoted);
    }
    if rest.starts_with("States.") {
        return call(rest, nesting).map(Argument::Call);
    }
    let end = argument_end(rest);
    let text = rest[..end].trim();
    *rest = &rest[end..];
    if text.starts_with('$') {
        return Path::parse(text).ok().map(Argument::Path);
    }
    let value: Value = serde_json::from_str(text).ok()?;
    (value.is_number() || value.is_boolean() || value.is_null()).then_some(Argument::Literal(value))
}

/// The text up to the closing quote, escapes kept; an unknown escape is refused (recorded on AWS).
fn quoted(rest: &mut &str) -> Option<String> {
    let mut escaped = false;
    for (place, next) in rest.char_indices() {
        match next {
            _ if escaped => {
                ESCAPABLE.contains(&next).then_some(())?;
                escaped = false;
            }
            '\\' => escaped = true,
            '\'' => {
                let text = rest[..place].to_owned();
                *rest = &rest[place + 1..];
                return Some(text);
            }
            _ => {}
        }
    }
    None
}

/// Where a path or literal ends: at a comma or parenthesis outside its own brackets, parentheses and quotes.
fn argument_end(text: &str) -> usize {
    let (mut depth, mut quote) = (0_usize, None);
    for (place, next) in text.char_indices() {
        match (quote, next) {
            (Some(open), next) if open == next => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(next),
            (None, '[' | '(') => depth += 1,
            (None, ',' | ')') if depth == 0 => return place,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text.len()
}

/// Drops the backslash of each escape.
pub(super) fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut escaped = false;
    for next in raw.chars() {
        if next == '\\' && !escaped {
            escaped = true;
        } else {
            text.push(next);
            escaped = false;
        }
    }
    text
}

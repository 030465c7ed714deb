//! `java.lang.String`. Positions count UTF-16 units, as Java's do.

use std::sync::Arc;

use regex::Captures;

use super::{Answer, Failure, answer, index, items_of, made, text_argument, thrown};
use crate::vtl::{heap::Value, interpreter::Interpreter};

pub(super) fn call(run: &mut Interpreter<'_>, text: &Arc<str>, name: &str, arguments: &[Value]) -> Answer {
    match (name, arguments) {
        ("length", []) => answer(text.encode_utf16().count()),
        ("isEmpty", []) => answer(text.is_empty()),
        ("isBlank", []) => answer(text.trim().is_empty()),
        ("toLowerCase", []) => made(run, text.to_lowercase()),
        ("toUpperCase", []) => made(run, text.to_uppercase()),
        ("trim" | "strip", []) => made(run, text.trim().to_owned()),
        ("intern", []) => answer(Value::Text(text.clone())),
        ("hashCode", []) => answer(hash(text)),
        ("toCharArray", []) => {
            let characters = text.chars().map(|character| Value::text(character.to_string())).collect();
            answer(run.heap.list(characters)?)
        }
        ("charAt", [at]) => {
            let units: Vec<u16> = text.encode_utf16().collect();
            let at = index(at, units.len(), false)?;
            made(run, String::from_utf16_lossy(&units[at..=at]))
        }
        ("substring", [from, rest @ ..]) if rest.len() < 2 => {
            let units: Vec<u16> = text.encode_utf16().collect();
            let from = index(from, units.len(), true)?;
            let to = rest.first().map_or(Ok(units.len()), |to| index(to, units.len(), true))?;
            let Some(part) = units.get(from..to) else { return thrown("the end is before the start") };
            made(run, String::from_utf16_lossy(part))
        }
        ("repeat", [times]) => {
            let times = times.as_integer().and_then(|times| usize::try_from(times).ok());
            let Some(times) = times else { return thrown("count is negative") };
            if text.len().saturating_mul(times) > run.limits.result_bytes {
                return Err(Failure::Bound(format!("the text is larger than {} bytes", run.limits.result_bytes)));
            }
            made(run, text.repeat(times))
        }
        ("valueOf" | "copyValueOf", [value]) => answer(Value::Text(run.text(value)?)),
        ("join", [separator, parts]) => join(run, text_argument(separator)?, parts),
        ("matches" | "replaceAll" | "replaceFirst" | "split", [pattern, rest @ ..]) => {
            by_pattern(run, text, name, text_argument(pattern)?, rest)
        }
        (_, [other, rest @ ..]) => with_text(run, text, name, other, rest),
        _ => Ok(None),
    }
}

/// Methods whose first argument is text.
fn with_text(run: &mut Interpreter<'_>, text: &Arc<str>, name: &str, other: &Value, rest: &[Value]) -> Answer {
    let known =
        ["contains", "startsWith", "endsWith", "equalsIgnoreCase", "compareTo", "compareToIgnoreCase", "concat"];
    if !known.contains(&name) && !["indexOf", "lastIndexOf", "replace"].contains(&name) {
        return Ok(None);
    }
    if name == "equalsIgnoreCase" && !matches!(other, Value::Text(_)) {
        return answer(false);
    }
    let other = text_argument(other)?;
    match (name, rest) {
        ("contains", []) => answer(text.contains(&**other)),
        ("startsWith", []) => answer(text.starts_with(&**other)),
        ("endsWith", []) => answer(text.ends_with(&**other)),
        ("equalsIgnoreCase", []) => answer(text.to_lowercase() == other.to_lowercase()),
        ("compareTo", []) => answer(compare(text, other)),
        ("compareToIgnoreCase", []) => answer(compare(&text.to_lowercase(), &other.to_lowercase())),
        ("concat", []) => made(run, format!("{text}{other}")),
        ("indexOf", []) => answer(units_before(text, text.find(&**other))),
        ("indexOf", [from]) => answer(index_from(text, other, from)),
        ("lastIndexOf", []) => answer(units_before(text, text.rfind(&**other))),
        ("replace", [with]) => {
            let with = text_argument(with)?;
            let most = text.len() + (text.len() + 1).saturating_mul(with.len());
            run.check_time()?;
            if most > run.limits.result_bytes && text.matches(&**other).count() * with.len() > run.limits.result_bytes {
                return Err(Failure::Bound(format!("the text is larger than {} bytes", run.limits.result_bytes)));
            }
            made(run, text.replace(&**other, with))
        }
        _ => Ok(None),
    }
}

/// Methods whose first argument is a regular expression.
fn by_pattern(run: &mut Interpreter<'_>, text: &str, name: &str, pattern: &Arc<str>, rest: &[Value]) -> Answer {
    let whole = format!("^(?:{pattern})$").into();
    let expression = run.pattern(if name == "matches" { &whole } else { pattern }).map_err(Failure::Thrown)?;
    match (name, rest) {
        ("matches", []) => answer(expression.is_match(text)),
        ("replaceAll" | "replaceFirst", [with]) => {
            let with = text_argument(with)?;
            let most = if name == "replaceAll" { usize::MAX } else { 1 };
            let mut replaced = String::new();
            let mut from = 0;
            for captures in expression.captures_iter(text).take(most) {
                let Some(found) = captures.get(0) else { continue };
                replaced.push_str(&text[from..found.start()]);
                expand(with, &captures, &mut replaced)?;
                from = found.end();
                if replaced.len() > run.limits.result_bytes {
                    return Err(Failure::Bound(format!("the text is larger than {} bytes", run.limits.result_bytes)));
                }
            }
            replaced.push_str(&text[from..]);
            made(run, replaced)
        }
        ("split", []) => split(run, text, &expression, 0),
        ("split", [limit]) => split(run, text, &expression, limit.as_integer().unwrap_or(0)),
        _ => Ok(None),
    }
}

/// Java's replacement text: `$1`, `${name}`, and `\` before a character that means itself.
fn expand(with: &str, captures: &Captures<'_>, out: &mut String) -> Result<(), Failure> {
    let mut rest = with;
    while let Some(at) = rest.find(['$', '\\']) {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if rest[at..].starts_with('\\') {
            let Some(next) = after.chars().next() else { return thrown("character to be escaped is missing") };
            out.push(next);
            rest = &after[next.len_utf8()..];
            continue;
        }
        let (group, length) = match after.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
            Some((name, _)) => (captures.name(name), name.len() + 2),
            None => {
                let digits = after.bytes().take_while(u8::is_ascii_digit).count().min(2);
                let numbered = |digits: usize| after[..digits].parse().ok().filter(|group| *group < captures.len());
                // As many digits as name a group.
                let Some(length) = (1..=digits).rev().find(|digits| numbered(*digits).is_some()) else {
                    return thrown("Illegal group reference");
                };
                (numbered(length).and_then(|group| captures.get(group)), length)
            }
        };
        out.push_str(group.map_or("", |group| group.as_str()));
        rest = &after[length..];
    }
    out.push_str(rest);
    Ok(())
}

/// Empty texts at the end are left out where `limit` is 0, and no empty text comes before a match of no width.
fn split(run: &mut Interpreter<'_>, text: &str, expression: &regex::Regex, limit: i64) -> Answer {
    let most = usize::try_from(limit).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
    let mut parts: Vec<&str> = Vec::new();
    let mut from = 0;
    for found in expression.find_iter(text) {
        if parts.len() + 1 >= most {
            break;
        }
        if found.end() == 0 || (found.is_empty() && found.start() == text.len()) {
            continue;
        }
        parts.push(&text[from..found.start()]);
        from = found.end();
    }
    let whole = parts.is_empty();
    parts.push(&text[from..]);
    while limit == 0 && !whole && parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    run.heap.pay(parts.len(), text.len())?;
    let parts = parts.into_iter().map(Value::text).collect();
    answer(run.heap.list(parts)?)
}

fn join(run: &mut Interpreter<'_>, separator: &str, parts: &Value) -> Answer {
    let mut joined = String::new();
    for (position, part) in items_of(run, parts)?.iter().enumerate() {
        if position > 0 {
            joined.push_str(separator);
        }
        joined.push_str(&run.text(part)?);
        if joined.len() > run.limits.result_bytes {
            return Err(Failure::Bound(format!("the text is larger than {} bytes", run.limits.result_bytes)));
        }
    }
    made(run, joined)
}

/// A byte position in UTF-16 units; -1 where there is none.
fn units_before(text: &str, at: Option<usize>) -> i64 {
    at.and_then(|at| i64::try_from(text[..at].encode_utf16().count()).ok()).unwrap_or(-1)
}

fn index_from(text: &str, other: &str, from: &Value) -> i64 {
    let from = from.as_integer().and_then(|from| usize::try_from(from).ok()).unwrap_or(0);
    let mut units = 0;
    let start = text.char_indices().find(|(_, character)| {
        let reached = units >= from;
        units += character.len_utf16();
        reached
    });
    let start = start.map_or(text.len(), |(at, _)| at);
    units_before(text, text[start..].find(other).map(|at| start + at))
}

/// The difference of the first units that differ, or of the lengths.
fn compare(left: &str, right: &str) -> i64 {
    let differing = left.encode_utf16().zip(right.encode_utf16()).find(|(left, right)| left != right);
    match differing {
        Some((left, right)) => i64::from(left) - i64::from(right),
        None => left.encode_utf16().count() as i64 - right.encode_utf16().count() as i64,
    }
}

fn hash(text: &str) -> i64 {
    i64::from(text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit))))
}

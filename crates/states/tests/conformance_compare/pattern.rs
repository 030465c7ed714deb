//! Matching a text against a recorded one in which placeholders stand for any text.

use std::collections::HashMap;

/// What each placeholder stood for so far in a case.
pub(crate) type Bindings = HashMap<String, String>;

enum Part<'a> {
    Literal(&'a str),
    /// Any text that is not empty; the same name is the same text.
    Placeholder(&'a str),
}

/// Whether `text` fits `pattern`; if so, placeholders seen for the first time are bound.
pub(super) fn matches(pattern: &str, text: &str, tokens: &[String], bindings: &mut Bindings) -> bool {
    if pattern == text {
        return true;
    }
    let mut bound = Vec::new();
    if !fits(&parts(pattern, tokens), text, bindings, &mut bound) {
        return false;
    }
    for (name, text) in bound {
        bindings.entry(name.to_owned()).or_insert_with(|| text.to_owned());
    }
    true
}

fn parts<'a>(pattern: &'a str, tokens: &[String]) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let (mut literal_start, mut at) = (0, 0);
    while at < pattern.len() {
        match placeholder(&pattern[at..], tokens) {
            Some(length) => {
                if literal_start < at {
                    parts.push(Part::Literal(&pattern[literal_start..at]));
                }
                parts.push(Part::Placeholder(&pattern[at..at + length]));
                at += length;
                literal_start = at;
            }
            None => at += pattern[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    if literal_start < pattern.len() {
        parts.push(Part::Literal(&pattern[literal_start..]));
    }
    parts
}

/// The length of the placeholder that a text begins with: a token of the case, or `<word>`, `<word:n>`.
fn placeholder(text: &str, tokens: &[String]) -> Option<usize> {
    if let Some(token) = tokens.iter().find(|token| !token.is_empty() && text.starts_with(token.as_str())) {
        return Some(token.len());
    }
    let inner = text.strip_prefix('<')?;
    let end = inner.find('>')?;
    let is_word = inner[..end].chars().all(|c| c.is_alphanumeric() || "_-:.".contains(c));
    (end > 0 && is_word).then_some(end + 2)
}

fn fits<'a>(parts: &[Part<'a>], text: &'a str, bindings: &Bindings, bound: &mut Vec<(&'a str, &'a str)>) -> bool {
    let Some((part, rest)) = parts.split_first() else { return text.is_empty() };
    match part {
        Part::Literal(literal) => text.strip_prefix(literal).is_some_and(|text| fits(rest, text, bindings, bound)),
        Part::Placeholder(name) => {
            let earlier = bound.iter().find(|(other, _)| other == name).map(|(_, text)| *text);
            if let Some(known) = earlier.or_else(|| bindings.get(*name).map(String::as_str)) {
                return text.strip_prefix(known).is_some_and(|text| fits(rest, text, bindings, bound));
            }
            let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
            for end in ends {
                bound.push((name, &text[..end]));
                if fits(rest, &text[end..], bindings, bound) {
                    return true;
                }
                bound.pop();
            }
            false
        }
    }
}

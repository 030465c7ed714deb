//! Which workflow variables an expression reads, judged by its text.

use std::collections::HashSet;
use std::sync::Arc;

/// Adds each `$name` outside quotes that is neither a call, nor `$states`, nor bound in the expression itself.
pub(super) fn collect(source: &str, found: &mut Vec<Arc<str>>) {
    let mut bound: HashSet<&str> = HashSet::from(["states", ""]);
    let mut read = Vec::new();
    let (mut rest, mut parameters) = (source, false);
    while let Some(next) = rest.chars().next() {
        let after = &rest[next.len_utf8()..];
        rest = match next {
            '\'' | '"' | '`' => skip_quoted(after, next),
            '$' => {
                let length = after.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(after.len());
                let (name, behind) = after.split_at(length);
                match behind.trim_start() {
                    behind if parameters || behind.starts_with(":=") => drop(bound.insert(name)),
                    behind if behind.starts_with('(') => {}
                    _ => read.push(name),
                }
                behind
            }
            ')' => {
                parameters = false;
                after
            }
            _ => {
                parameters |= rest.starts_with("function(") || rest.starts_with("function (") || next == 'λ';
                after
            }
        };
    }
    found.extend(read.into_iter().filter(|name| !bound.contains(name)).map(Arc::from));
}

fn skip_quoted(text: &str, quote: char) -> &str {
    let mut escaped = false;
    for (place, next) in text.char_indices() {
        match next {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            next if next == quote => return &text[place + next.len_utf8()..],
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::collect;

    #[test]
    fn variables() {
        let cases = [
            ("$a + $b.c[$i]", vec!["a", "b", "i"]),
            ("$sum($prices)", vec!["prices"]),
            ("$states.input.x & '$no' & \"$no\"", vec![]),
            ("($x := $y; $x + $)", vec!["y"]),
            ("$map($list, function($v, $i) { $v + $k })", vec!["list", "k"]),
        ];
        for (source, expected) in cases {
            let mut found = Vec::new();
            collect(source, &mut found);
            assert_eq!(found.iter().map(|name| &**name).collect::<Vec<_>>(), expected, "{source}");
        }
    }
}

//! `StringMatches`: `*` stands for any run of characters, `\*` for a star.
//!
//! The pieces between the stars are searched one after the other, each at its first place after the last one: linear in
//! the text, with no backtracking.

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob {
    /// The literal texts between stars: one more than there are stars.
    pieces: Vec<String>,
}

impl Glob {
    /// Compiles a pattern.
    pub(crate) fn new(pattern: &str) -> Self {
        let mut pieces = vec![String::new()];
        let mut characters = pattern.chars().peekable();
        while let Some(next) = characters.next() {
            let literal = match next {
                '*' => {
                    pieces.push(String::new());
                    continue;
                }
                '\\' => characters.next_if(|next| matches!(next, '*' | '\\')).unwrap_or('\\'),
                next => next,
            };
            if let Some(piece) = pieces.last_mut() {
                piece.push(literal);
            }
        }
        Self { pieces }
    }

    /// The pattern again, without the backslashes that it may have had.
    pub(crate) fn pattern(&self) -> String {
        self.pieces.join("*")
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = &self.pieces[..] else {
            return self.pieces.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        for piece in middle {
            match rest.find(piece.as_str()) {
                Some(place) => rest = &rest[place + piece.len()..],
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn patterns() {
        let cases = [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*", "abc", true),
            ("*.log", "zebra.log", true),
            ("*.log", "zebra.logs", false),
            ("foo*bar*", "foo1bar2", true),
            ("foo*.log", "foo.log", true),
            ("ab*ba", "aba", false),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("a\\\\*", "a\\b", true),
            ("**", "x", true),
            ("a**b", "ab", true),
            ("é*", "éa", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn many_stars_do_not_run_away() {
        let pattern = "a*".repeat(10_000) + "b";
        assert!(!Glob::new(&pattern).matches(&"a".repeat(100_000)));
    }
}

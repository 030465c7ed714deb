//! Wildcard matching: `*` stands for any characters, `\*` and `\\` for themselves.

/// A compiled wildcard: literal parts with anything between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    parts: Vec<String>,
}

impl Wildcard {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (mut parts, mut part) = (Vec::new(), String::new());
        let mut characters = text.chars().enumerate().peekable();
        while let Some((at, character)) = characters.next() {
            match character {
                '*' => {
                    if characters.peek().is_some_and(|(_, next)| *next == '*') {
                        return Err(format!("Consecutive wildcard characters at pos {at}"));
                    }
                    parts.push(std::mem::take(&mut part));
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('*' | '\\'))) => part.push(escaped),
                    _ => return Err(format!("Invalid escape character at pos {at}")),
                },
                _ => part.push(character),
            }
        }
        parts.push(part);
        Ok(Self { parts })
    }

    /// Greedy from the left, which is right for literals and takes time linear in text and pattern together.
    pub(super) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = &self.parts[..] else {
            return self.parts[0] == text;
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            match rest.split_once(part.as_str()) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        let cases = [
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "acd", false),
            ("*", "", true),
            ("*.png", "x.png", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*bc*c", "abc", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            (r"a\*c", "a*c", true),
            (r"a\*c", "abc", false),
            (r"\\*", r"\x", true),
            ("aa*aa", "aaa", false),
        ];
        for (pattern, text, matches) in cases {
            assert_eq!(Wildcard::parse(pattern).expect(pattern).matches(text), matches, "{pattern} {text}");
        }
        assert!(Wildcard::parse("a**").is_err());
        assert!(Wildcard::parse(r"a\b").is_err());
        assert!(Wildcard::parse(r"a\").is_err());
    }
}

//! The text of `Fn::Sub` and of `DefinitionSubstitutions`: literal parts and `${NAME}`.

/// A part of a text with substitutions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Literal(&'a str),
    /// What stands between the braces.
    Name(&'a str),
    /// `${!NAME}`: stands for a literal `${NAME}`.
    Escaped(&'a str),
}

/// Splits `text`. A `${` that is never closed is literal.
pub(crate) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        parts.push(match name.strip_prefix('!') {
            Some(escaped) => Part::Escaped(escaped),
            None => Part::Name(name),
        });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_names_from_literals() {
        use Part::{Escaped, Literal, Name};
        assert_eq!(parts("a${B}c${ D.E }"), [Literal("a"), Name("B"), Literal("c"), Name(" D.E ")]);
        assert_eq!(parts("${!Literal}$"), [Escaped("Literal"), Literal("$")]);
        assert_eq!(parts("no end ${here"), [Literal("no end ${here")]);
        assert_eq!(parts(""), []);
    }
}

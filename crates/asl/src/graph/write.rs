//! SVG text: escaping and numbers.

use std::fmt::{self, Display, Write as _};

use super::layered::Point;

/// A text as XML content or attribute; what XML cannot carry becomes U+FFFD.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' | '\r' => f.write_char(' ')?,
                '\0'..' ' | '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A number with at most one decimal.
pub(super) struct Number(pub(super) f64);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        match tenths % 10 {
            0 => write!(f, "{}", tenths / 10),
            _ => write!(f, "{}", tenths as f64 / 10.0),
        }
    }
}

/// The `d` of a path through these points: upright lines, and S-shaped curves to the side.
pub(super) fn path(points: &[Point]) -> String {
    let mut text = String::new();
    let Some(first) = points.first() else { return text };
    let _ = write!(text, "M{} {}", Number(first.x), Number(first.y));
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        if (from.x - to.x).abs() < 0.05 {
            let _ = write!(text, "V{}", Number(to.y));
        } else {
            let middle = Number((from.y + to.y) / 2.0);
            let (from_x, to_x) = (Number(from.x), Number(to.x));
            let _ = write!(text, "C{from_x} {middle} {to_x} {middle} {to_x} {}", Number(to.y));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_stays_text() {
        assert_eq!(Escaped("<a b=\"'&'\">\u{1}\n").to_string(), "&lt;a b=&quot;&#39;&amp;&#39;&quot;&gt;\u{fffd} ");
    }

    #[test]
    fn numbers_are_short() {
        for (number, text) in [(1.0, "1"), (1.04, "1"), (1.25, "1.3"), (-0.5, "-0.5"), (0.0, "0")] {
            assert_eq!(Number(number).to_string(), text);
        }
    }

    #[test]
    fn paths_are_upright_or_curved() {
        let points = [Point { x: 1.0, y: 0.0 }, Point { x: 1.0, y: 5.0 }, Point { x: 9.0, y: 15.0 }];
        assert_eq!(path(&points), "M1 0V5C1 10 9 10 9 15");
        assert_eq!(path(&[]), "");
    }
}

//! Lines and columns of a source, both from 1, columns in characters.

/// Where the byte at `offset` is.
pub(super) fn line_and_column(text: &str, offset: usize) -> (u32, u32) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (count(line), count(before[line_start..].chars().count() + 1))
}

/// How many characters there are between two bytes.
pub(super) fn characters(text: &str, start: usize, end: usize) -> u32 {
    let (start, end) = (text.floor_char_boundary(start), text.floor_char_boundary(end));
    text.get(start..end).map_or(0, |piece| count(piece.chars().count()))
}

/// The first place in a QuickJS backtrace that is in the file `name`: lines such as `    at request (name:3:9)`.
pub(super) fn first_frame(stack: &str, name: &str) -> Option<(u32, u32)> {
    stack.lines().find_map(|line| {
        let place = &line[line.find(&format!("{name}:"))? + name.len() + 1..];
        let mut numbers = place.trim_end_matches(')').split(':').map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_lines_and_columns() {
        for (offset, expected) in [(0, (1, 1)), (2, (1, 2)), (3, (2, 1)), (4, (2, 2)), (99, (2, 2))] {
            assert_eq!(line_and_column("é\na", offset), expected, "{offset}");
        }
    }

    #[test]
    fn lengths_are_in_characters() {
        for ((start, end), expected) in [((0, 0), 0), ((0, 2), 1), ((0, 4), 3), ((0, 99), 3), ((3, 1), 0), ((9, 99), 0)]
        {
            assert_eq!(characters("é\na", start, end), expected, "{start}..{end}");
        }
    }

    #[test]
    fn frames_are_found() {
        let stack = "    at parse (native)\n    at f (code:3:9)\n    at code:1:2\n";
        assert_eq!(first_frame(stack, "code"), Some((3, 9)));
        assert_eq!(first_frame("    at code:1:2", "code"), Some((1, 2)));
        assert_eq!(first_frame("    at x (native)", "code"), None);
    }
}

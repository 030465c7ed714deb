//! Where in the definition text a location such as `/States/Pay/Catch[0]/Next` lies.
//!
//! The text is known to be JSON, so a flat scan that keeps only the current location suffices: no recursion.

/// Line and column, both from 1, of the value at a location; the start of the text when nothing lies there.
pub(super) fn find(text: &str, location: &str) -> (u32, u32) {
    let wanted = if location == "/" { "" } else { location };
    let mut place = None;
    scan(text, |found, at| {
        if found == wanted {
            place = Some(at);
        }
    });
    line_and_column(text, place.unwrap_or(0))
}

/// Line and column, both from 1, of a byte.
pub(super) fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count() + 1;
    let column = before[start..].chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// A container that the scan is inside of.
struct Open {
    /// How much of the location is the container's own.
    location: usize,
    /// The next item's index in an array; `None` in an object.
    index: Option<usize>,
}

/// Calls back with the location and the byte of each value.
fn scan(text: &str, mut visit: impl FnMut(&str, usize)) {
    let bytes = text.as_bytes();
    let (mut location, mut open, mut at, mut key) = (String::new(), Vec::<Open>::new(), 0, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b':' => at += 1,
            b',' => {
                key = open.last().is_some_and(|open| open.index.is_none());
                at += 1;
            }
            b'}' | b']' => {
                open.pop();
                key = false;
                at += 1;
            }
            b'"' if key => {
                let end = string_end(bytes, at);
                location.truncate(open.last().map_or(0, |open| open.location));
                location.push('/');
                location.push_str(&serde_json::from_str::<String>(&text[at..end]).unwrap_or_default());
                key = false;
                at = end;
            }
            opening => {
                step_into_item(&mut location, open.last_mut());
                visit(&location, at);
                if matches!(opening, b'{' | b'[') {
                    key = *opening == b'{';
                    open.push(Open { location: location.len(), index: (*opening == b'[').then_some(0) });
                    at += 1;
                } else {
                    at = scalar_end(bytes, at);
                }
            }
        }
    }
}

fn step_into_item(location: &mut String, open: Option<&mut Open>) {
    if let Some(Open { location: own, index: Some(index) }) = open {
        location.truncate(*own);
        location.push_str(&format!("[{index}]"));
        *index += 1;
    }
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn scalar_end(bytes: &[u8], start: usize) -> usize {
    if bytes[start] == b'"' {
        return string_end(bytes, start);
    }
    let length = bytes[start..].iter().position(|byte| b",]} \t\r\n".contains(byte));
    length.map_or(bytes.len(), |length| start + length.max(1))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn locations() {
        let text = "{\n  \"A\": {\"é\\\"\": [1, {\"b\": [[], \"x\"]}]},\n  \"C\": null\n}";
        let cases = [
            ("/", (1, 1)),
            ("/A", (2, 8)),
            ("/A/é\"", (2, 16)),
            ("/A/é\"[0]", (2, 17)),
            ("/A/é\"[1]/b", (2, 26)),
            ("/A/é\"[1]/b[0]", (2, 27)),
            ("/A/é\"[1]/b[1]", (2, 31)),
            ("/C", (3, 8)),
            ("/nowhere", (1, 1)),
        ];
        for (location, expected) in cases {
            assert_eq!(find(text, location), expected, "{location}");
        }
    }
}

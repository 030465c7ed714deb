//! JSON files: the elements of an array, at the top or where an `ItemsPointer` points to.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::items::{collected::Collected, limits::MAX_POINTER_STEPS};

/// The cause that AWS gives where there is no array (recorded on AWS).
// AWS differs: since September 2025 its guide says that it also iterates over the members of an object.
const NOT_ITERABLE: &str = "Attempting to map over non-iterable node.";

/// Adds the items of a JSON file.
pub(super) fn read(text: &str, pointer: Option<&str>, items: &mut Collected) -> Result<(), String> {
    let mut node: &RawValue = serde_json::from_str(text).map_err(|cause| no_json(&cause))?;
    for step in steps(pointer.unwrap_or_default())? {
        node = child(node, &step).ok_or(NOT_ITERABLE)?;
    }
    let elements: Vec<&RawValue> = serde_json::from_str(node.get()).map_err(|_| NOT_ITERABLE)?;
    for element in elements {
        if items.is_full() {
            break;
        }
        items.push(&compact(element)?)?;
    }
    Ok(())
}

/// What is said of a text that is no JSON. AWS's own words are not recorded.
pub(super) fn no_json(cause: &serde_json::Error) -> String {
    format!("The dataset is not valid JSON: {cause}.")
}

/// The steps of a JSON pointer (RFC 6901), decoded.
fn steps(pointer: &str) -> Result<Vec<String>, String> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let Some(path) = pointer.strip_prefix('/') else {
        return Err(format!("The ItemsPointer '{pointer}' is no JSON pointer: it must begin with a slash."));
    };
    let steps: Vec<String> = path.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    if steps.len() > MAX_POINTER_STEPS {
        return Err(format!("The ItemsPointer has more than {MAX_POINTER_STEPS} steps."));
    }
    Ok(steps)
}

fn child<'a>(node: &'a RawValue, step: &str) -> Option<&'a RawValue> {
    if let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(node.get()) {
        return members.get(step).copied();
    }
    let is_index = step == "0" || !step.starts_with(['0', '+']);
    let index = step.parse::<usize>().ok().filter(|_| is_index)?;
    serde_json::from_str::<Vec<&RawValue>>(node.get()).ok()?.get(index).copied()
}

/// The text of a value without the blanks between its tokens, its numbers as they were written.
pub(super) fn compact(value: &RawValue) -> Result<String, String> {
    let mut text = String::with_capacity(value.get().len());
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for letter in value.get().chars() {
        if in_string {
            in_string = is_escaped || letter != '"';
            is_escaped = letter == '\\' && !is_escaped;
        } else {
            match letter {
                ' ' | '\n' | '\r' | '\t' => continue,
                '"' => in_string = true,
                '[' | '{' => depth += 1,
                ']' | '}' => depth -= 1,
                _ => {}
            }
        }
        // One level is taken by the array of the items.
        if depth >= asl::MAX_DEPTH {
            return Err(format!("An item of the dataset nests {} levels deep or deeper.", asl::MAX_DEPTH));
        }
        text.push(letter);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, pointer: Option<&str>, max_items: Option<u64>) -> Result<String, String> {
        let mut items = Collected::new(max_items);
        super::read(text, pointer, &mut items)?;
        Ok(items.into_text().to_string())
    }

    #[test]
    fn elements_are_items_and_keep_their_numbers() {
        let cases = [
            ("[]", "[]"),
            ("[1, 2.50, 1e400]", "[1,2.50,1e400]"),
            ("[\n {\"a\" : \"b \\\" [\" } ]\n", r#"[{"a":"b \" ["}]"#),
            (r#"["\\", " x "]"#, r#"["\\"," x "]"#),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text, None, None).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(read("[1,2,3]", None, Some(2)).as_deref(), Ok("[1,2]"));
    }

    #[test]
    fn a_pointer_finds_the_items() {
        // Developer guide, "ItemReader": an inventory with featured products.
        let text = r#"{ "inventory": { "products": { "featured": [{ "id": 1 }], "a/b~": [[2]] } } }"#;
        let cases = [
            ("/inventory/products/featured", r#"[{"id":1}]"#),
            ("/inventory/products/a~1b~0", "[[2]]"),
            ("/inventory/products/a~1b~0/0", "[2]"),
        ];
        for (pointer, expected) in cases {
            assert_eq!(read(text, Some(pointer), None).as_deref(), Ok(expected), "{pointer}");
        }
        for pointer in
            ["", "/inventory", "/nothing", "/inventory/products/featured/0", "/inventory/products/featured/00"]
        {
            assert_eq!(read(text, Some(pointer), None).as_deref(), Err(&NOT_ITERABLE.to_owned()), "{pointer}");
        }
        assert!(read(text, Some("inventory"), None).is_err());
        assert!(read(text, Some(&"/a".repeat(MAX_POINTER_STEPS + 1)), None).is_err());
    }

    #[test]
    fn what_is_no_array_is_refused_as_recorded_on_aws() {
        for text in [r#"{"Hello": "world"}"#, "1", "null", r#""x""#] {
            assert_eq!(read(text, None, None).as_deref(), Err(&NOT_ITERABLE.to_owned()), "{text}");
        }
        for text in ["", "[1", "[1]]", "[1,]"] {
            assert!(
                read(text, None, None).expect_err("no JSON").starts_with("The dataset is not valid JSON"),
                "{text}"
            );
        }
    }

    #[test]
    fn no_depth_overflows_the_stack() {
        let nested = |levels: usize| format!("[{}{}]", "[".repeat(levels), "]".repeat(levels));
        let deepest = read(&nested(asl::MAX_DEPTH - 1), None, None).expect("within the bound");
        assert!(asl::Data::parse(deepest).is_ok(), "what is read can be run");
        assert!(read(&nested(asl::MAX_DEPTH), None, None).is_err());
        assert!(read(&nested(1_000_000), None, None).is_err());
    }
}

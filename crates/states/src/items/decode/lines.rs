//! JSON Lines: a JSON value on each line.

use serde_json::value::RawValue;

use super::json::{compact, no_json};
use crate::items::collected::Collected;

/// Adds the items of a file of lines. Lines with blanks only are none.
pub(super) fn read(text: &str, items: &mut Collected) -> Result<(), String> {
    for line in text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()) {
        if items.is_full() {
            break;
        }
        let value: &RawValue = serde_json::from_str(line).map_err(|cause| no_json(&cause))?;
        items.push(&compact(value)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, max_items: Option<u64>) -> Result<String, String> {
        let mut items = Collected::new(max_items);
        super::read(text, &mut items)?;
        Ok(items.into_text().to_string())
    }

    #[test]
    fn every_line_is_an_item() {
        // Developer guide, "ItemReader".
        let text = "{\"verdict\": \"true\", \"statement_date\": \"6/11/2008\", \"statement_source\": \"speech\"}\r\n\
                    {\"verdict\": \"false\", \"statement_date\": \"6/7/2022\", \"statement_source\": \"television\"}\n\n";
        let expected = r#"[{"verdict":"true","statement_date":"6/11/2008","statement_source":"speech"},{"verdict":"false","statement_date":"6/7/2022","statement_source":"television"}]"#;
        assert_eq!(read(text, None).as_deref(), Ok(expected));
        assert_eq!(read("1\n2\nnot read", Some(2)).as_deref(), Ok("[1,2]"));
        assert_eq!(read("", None).as_deref(), Ok("[]"));
        assert!(read("1\n2,\n", None).is_err());
        assert!(read(&"[".repeat(1_000_000), None).is_err());
    }
}

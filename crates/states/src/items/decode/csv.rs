//! Text delimited files: every row is an object of texts, by the names of the columns.
//!
//! The rules are those of the developer guide, "How Step Functions parses input CSV files". They are not RFC 4180's, and
//! no CSV library has them: a doubled quotation mark is one also in a field that is not quoted, and a backslash escapes
//! the delimiter, quotation marks and itself, in and outside of quotes, and is removed before anything else.

use std::{collections::HashSet, iter::Peekable, str::Chars};

use serde_json::Value;

use crate::items::{
    collected::Collected,
    config::{CsvConfig, HeaderLocation},
    limits::{MAX_HEADER_BYTES, MAX_ITEM_BYTES},
};

/// Adds the items of a text delimited file.
pub(super) fn read(text: &str, config: &CsvConfig, items: &mut Collected) -> Result<(), String> {
    let mut rows = Rows::new(text, config.delimiter.letter());
    let headers = match (config.header_location, &config.headers) {
        (Some(HeaderLocation::Given), Some(headers)) => headers.clone(),
        (Some(HeaderLocation::Given), None) => return Err(required("CSVHeaders")),
        (Some(HeaderLocation::FirstRow), _) => match rows.next_row()? {
            Some(headers) => headers,
            None => return Ok(()),
        },
        (None, _) => return Err(required("CSVHeaderLocation")),
    };
    check(&headers)?;
    while !items.is_full()
        && let Some(row) = rows.next_row()?
    {
        items.push(&item(&headers, row))?;
    }
    Ok(())
}

/// Adds the rows of a file without a header under the names of `headers`.
pub(super) fn read_with(text: &str, headers: &[String], items: &mut Collected) -> Result<(), String> {
    let mut rows = Rows::new(text, ',');
    while !items.is_full()
        && let Some(row) = rows.next_row()?
    {
        items.push(&item(headers, row))?;
    }
    Ok(())
}

/// The first field of every row.
pub(super) fn first_column(text: &str, most: usize) -> Result<Vec<String>, String> {
    let mut rows = Rows::new(text, ',');
    let mut fields = Vec::new();
    while fields.len() <= most
        && let Some(row) = rows.next_row()?
    {
        fields.extend(row.into_iter().next());
    }
    Ok(fields)
}

fn required(field: &str) -> String {
    format!("The field '{field}' is required for the InputType CSV.")
}

fn check(headers: &[String]) -> Result<(), String> {
    if headers.iter().map(String::len).sum::<usize>() > MAX_HEADER_BYTES {
        return Err(format!("CSV headers cannot have more than {MAX_HEADER_BYTES} bytes."));
    }
    let mut seen = HashSet::new();
    if headers.iter().all(|header| seen.insert(header)) {
        Ok(())
    } else {
        // Recorded on AWS.
        Err("CSV headers cannot contain duplicates.".to_owned())
    }
}

/// Fields that a row lacks are empty; what it has beyond the headers is skipped.
fn item(headers: &[String], row: Vec<String>) -> String {
    let mut fields = row.into_iter();
    let mut text = String::from("{");
    for header in headers {
        if text.len() > 1 {
            text.push(',');
        }
        let field = Value::String(fields.next().unwrap_or_default());
        text.push_str(&format!("{}:{field}", Value::from(header.as_str())));
    }
    text.push('}');
    text
}

struct Rows<'a> {
    letters: Peekable<Chars<'a>>,
    delimiter: char,
}

/// What ended a field.
#[derive(PartialEq, Eq)]
enum End {
    Field,
    Row,
    File,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str, delimiter: char) -> Self {
        Self { letters: text.chars().peekable(), delimiter }
    }

    /// The fields of the next row. Rows without a letter are skipped.
    fn next_row(&mut self) -> Result<Option<Vec<String>>, String> {
        while self.letters.next_if(|letter| matches!(letter, '\n' | '\r')).is_some() {}
        if self.letters.peek().is_none() {
            return Ok(None);
        }
        let (mut fields, mut size) = (Vec::new(), 0);
        loop {
            let mut field = String::new();
            let end = self.field(&mut field, MAX_ITEM_BYTES - size)?;
            size += field.len() + 1;
            fields.push(field);
            if size > MAX_ITEM_BYTES {
                return Err(too_large());
            }
            if end != End::Field {
                return Ok(Some(fields));
            }
        }
    }

    /// Reads a field of at most `room` bytes.
    fn field(&mut self, field: &mut String, room: usize) -> Result<End, String> {
        let (mut is_quoted, mut is_first) = (false, true);
        while let Some(letter) = self.letters.next() {
            let begins = std::mem::take(&mut is_first);
            match letter {
                '\\' => {
                    let delimiter = self.delimiter;
                    let escapes = |next: &char| matches!(next, '\\' | '"') || *next == delimiter;
                    field.extend(self.letters.next_if(escapes));
                }
                '"' if !begins && self.letters.next_if_eq(&'"').is_some() => field.push('"'),
                '"' if is_quoted || begins => is_quoted = !is_quoted,
                letter if is_quoted => field.push(letter),
                letter if letter == self.delimiter => return Ok(End::Field),
                '\n' => return Ok(End::Row),
                '\r' => {
                    self.letters.next_if_eq(&'\n');
                    return Ok(End::Row);
                }
                letter => field.push(letter),
            }
            if field.len() > room {
                return Err(too_large());
            }
        }
        Ok(End::File)
    }
}

fn too_large() -> String {
    format!("A row of the dataset is larger than {MAX_ITEM_BYTES} bytes.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::items::config::Delimiter;

    fn first_row() -> CsvConfig {
        CsvConfig { header_location: Some(HeaderLocation::FirstRow), ..CsvConfig::default() }
    }

    fn given(headers: &[&str]) -> CsvConfig {
        let headers = Some(headers.iter().map(|header| (*header).to_owned()).collect());
        CsvConfig { header_location: Some(HeaderLocation::Given), headers, ..CsvConfig::default() }
    }

    fn read(text: &str, config: &CsvConfig) -> Result<Value, String> {
        let mut items = Collected::new(None);
        super::read(text, config, &mut items)?;
        Ok(serde_json::from_str(&items.into_text()).expect("JSON"))
    }

    #[test]
    fn the_example_of_the_guide_reads_as_it_says() {
        let text = "abc,123,\"This string contains commas, a double quotation marks (\"\"), and a newline (\n)\",\
                    {\"\"MyKey\"\":\"\"MyValue\"\"},\"[1,2,3]\"\n";
        let config = given(&["MyLetters", "MyNumbers", "MyString", "MyObject", "MyArray"]);
        let expected = json!([{
            "MyLetters": "abc",
            "MyNumbers": "123",
            "MyString": "This string contains commas, a double quotation marks (\"), and a newline (\n)",
            "MyObject": "{\"MyKey\":\"MyValue\"}",
            "MyArray": "[1,2,3]",
        }]);
        assert_eq!(read(text, &config), Ok(expected));
        let text = "path,size\nC:\\\\Program Files\\\\MyApp.exe,6534512\n";
        let expected = json!([{ "path": "C:\\Program Files\\MyApp.exe", "size": "6534512" }]);
        assert_eq!(read(text, &first_row()), Ok(expected));
    }

    #[test]
    fn fields_are_read_by_the_rules_of_the_guide() {
        let cases = [
            ("x", "x"),
            ("", ""),
            (r#""""#, ""),
            (r#""""""#, "\""),
            (r#""a,b""#, "a,b"),
            (r#"a\,b"#, "a,b"),
            (r#""a\"b""#, "a\"b"),
            (r"a\b\\", "ab\\"),
            ("\\", ""),
            (" a ", " a "),
            (r#"a "b" c"#, r#"a "b" c"#),
            ("\"open\nto the end", "open\nto the end"),
            ("ü\u{0}", "ü\u{0}"),
        ];
        for (field, expected) in cases {
            let row = read(&format!("n,a\n1,{field}"), &first_row());
            assert_eq!(row, Ok(json!([{ "n": "1", "a": expected }])), "{field:?}");
        }
    }

    #[test]
    fn rows_may_have_more_or_fewer_fields_and_any_line_ending() {
        let text = "a,b\r\n1\n\n1,2,3\r1,2\n";
        let expected = json!([{ "a": "1", "b": "" }, { "a": "1", "b": "2" }, { "a": "1", "b": "2" }]);
        assert_eq!(read(text, &first_row()), Ok(expected));
        assert_eq!(read("", &first_row()), Ok(json!([])));
        assert_eq!(read("a,b\n", &first_row()), Ok(json!([])));
        let mut items = Collected::new(Some(1));
        super::read("a\n1\n2\n", &first_row(), &mut items).expect("reads");
        assert_eq!(&*items.into_text(), r#"[{"a":"1"}]"#);
    }

    #[test]
    fn delimiters_are_as_configured() {
        let delimiters = [Delimiter::Comma, Delimiter::Pipe, Delimiter::Semicolon, Delimiter::Space, Delimiter::Tab];
        for delimiter in delimiters {
            let letter = delimiter.letter();
            let text = format!("a{letter}b\n1{letter}\"x{letter}\"\n\\{letter}{letter}2\n");
            let expected = json!([{ "a": "1", "b": format!("x{letter}") }, { "a": letter, "b": "2" }]);
            assert_eq!(read(&text, &CsvConfig { delimiter, ..first_row() }), Ok(expected), "{delimiter:?}");
        }
    }

    #[test]
    fn headers_are_checked() {
        let duplicates = Err("CSV headers cannot contain duplicates.".to_owned());
        assert_eq!(read("a,a\n1,2\n", &first_row()), duplicates);
        assert_eq!(read("1,2\n", &given(&["a", "a"])), duplicates);
        let long = "a".repeat(MAX_HEADER_BYTES + 1);
        assert!(read(&long, &first_row()).is_err());
        assert!(read("1", &CsvConfig::default()).is_err());
        let without = CsvConfig { headers: None, ..given(&[]) };
        assert!(read("1", &without).is_err());
    }

    #[test]
    fn a_row_is_bounded() {
        let open = format!("a\n\"{}", "x".repeat(MAX_ITEM_BYTES + 1));
        assert!(read(&open, &first_row()).expect_err("too large").starts_with("A row of the dataset"));
        let many = format!("a\n{}", ",".repeat(MAX_ITEM_BYTES + 1));
        assert!(read(&many, &first_row()).expect_err("too large").starts_with("A row of the dataset"));
    }
}

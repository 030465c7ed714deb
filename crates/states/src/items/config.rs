//! `ReaderConfig` and `WriterConfig`, as definitions write them.

use serde::{Deserialize, de::DeserializeOwned};

/// `ReaderConfig`; `MaxItems` and its path are evaluated elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReaderConfig {
    pub(super) input_type: Option<InputType>,
    #[serde(default)]
    pub(super) transformation: ReaderTransformation,
    pub(super) manifest_type: Option<ManifestType>,
    /// A JSON pointer (RFC 6901) to the items in a JSON file.
    pub(super) items_pointer: Option<String>,
    #[serde(flatten)]
    pub(super) csv: CsvConfig,
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum InputType {
    Csv,
    Json,
    Jsonl,
    Parquet,
    Manifest,
}

/// What becomes of the objects that `listObjectsV2` finds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ReaderTransformation {
    /// What is known of each object is an item.
    #[default]
    None,
    /// What is in them are the items.
    LoadAndFlatten,
}

/// Who has written a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ManifestType {
    /// S3: `manifest.json` of an inventory.
    S3Inventory,
    /// Athena: the CSV list of the files that `UNLOAD` has written.
    AthenaData,
}

/// How a text delimited file is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct CsvConfig {
    #[serde(rename = "CSVDelimiter", default)]
    pub(super) delimiter: Delimiter,
    #[serde(rename = "CSVHeaderLocation")]
    pub(super) header_location: Option<HeaderLocation>,
    #[serde(rename = "CSVHeaders")]
    pub(super) headers: Option<Vec<String>>,
}

/// What separates the fields of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Delimiter {
    #[default]
    Comma,
    Pipe,
    Semicolon,
    Space,
    Tab,
}

impl Delimiter {
    pub(super) fn letter(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Pipe => '|',
            Self::Semicolon => ';',
            Self::Space => ' ',
            Self::Tab => '\t',
        }
    }
}

/// Where the names of the columns are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum HeaderLocation {
    FirstRow,
    Given,
}

/// `WriterConfig`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WriterConfig {
    #[serde(default)]
    pub(super) transformation: WriterTransformation,
    #[serde(default)]
    pub(super) output_type: OutputType,
}

/// What is told of each child execution that succeeded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum WriterTransformation {
    /// Everything about it.
    #[default]
    None,
    /// Its output.
    Compact,
    /// Its output, or the elements of it if it is an array.
    Flatten,
}

/// How results stand one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum OutputType {
    /// In a JSON array.
    #[default]
    Json,
    /// One in a line.
    Jsonl,
}

/// Reads `ReaderConfig` or `WriterConfig` (JSON text of an object); `field` names it in the error.
// The texts that AWS has for a config that makes no sense are not recorded.
pub(super) fn parse<T: DeserializeOwned>(field: &str, config: &str) -> Result<T, String> {
    serde_json::from_str(config).map_err(|cause| {
        let text = cause.to_string();
        let text = text.rsplit_once(" at line").map_or(&*text, |(text, _)| text);
        format!("The field '{field}' is not valid: {text}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configs_are_read_as_they_are_documented() {
        let given = r#"{ "InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"],
            "CSVDelimiter": "PIPE", "MaxItems": 7 }"#;
        let config: ReaderConfig = parse("ReaderConfig", given).expect("valid");
        assert_eq!(config.input_type, Some(InputType::Csv));
        let csv = CsvConfig {
            delimiter: Delimiter::Pipe,
            header_location: Some(HeaderLocation::Given),
            headers: Some(vec!["a".to_owned(), "b".to_owned()]),
        };
        assert_eq!(config.csv, csv);
        let given = r#"{ "Transformation": "LOAD_AND_FLATTEN", "ManifestType": "ATHENA_DATA", "ItemsPointer": "/a" }"#;
        let config: ReaderConfig = parse("ReaderConfig", given).expect("valid");
        assert_eq!(config.transformation, ReaderTransformation::LoadAndFlatten);
        assert_eq!(config.manifest_type, Some(ManifestType::AthenaData));
        assert_eq!(config.items_pointer.as_deref(), Some("/a"));
        let given = r#"{ "Transformation": "FLATTEN", "OutputType": "JSONL" }"#;
        let config: WriterConfig = parse("WriterConfig", given).expect("valid");
        assert_eq!((config.transformation, config.output_type), (WriterTransformation::Flatten, OutputType::Jsonl));
    }

    #[test]
    fn what_is_no_config_is_told() {
        let error = parse::<ReaderConfig>("ReaderConfig", r#"{ "InputType": "XML" }"#).expect_err("no type");
        assert!(error.starts_with("The field 'ReaderConfig' is not valid: unknown variant `XML`"), "{error}");
    }
}

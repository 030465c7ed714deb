//! Items from the bytes of a file. Pure; each form has a file.

mod compression;
mod csv;
mod json;
mod lines;
mod manifest;

pub(super) use self::manifest::{Inventory, athena_files};
use super::{
    collected::Collected,
    config::{InputType, ReaderConfig},
};

/// A file of a dataset.
pub(super) struct DataFile {
    /// Its ending tells how it is compressed.
    pub(super) key: String,
    pub(super) bytes: Vec<u8>,
}

impl DataFile {
    /// What is in it, decompressed; bytes that are no UTF-8 become U+FFFD.
    pub(super) fn into_text(self) -> Result<String, String> {
        let bytes = compression::decompress(&self.key, self.bytes)?;
        // Some programs begin a text with a byte order mark.
        let text = String::from_utf8(bytes).unwrap_or_else(|not| String::from_utf8_lossy(not.as_bytes()).into_owned());
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }
}

/// Adds the items of a file of the type that `config` tells.
pub(super) fn file(
    file: DataFile,
    config: &ReaderConfig,
    input_type: InputType,
    items: &mut Collected,
) -> Result<(), String> {
    match input_type {
        InputType::Csv => csv::read(&file.into_text()?, &config.csv, items),
        InputType::Json => json::read(&file.into_text()?, config.items_pointer.as_deref(), items),
        InputType::Jsonl => lines::read(&file.into_text()?, items),
        InputType::Parquet => Err("stepwell does not read Parquet files.".to_owned()),
        InputType::Manifest => Err("The InputType MANIFEST is not supported for the files of a dataset.".to_owned()),
    }
}

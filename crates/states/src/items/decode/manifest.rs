//! Manifests: files that list the files of a dataset.

use serde::Deserialize;

use super::{DataFile, csv};
use crate::items::{collected::Collected, limits::MAX_FILES};

/// `manifest.json` of an S3 inventory in CSV.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html>
#[derive(Debug, PartialEq, Eq)]
pub(in crate::items) struct Inventory {
    /// The bucket of the files; `None` where the manifest does not tell.
    pub(in crate::items) bucket: Option<String>,
    pub(in crate::items) keys: Vec<String>,
    columns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    destination_bucket: Option<String>,
    file_format: String,
    file_schema: String,
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    key: String,
}

impl Inventory {
    /// Reads the manifest.
    pub(in crate::items) fn parse(text: &str) -> Result<Self, String> {
        let manifest: Manifest = serde_json::from_str(text)
            .map_err(|cause| format!("The manifest is not that of an S3 inventory: {cause}."))?;
        if manifest.file_format != "CSV" {
            let format = manifest.file_format;
            return Err(format!("The output format of an S3 inventory must be CSV, but it is {format}."));
        }
        if manifest.files.len() > MAX_FILES {
            return Err(too_many());
        }
        let bucket = manifest.destination_bucket.map(|arn| arn.rsplit(':').next().unwrap_or_default().to_owned());
        let columns = manifest.file_schema.split(',').map(|column| column.trim().to_owned()).collect();
        Ok(Self { bucket, columns, keys: manifest.files.into_iter().map(|file| file.key).collect() })
    }

    /// Adds the rows of one of its files: what is known of an object is an item.
    pub(in crate::items) fn read(&self, file: DataFile, items: &mut Collected) -> Result<(), String> {
        csv::read_with(&file.into_text()?, &self.columns, items)
    }
}

/// Bucket and key of each file in the manifest of an Athena `UNLOAD`: a line for each, `s3://bucket/key`.
/// <https://docs.aws.amazon.com/athena/latest/ug/unload.html>
pub(in crate::items) fn athena_files(text: &str) -> Result<Vec<(String, String)>, String> {
    let urls = csv::first_column(text, MAX_FILES)?;
    if urls.len() > MAX_FILES {
        return Err(too_many());
    }
    urls.iter().map(|url| location(url.trim())).collect()
}

fn location(url: &str) -> Result<(String, String), String> {
    let path = url.strip_prefix("s3://").and_then(|path| path.split_once('/'));
    let (bucket, key) = path.ok_or_else(|| format!("The manifest names '{url}', which is no s3://bucket/key."))?;
    Ok((bucket.to_owned(), key.to_owned()))
}

fn too_many() -> String {
    format!("The manifest names more than {MAX_FILES} files.")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Developer guide, "ItemReader".
    const MANIFEST: &str = r#"{
      "sourceBucket" : "amzn-s3-demo-source-bucket",
      "destinationBucket" : "arn:aws:s3:::amzn-s3-demo-inventory",
      "version" : "2016-11-30",
      "creationTimestamp" : "1668560400000",
      "fileFormat" : "CSV",
      "fileSchema" : "Bucket, Key, Size, LastModifiedDate",
      "files" : [ {
        "key" : "amzn-s3-demo-bucket/destination-prefix/data/20e55de8-9c21-45d4-99b9-46c732000228.csv.gz",
        "size" : 7300,
        "MD5checksum" : "a7ff4a1d4164c3cd55851055ec8f6b20"
      } ]
    }"#;

    #[test]
    fn the_inventory_of_the_guide_reads_as_it_says() {
        let inventory = Inventory::parse(MANIFEST).expect("a manifest");
        assert_eq!(inventory.bucket.as_deref(), Some("amzn-s3-demo-inventory"));
        assert!(inventory.keys[0].ends_with("000228.csv.gz"));
        let bytes = br#""amzn-s3-demo-source-bucket","csvDataset/","0","2022-11-16T00:27:19.000Z"
"amzn-s3-demo-source-bucket","csvDataset/titles.csv","3399671","2022-11-16T00:29:32.000Z"
"#;
        let mut items = Collected::new(None);
        inventory.read(DataFile { key: "data.csv".to_owned(), bytes: bytes.to_vec() }, &mut items).expect("rows");
        let expected = r#"[{"Bucket":"amzn-s3-demo-source-bucket","Key":"csvDataset/","Size":"0","LastModifiedDate":"2022-11-16T00:27:19.000Z"},{"Bucket":"amzn-s3-demo-source-bucket","Key":"csvDataset/titles.csv","Size":"3399671","LastModifiedDate":"2022-11-16T00:29:32.000Z"}]"#;
        assert_eq!(&*items.into_text(), expected);
    }

    #[test]
    fn other_manifests_are_refused() {
        assert!(Inventory::parse("{}").is_err());
        let error = Inventory::parse(&MANIFEST.replace("\"CSV\"", "\"ORC\"")).expect_err("ORC");
        assert_eq!(error, "The output format of an S3 inventory must be CSV, but it is ORC.");
    }

    #[test]
    fn athena_lists_files_by_their_urls() {
        let text = "s3://results/tables/20240101_1\n\"s3://results/tables/a,b.gz\"\n";
        let expected = [("results", "tables/20240101_1"), ("results", "tables/a,b.gz")];
        let expected = expected.map(|(bucket, key)| (bucket.to_owned(), key.to_owned()));
        assert_eq!(athena_files(text).as_deref(), Ok(&expected[..]));
        assert!(athena_files("results/1\n").is_err());
        assert!(athena_files(&"s3://b/k\n".repeat(MAX_FILES + 1)).is_err());
    }
}

//! Objects of a bucket as items: what `listObjectsV2` tells of each.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};

/// A page of `ListObjectsV2`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Page {
    pub(super) contents: Vec<Listed>,
    pub(super) next_continuation_token: Option<String>,
}

/// An object in a bucket.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    pub(super) key: String,
    #[serde(rename = "ETag", default)]
    etag: String,
    #[serde(default)]
    last_modified: Value,
    #[serde(default)]
    pub(super) size: u64,
    storage_class: Option<String>,
}

impl Listed {
    /// The item as the developer guide shows it ("ItemReader", a list of Amazon S3 objects).
    pub(super) fn to_item(&self) -> String {
        let mut item = json!({
            "Etag": self.etag,
            "Key": self.key,
            "LastModified": seconds(&self.last_modified),
            "Size": self.size,
        });
        if let Some(class) = &self.storage_class {
            item["StorageClass"] = json!(class);
        }
        item.to_string()
    }

    /// Whether it stands for a folder that the console has made, and holds nothing.
    pub(super) fn is_folder(&self) -> bool {
        self.size == 0 && self.key.ends_with('/')
    }
}

/// Seconds since the epoch of a moment, which comes as ISO 8601.
fn seconds(moment: &Value) -> Value {
    match moment.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok()) {
        Some(time) => time.timestamp().into(),
        None => moment.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_the_item_of_the_guide() {
        let listed: Listed = serde_json::from_value(json!({
            "ETag": "\"05704fbdccb224cb01c59005bebbad28\"",
            "Key": "processData/images/n02085620_1073.jpg",
            "LastModified": "2022-11-17T15:44:41Z",
            "Size": 34910,
            "StorageClass": "STANDARD",
        }))
        .expect("an object");
        let expected = r#"{"Etag":"\"05704fbdccb224cb01c59005bebbad28\"","Key":"processData/images/n02085620_1073.jpg","LastModified":1668699881,"Size":34910,"StorageClass":"STANDARD"}"#;
        assert_eq!(listed.to_item(), expected);
    }
}

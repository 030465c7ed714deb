//! Where results go, and the `manifest.json` that lists them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Group;

/// `Parameters` or `Arguments` of a `ResultWriter`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::items) struct Destination {
    pub(in crate::items) bucket: String,
    #[serde(default)]
    prefix: String,
}

impl Destination {
    /// The key of `file` of a map run: `<prefix>/<id of the run>/<file>`.
    pub(in crate::items) fn key(&self, map_run_arn: &str, file: &str) -> String {
        let run = map_run_arn.rsplit(':').next().unwrap_or_default();
        match self.prefix.trim_end_matches('/') {
            "" => format!("{run}/{file}"),
            prefix => format!("{prefix}/{run}/{file}"),
        }
    }

    /// The output of the Map.
    pub(in crate::items) fn output(&self, map_run_arn: &str) -> Value {
        let key = self.key(map_run_arn, MANIFEST);
        json!({ "MapRunArn": map_run_arn, "ResultWriterDetails": { "Bucket": self.bucket, "Key": key } })
    }
}

/// The name of the manifest.
pub(in crate::items) const MANIFEST: &str = "manifest.json";

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::items) struct ResultFile {
    pub(in crate::items) group: Group,
    pub(in crate::items) key: String,
    /// Bytes.
    pub(in crate::items) size: usize,
}

/// The content of the manifest.
pub(in crate::items) fn manifest(destination: &Destination, map_run_arn: &str, files: &[ResultFile]) -> Value {
    let of = |group: Group| {
        let files = files.iter().filter(|file| file.group == group);
        files.map(|file| json!({ "Key": file.key, "Size": file.size })).collect::<Value>()
    };
    json!({
        "DestinationBucket": destination.bucket,
        "MapRunArn": map_run_arn,
        "ResultFiles": {
            "FAILED": of(Group::Failed),
            "PENDING": of(Group::Pending),
            "SUCCEEDED": of(Group::Succeeded),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Developer guide, "ResultWriter".
    const RUN: &str =
        "arn:aws:states:us-east-2:123456789012:mapRun:csvProcess/Map:ad9b5f27-090b-3ac6-9beb-243cd77144a7";

    #[test]
    fn the_output_is_that_of_the_guide() {
        let destination = Destination { bucket: "destination-bucket".into(), prefix: "csvProcessJobs".into() };
        let expected = json!({
            "MapRunArn": RUN,
            "ResultWriterDetails": {
                "Bucket": "destination-bucket",
                "Key": "csvProcessJobs/ad9b5f27-090b-3ac6-9beb-243cd77144a7/manifest.json",
            },
        });
        assert_eq!(destination.output(RUN), expected);
        for (prefix, key) in [("", "ad9b"), ("/", "ad9b"), ("a/b/", "a/b/ad9b")] {
            let destination = Destination { prefix: prefix.into(), ..destination.clone() };
            assert_eq!(destination.key("arn:aws:states:::mapRun:a/b:ad9b", "f"), format!("{key}/f"), "{prefix:?}");
        }
    }

    #[test]
    fn the_manifest_lists_the_files_of_each_group() {
        let destination = Destination { bucket: "b".into(), prefix: String::new() };
        let file = |group, key: &str| ResultFile { group, key: key.to_owned(), size: 7 };
        let files = [file(Group::Succeeded, "r/SUCCEEDED_0.json"), file(Group::Succeeded, "r/SUCCEEDED_1.json")];
        let expected = json!({
            "DestinationBucket": "b",
            "MapRunArn": RUN,
            "ResultFiles": {
                "FAILED": [],
                "PENDING": [],
                "SUCCEEDED": [{ "Key": "r/SUCCEEDED_0.json", "Size": 7 }, { "Key": "r/SUCCEEDED_1.json", "Size": 7 }],
            },
        });
        assert_eq!(manifest(&destination, RUN, &files), expected);
    }
}

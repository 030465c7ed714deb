//! The operations as tasks call them, against files on a disk.

use std::{fs, path::Path};

use aws_protocol::{Caller, Service as _, ServiceError};
use objects::Objects;
use serde_json::{Value, json};
use tempfile::TempDir;

struct Fixture {
    folder: TempDir,
    objects: Objects,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let objects = Objects::open(folder.path()).expect("opens");
        objects.create_bucket("orders").expect("a bucket");
        Self { folder, objects }
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        self.objects.call(operation, input, &Caller::internal("000000000000", "tests")).await
    }

    async fn put(&self, key: &str, body: &str) {
        self.call("PutObject", json!({ "Bucket": "orders", "Key": key, "Body": body })).await.expect("put");
    }

    async fn get(&self, key: &str) -> Result<Value, ServiceError> {
        self.call("GetObject", json!({ "Bucket": "orders", "Key": key })).await
    }

    /// Every key, by pages of `max_keys`.
    async fn keys(&self, mut input: Value) -> Vec<String> {
        let mut keys = Vec::new();
        loop {
            let page = self.call("ListObjectsV2", input.clone()).await.expect("a page");
            let (contents, prefixes) = (page["Contents"].as_array(), page["CommonPrefixes"].as_array());
            let (contents, prefixes) = (contents.expect("an array"), prefixes.expect("an array"));
            assert_eq!(page["KeyCount"], contents.len() + prefixes.len());
            keys.extend(contents.iter().map(|object| object["Key"].as_str().expect("a key").to_owned()));
            keys.extend(prefixes.iter().map(|prefix| prefix["Prefix"].as_str().expect("a prefix").to_owned()));
            match &page["NextContinuationToken"] {
                Value::Null => return keys,
                token => input["ContinuationToken"] = token.clone(),
            }
        }
    }
}

fn code(answer: Result<Value, ServiceError>) -> (String, u16) {
    let error = answer.expect_err("refused");
    (error.code.into_owned(), error.status)
}

#[tokio::test]
async fn an_object_is_written_described_read_and_removed() {
    let fixture = Fixture::new();
    let put = json!({ "Bucket": "orders", "Key": "2024/01.json", "Body": "[1,2]", "ContentType": "application/json" });
    let written = fixture.call("PutObject", put).await.expect("put");
    assert_eq!(fs::read_to_string(fixture.folder.path().join("orders/2024/01.json")).expect("a file"), "[1,2]");

    let got = fixture.get("2024/01.json").await.expect("there");
    assert_eq!((&got["Body"], &got["ContentLength"], &got["ETag"]), (&json!("[1,2]"), &json!(5), &written["ETag"]));
    assert_eq!(got["ContentType"], "application/json");
    let head = fixture.call("HeadObject", json!({ "Bucket": "orders", "Key": "2024/01.json" })).await.expect("there");
    assert_eq!((&head["ETag"], head.get("Body")), (&written["ETag"], None));
    let range = json!({ "Bucket": "orders", "Key": "2024/01.json", "Range": "bytes=1-3" });
    let part = fixture.call("GetObject", range).await.expect("there");
    assert_eq!((&part["Body"], &part["ContentRange"]), (&json!("1,2"), &json!("bytes 1-3/5")));

    let delete = json!({ "Bucket": "orders", "Key": "2024/01.json" });
    assert_eq!(fixture.call("DeleteObject", delete.clone()).await, Ok(json!({})));
    assert_eq!(fixture.call("DeleteObject", delete).await, Ok(json!({})), "a second time, too");
    assert_eq!(code(fixture.get("2024/01.json").await), ("NoSuchKey".into(), 404));
    assert!(!fixture.folder.path().join("orders/2024").exists(), "an empty folder is no object");
}

#[tokio::test]
async fn etags_are_md5_and_follow_the_content() {
    let fixture = Fixture::new();
    // RFC 1321, appendix A.5.
    for (content, md5) in [("", "d41d8cd98f00b204e9800998ecf8427e"), ("abc", "900150983cd24fb0d6963f7d28e17f72")] {
        let put = json!({ "Bucket": "orders", "Key": "k", "Body": content });
        assert_eq!(fixture.call("PutObject", put).await.expect("put")["ETag"], format!("\"{md5}\""));
        assert_eq!(fixture.get("k").await.expect("there")["ETag"], format!("\"{md5}\""));
    }
}

#[tokio::test]
async fn bytes_pass_as_base64_and_show_as_text() {
    let fixture = Fixture::new();
    let put = json!({ "Bucket": "orders", "Key": "b", "Body": "/wBh", "BodyEncoding": "base64" });
    fixture.call("PutObject", put).await.expect("put");
    assert_eq!(fs::read(fixture.folder.path().join("orders/b")).expect("a file"), b"\xff\0a");
    let get = json!({ "Bucket": "orders", "Key": "b", "BodyEncoding": "base64" });
    assert_eq!(fixture.call("GetObject", get).await.expect("there")["Body"], "/wBh");
    assert_eq!(fixture.get("b").await.expect("there")["Body"], "\u{fffd}\0a");
}

#[tokio::test]
async fn keys_list_in_the_order_of_their_bytes_page_by_page() {
    let fixture = Fixture::new();
    let long = format!("deep/{}/x", "n".repeat(300));
    let mut keys = vec!["a-b", "a/2", "a/10", "a.b/c", "a0", "a/b/c", "a/b/d", "ü", "folder/", "z//y", "%", &long];
    for key in &keys {
        fixture.put(key, key).await;
    }
    keys.sort_unstable();
    for max_keys in [1, 2, 5, 1000] {
        assert_eq!(fixture.keys(json!({ "Bucket": "orders", "MaxKeys": max_keys })).await, keys, "{max_keys}");
        let input = json!({ "Bucket": "orders", "MaxKeys": max_keys, "Prefix": "a/" });
        assert_eq!(fixture.keys(input).await, ["a/10", "a/2", "a/b/c", "a/b/d"], "{max_keys}");
        let input = json!({ "Bucket": "orders", "MaxKeys": max_keys, "StartAfter": "a/b/c" });
        assert_eq!(fixture.keys(input).await, keys[keys.iter().position(|key| *key == "a/b/d").expect("there")..]);
        let input = json!({ "Bucket": "orders", "MaxKeys": max_keys, "Prefix": "a", "Delimiter": "/" });
        let mut grouped = fixture.keys(input).await;
        grouped.sort_unstable();
        assert_eq!(grouped, ["a-b", "a.b/", "a/", "a0"], "{max_keys}");
    }
}

#[tokio::test]
async fn files_put_there_by_hand_are_objects_and_links_are_not() {
    let fixture = Fixture::new();
    let bucket = fixture.folder.path().join("orders");
    fs::create_dir_all(bucket.join("data/empty")).expect("folders");
    fs::write(bucket.join("data/1.csv"), "a,b").expect("a file");
    fs::write(bucket.join("100%.txt"), "no key has this path").expect("a file");
    std::os::unix::fs::symlink("/", bucket.join("root")).expect("a link");
    assert_eq!(fixture.keys(json!({ "Bucket": "orders" })).await, ["data/1.csv"]);
    assert_eq!(code(fixture.get("root").await), ("NoSuchKey".into(), 404));
    assert_eq!(code(fixture.get("data").await), ("NoSuchKey".into(), 404), "a folder");
}

#[tokio::test]
async fn requests_that_cannot_be_met_are_refused_in_the_words_of_s3() {
    let fixture = Fixture::new();
    fixture.put("a/b", "1").await;
    let cases = [
        ("GetObject", json!({ "Bucket": "orders", "Key": "x" }), "NoSuchKey", 404),
        ("GetObject", json!({ "Bucket": "orders", "Key": "a/b/c" }), "NoSuchKey", 404),
        ("GetObject", json!({ "Bucket": "others", "Key": "x" }), "NoSuchBucket", 404),
        ("GetObject", json!({ "Bucket": "..", "Key": "x" }), "InvalidBucketName", 400),
        ("GetObject", json!({ "Bucket": ".uploads", "Key": "x" }), "InvalidBucketName", 400),
        ("GetObject", json!({ "Bucket": "orders", "Key": "a/b", "Range": "bytes=9-" }), "InvalidRange", 416),
        ("GetObject", json!({ "Bucket": "orders", "Key": "a/b", "VersionId": "1" }), "NoSuchVersion", 404),
        ("GetObject", json!({ "Bucket": "orders", "Key": "a/b", "IfMatch": "\"0\"" }), "PreconditionFailed", 412),
        ("GetObject", json!({ "Key": "x" }), "InvalidArgument", 400),
        ("PutObject", json!({ "Bucket": "orders", "Key": "k".repeat(1025) }), "KeyTooLongError", 400),
        ("PutObject", json!({ "Bucket": "orders", "Key": "a/b", "IfNoneMatch": "*" }), "PreconditionFailed", 412),
        ("PutObject", json!({ "Bucket": "orders", "Key": "k", "Metadata": { "a": "b" } }), "NotImplemented", 501),
        ("PutObject", json!({ "Bucket": "orders", "Key": "a" }), "InvalidRequest", 400),
        ("PutObject", json!({ "Bucket": "orders", "Key": "a/b/c" }), "InvalidRequest", 400),
        ("ListObjectsV2", json!({ "Bucket": "others" }), "NoSuchBucket", 404),
        ("ListObjectsV2", json!({ "Bucket": "orders", "ContinuationToken": "!" }), "InvalidArgument", 400),
        ("CopyObject", json!({ "Bucket": "orders" }), "UnknownOperationException", 400),
    ];
    for (operation, input, expected, status) in cases {
        let refused = code(fixture.call(operation, input.clone()).await);
        assert_eq!(refused, (expected.to_owned(), status), "{operation} {input}");
    }
    let uploads = fs::read_dir(fixture.folder.path().join(".uploads")).expect("a folder").count();
    assert_eq!(uploads, 0, "a refused upload leaves nothing");
}

#[tokio::test]
async fn an_upload_that_did_not_end_is_no_object_after_a_restart() {
    let fixture = Fixture::new();
    fixture.put("whole", "1").await;
    fs::write(fixture.folder.path().join(".uploads/1-0"), "half").expect("a file");
    let Fixture { folder, .. } = fixture;
    let objects = Objects::open(folder.path()).expect("opens again");
    assert!(!Path::new(&folder.path().join(".uploads/1-0")).exists());
    let fixture = Fixture { folder, objects };
    assert_eq!(fixture.keys(json!({ "Bucket": "orders" })).await, ["whole"]);
}

#[tokio::test]
async fn objects_come_and_go_side_by_side_in_one_folder() {
    let fixture = Fixture::new();
    let work = (0..16).map(|n| {
        let fixture = &fixture;
        async move {
            for round in 0..8 {
                let key = format!("shared/deep/{n}");
                fixture.put(&key, &round.to_string()).await;
                assert_eq!(fixture.get(&key).await.expect("there")["Body"], round.to_string());
                fixture.call("DeleteObject", json!({ "Bucket": "orders", "Key": key })).await.expect("removed");
            }
        }
    });
    futures::future::join_all(work).await;
    assert_eq!(fixture.keys(json!({ "Bucket": "orders" })).await, Vec::<String>::new());
}

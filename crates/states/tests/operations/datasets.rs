//! Distributed Maps over data sets in a folder of objects, and their results in files.

use std::{io::Write as _, sync::Arc};

use aws_protocol::{BoxFuture, Caller, Directory, Service, ServiceError};
use clock::SimulatedClock;
use flate2::{Compression, write::GzEncoder};
use objects::Objects;
use serde_json::{Value, json};
use store::MemoryStore;
use tempfile::TempDir;

use super::support::{self, Bench, settle, text};

const GET: &str = "arn:aws:states:::s3:getObject";
const LIST: &str = "arn:aws:states:::s3:listObjectsV2";
const PUT: &str = "arn:aws:states:::s3:putObject";

/// An engine beside a folder of objects with the bucket `data`; both outlive the engine.
struct World {
    folder: TempDir,
    store: MemoryStore,
    clock: SimulatedClock,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let world = Self { folder, store: MemoryStore::new(), clock: SimulatedClock::new(support::START, 7) };
        world.objects().create_bucket("data").expect("a bucket");
        world
    }

    fn objects(&self) -> Objects {
        Objects::open(self.folder.path()).expect("a folder of objects")
    }

    /// An engine on what there is, with `s3` as its service of objects.
    async fn open(&self, s3: impl Service) -> Bench {
        let services = Directory::default();
        services.register(Arc::new(s3));
        Bench::open(Arc::new(self.store.clone()), self.clock.clone(), services).await
    }

    fn write(&self, key: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.path().join("data").join(key);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }

    fn read(&self, key: &str) -> Value {
        let text = std::fs::read_to_string(self.folder.path().join("data").join(key)).expect(key);
        serde_json::from_str(&text).expect("JSON")
    }

    /// Runs a Map with these fields to its end; answers the execution's description.
    async fn run(&self, fields: Value, input: &str) -> Value {
        let bench = self.open(self.objects()).await;
        let machine = bench.machine("m", map(fields)).await;
        let execution = bench.start(&machine, "e", input).await;
        bench.finish(&execution).await
    }
}

/// A distributed Map of a Pass state, with further fields.
fn map(fields: Value) -> Value {
    let mut map = json!({
        "Type": "Map",
        "Label": "Each",
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Pass",
            "States": { "Pass": { "Type": "Pass", "End": true } },
        },
        "End": true,
    });
    for (name, value) in fields.as_object().expect("fields") {
        map[name] = value.clone();
    }
    json!({ "StartAt": "Map", "States": { "Map": map } })
}

/// A Map that reads `key` with this `ReaderConfig`.
fn reading(config: Value, key: &str) -> Value {
    json!({ "ItemReader": {
        "Resource": GET, "ReaderConfig": config, "Parameters": { "Bucket": "data", "Key": key },
    } })
}

/// A Map over the JSON file `key`.
fn over_json(key: &str) -> Value {
    reading(json!({ "InputType": "JSON" }), key)
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("in memory");
    encoder.finish().expect("in memory")
}

fn output(described: &Value) -> Value {
    assert_eq!(described["status"], "SUCCEEDED", "{described}");
    serde_json::from_str(&text(&described["output"])).expect("JSON")
}

#[tokio::test(start_paused = true)]
async fn every_form_of_a_dataset_is_read() {
    let ratings = json!([{ "user": "1", "movie": "307" }, { "user": "1", "movie": "481" }]);
    let csv = json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" });
    let inventory = r#"{ "destinationBucket": "arn:aws:s3:::data", "fileFormat": "CSV", "fileSchema": "Bucket, Key",
        "files": [{ "key": "inventory/1.csv.gz" }] }"#;
    let unload = "s3://data/unload/1\ns3://data/unload/2.gz\n";
    let cases = [
        (reading(csv.clone(), "ratings.csv"), ratings.clone()),
        (reading(csv.clone(), "ratings.csv.gz"), ratings.clone()),
        (
            reading(json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItems": 1 }), "ratings.csv"),
            json!([ratings[0]]),
        ),
        (reading(json!({ "InputType": "JSONL" }), "lines.jsonl"), json!([{ "a": 1 }, [2]])),
        (over_json("array.json"), json!([1, "x"])),
        (reading(json!({ "InputType": "JSON", "ItemsPointer": "/a/b" }), "nested.json"), json!([7])),
        (reading(json!({ "InputType": "MANIFEST" }), "manifest.json"), json!([{ "Bucket": "data", "Key": "x" }])),
        (reading(json!({ "ManifestType": "ATHENA_DATA", "InputType": "JSONL" }), "unload.csv"), json!([1, 2, 3])),
        (
            json!({ "ItemReader": { "Resource": LIST, "Parameters": { "Bucket": "data", "Prefix": "unload/" } },
            "ItemSelector": { "key.$": "$$.Map.Item.Value.Key", "size.$": "$$.Map.Item.Value.Size" } }),
            json!([{ "key": "unload/1", "size": 4 }, { "key": "unload/2.gz", "size": gzip("3").len() }]),
        ),
        (
            json!({ "ItemReader": { "Resource": LIST, "Parameters": { "Bucket": "data", "Prefix": "unload/" },
            "ReaderConfig": { "InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN" } } }),
            json!([1, 2, 3]),
        ),
    ];
    for (fields, expected) in cases {
        let world = World::new();
        world.write("ratings.csv", "user,movie\n1,307\n1,481\n");
        world.write("ratings.csv.gz", gzip("user,movie\n1,307\n1,481\n"));
        world.write("lines.jsonl", "{\"a\": 1}\n[2]\n");
        world.write("array.json", "[1, \"x\"]");
        world.write("nested.json", r#"{ "a": { "b": [7] } }"#);
        world.write("manifest.json", inventory);
        world.write("inventory/1.csv.gz", gzip("\"data\",\"x\"\n"));
        world.write("unload.csv", unload);
        world.write("unload/1", "1\n2\n");
        world.write("unload/2.gz", gzip("3"));
        assert_eq!(output(&world.run(fields.clone(), "{}").await), expected, "{fields}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_fields_of_a_reader_come_from_the_input() {
    let world = World::new();
    world.write("array.json", "[1,2,3]");
    let fields = json!({ "ItemReader": {
        "Resource": GET,
        "ReaderConfig": { "InputType": "JSON", "MaxItemsPath": "$.most" },
        "Parameters": { "Bucket": "data", "Key.$": "$.key" },
    } });
    assert_eq!(output(&world.run(fields, r#"{ "key": "array.json", "most": 2 }"#).await), json!([1, 2]));
}

#[tokio::test(start_paused = true)]
async fn a_dataset_that_cannot_be_read_fails_the_map_run() {
    // The first three texts are recorded on AWS.
    let cases = [
        (over_json("object.json"), "Attempting to map over non-iterable node."),
        (
            reading(json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" }), "twice.csv"),
            "CSV headers cannot contain duplicates.",
        ),
        (
            reading(json!({ "InputType": "JSON", "MaxItemsPath": "$.most" }), "object.json"),
            "field MaxItems must be positive",
        ),
        (over_json("nothing.json"), "The specified key does not exist. (Service: Amazon S3; Status Code: 404; "),
        (reading(json!({ "InputType": "PARQUET" }), "twice.csv"), "stepwell does not read Parquet files."),
        (reading(json!({}), "twice.csv"), "The field 'InputType' is required in the ReaderConfig."),
    ];
    for (fields, expected) in cases {
        let world = World::new();
        world.write("object.json", r#"{"Hello": "world"}"#);
        world.write("twice.csv", "a,a\n1,2\n");
        let bench = world.open(world.objects()).await;
        let machine = bench.machine("m", map(fields)).await;
        let execution = bench.start(&machine, "e", r#"{ "most": -1 }"#).await;
        let described = bench.finish(&execution).await;
        assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("States.ItemReaderFailed")));
        assert!(text(&described["cause"]).starts_with(expected), "{described}");
        let types = bench.event_types(&execution).await;
        assert_eq!(types[types.len() - 3..], ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]);
    }
}

/// Fails where the item is `no`; the output of another is an array with it.
fn some_fail() -> Value {
    json!({
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "Choose",
        "States": {
            "Choose": {
                "Type": "Choice",
                "Choices": [{ "Variable": "$", "StringEquals": "no", "Next": "Refuse" }],
                "Default": "Wrap",
            },
            "Refuse": { "Type": "Fail", "Error": "Refused", "Cause": "by a test" },
            "Wrap": { "Type": "Pass", "Parameters": { "all.$": "States.Array($)" }, "OutputPath": "$.all", "End": true },
        },
    })
}

/// A Map over `items.json` that tolerates failures and writes its results.
fn writing(writer: Value) -> Value {
    let mut fields = over_json("items.json");
    fields["ItemProcessor"] = some_fail();
    fields["ToleratedFailureCount"] = json!(1);
    fields["ResultWriter"] = writer;
    fields
}

#[tokio::test(start_paused = true)]
async fn results_are_written_by_status_with_a_manifest() {
    let world = World::new();
    world.write("items.json", r#"["a", "no", "b"]"#);
    let writer = json!({ "Resource": PUT, "Parameters": { "Bucket": "data", "Prefix": "results" } });
    let output = output(&world.run(writing(writer), "{}").await);
    let run = text(&output["MapRunArn"]);
    let folder = format!("results/{}", run.rsplit(':').next().expect("an id"));
    assert_eq!(output["ResultWriterDetails"], json!({ "Bucket": "data", "Key": format!("{folder}/manifest.json") }));
    let manifest = world.read(&format!("{folder}/manifest.json"));
    assert_eq!((&manifest["DestinationBucket"], &manifest["MapRunArn"]), (&json!("data"), &json!(run)));
    let files = &manifest["ResultFiles"];
    assert_eq!(files["SUCCEEDED"][0]["Key"], format!("{folder}/SUCCEEDED_0.json"));
    assert_eq!(
        (&files["FAILED"][0]["Key"], &files["PENDING"]),
        (&json!(format!("{folder}/FAILED_0.json")), &json!([]))
    );
    let succeeded = world.read(&format!("{folder}/SUCCEEDED_0.json"));
    let outputs: Vec<&Value> = succeeded.as_array().expect("an array").iter().map(|row| &row["Output"]).collect();
    assert_eq!(outputs, [r#"["a"]"#, r#"["b"]"#]);
    let first = &succeeded[0];
    assert_eq!((&first["Status"], &first["Input"]), (&json!("SUCCEEDED"), &json!("\"a\"")));
    assert!(text(&first["ExecutionArn"]).starts_with("arn:aws:states:us-east-1:111111111111:execution:m/Each:"));
    let failed = world.read(&format!("{folder}/FAILED_0.json"));
    assert_eq!((&failed[0]["Error"], &failed[0]["Cause"]), (&json!("Refused"), &json!("by a test")));
}

#[tokio::test(start_paused = true)]
async fn a_writer_config_alone_forms_the_output() {
    let cases = [
        (json!({ "Transformation": "COMPACT", "OutputType": "JSON" }), json!([["a"], "Refused", ["b"]])),
        (json!({ "Transformation": "FLATTEN" }), json!(["a", "Refused", "b"])),
    ];
    for (config, expected) in cases {
        let world = World::new();
        world.write("items.json", r#"["a", "no", "b"]"#);
        let mut output = output(&world.run(writing(json!({ "WriterConfig": config })), "{}").await);
        // A child execution that failed is told whole.
        let failed = output.as_array_mut().expect("an array").iter_mut().filter(|item| item.is_object());
        failed.for_each(|item| *item = item["Error"].take());
        assert_eq!(output, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_writes_what_was_never_started() {
    let world = World::new();
    world.write("items.json", r#"["no", "no", "a"]"#);
    let writer = json!({ "Resource": PUT, "Parameters": { "Bucket": "data" } });
    let mut fields = writing(writer);
    fields["MaxConcurrency"] = json!(1);
    let described = world.run(fields, "{}").await;
    assert_eq!(described["error"], "States.ExceedToleratedFailureThreshold");
    let folders = std::fs::read_dir(world.folder.path().join("data")).expect("a bucket");
    let run = folders.map(|entry| entry.expect("an entry")).find(|entry| entry.path().is_dir()).expect("a run");
    let run = run.file_name().into_string().expect("UTF-8");
    let pending = world.read(&format!("{run}/PENDING_0.json"));
    assert_eq!(pending, json!([{ "Input": "\"a\"", "InputDetails": { "Included": true }, "Status": "PENDING" }]));
    assert_eq!(world.read(&format!("{run}/FAILED_0.json")).as_array().map(Vec::len), Some(2));
}

#[tokio::test(start_paused = true)]
async fn results_that_cannot_be_written_fail_the_map() {
    let world = World::new();
    world.write("items.json", "[1]");
    let mut fields = over_json("items.json");
    fields["ResultWriter"] = json!({ "Resource": PUT, "Parameters": { "Bucket": "others" } });
    let described = world.run(fields, "{}").await;
    assert_eq!(described["error"], "States.ResultWriterFailed");
    assert!(text(&described["cause"]).starts_with("The specified bucket does not exist (Service: Amazon S3; "));
}

/// An S3 that never answers.
struct Silent;

impl Service for Silent {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn call<'a>(&'a self, _: &'a str, _: Value, _: &'a Caller) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_before_the_items_are_there_reads_them_again_and_one_after_does_not() {
    let world = World::new();
    let mut fields = over_json("items.json");
    fields["ItemProcessor"]["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    fields["ItemProcessor"]["StartAt"] = json!("Wait");
    fields["ItemProcessor"]["States"] = json!({ "Wait": { "Type": "Wait", "Seconds": 5, "End": true } });
    world.write("items.json", "[1,2]");
    let bench = world.open(Silent).await;
    let machine = bench.machine("m", map(fields)).await;
    let execution = bench.start(&machine, "e", "{}").await;
    settle().await;
    assert_eq!(bench.event_types(&execution).await.last().map(String::as_str), Some("MapRunStarted"));
    bench.engine.shutdown().await;

    let bench = world.open(world.objects()).await;
    settle().await;
    let children = json!({ "mapRunArn": map_run(&bench, &execution).await });
    let listed = bench.ok("ListExecutions", children).await;
    assert_eq!(listed["executions"].as_array().map(Vec::len), Some(2), "{listed}");
    bench.engine.shutdown().await;

    // What is read is part of the execution: the file is not asked for again.
    world.write("items.json", "no JSON");
    let bench = world.open(Silent).await;
    assert_eq!(output(&bench.finish(&execution).await), json!([1, 2]));
}

async fn map_run(bench: &Bench, execution: &str) -> Value {
    let runs = bench.ok("ListMapRuns", json!({ "executionArn": execution })).await;
    runs["mapRuns"][0]["mapRunArn"].clone()
}

#[tokio::test(start_paused = true)]
async fn tasks_read_and_write_objects() {
    let world = World::new();
    let bench = world.open(world.objects()).await;
    let task = |action: &str, parameters: Value, next: &str| {
        let mut state = json!({ "Type": "Task", "Resource": format!("arn:aws:states:::aws-sdk:s3:{action}"),
            "Parameters": parameters });
        state[if next.is_empty() { "End" } else { "Next" }] = if next.is_empty() { json!(true) } else { json!(next) };
        state
    };
    let definition = json!({ "StartAt": "Put", "States": {
        "Put": task("putObject", json!({ "Bucket": "data", "Key": "k.json", "Body": { "a": [1] } }), "Get"),
        "Get": task("getObject", json!({ "Bucket": "data", "Key": "k.json" }), ""),
    } });
    let machine = bench.machine("m", definition).await;
    let got = output(&bench.finish(&bench.start(&machine, "e", "{}").await).await);
    assert_eq!((&got["Body"], &got["ContentType"]), (&json!(r#"{"a":[1]}"#), &json!("application/json")));
    let definition = json!({ "StartAt": "Get", "States": {
        "Get": task("getObject", json!({ "Bucket": "data", "Key": "nothing" }), ""),
    } });
    let machine = bench.machine("n", definition).await;
    let described = bench.finish(&bench.start(&machine, "e", "{}").await).await;
    assert_eq!(described["error"], "S3.NoSuchKeyException");
}

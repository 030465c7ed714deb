//! A service with functions whose code a test writes down.

use std::{collections::BTreeMap, fs, sync::Arc};

use aws_protocol::{Caller, Partition, Service, ServiceError};
use clock::{Clock, RealClock};
use lambda::{Command, Config, DEFAULT_CONCURRENCY, Function, Interpreter, Lambda, Run, bootstrap};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long an invocation may take on a busy machine, seconds.
pub(crate) const PATIENT: u32 = 60;

pub(crate) fn config() -> Config {
    Config {
        partition: Partition::new("us-east-1", "111111111111"),
        endpoint_url: "http://127.0.0.1:1".to_owned(),
        access_key_id: "AKIATEST".to_owned(),
        secret_access_key: "secret".to_owned(),
    }
}

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

/// A function called `f` in `folder`.
pub(crate) fn function(folder: &TempDir, run: Run, handler: &str) -> Function {
    Function {
        name: "f".to_owned(),
        run,
        timeout_seconds: PATIENT,
        memory_megabytes: 128,
        handler: handler.to_owned(),
        environment: BTreeMap::from([("COLOUR".to_owned(), "blue".to_owned())]),
        folder: folder.path().to_owned(),
        concurrency: DEFAULT_CONCURRENCY,
    }
}

pub(crate) fn managed(interpreter: Interpreter) -> Run {
    Run::RuntimeApi(bootstrap(interpreter).unwrap_or_else(|| panic!("{} must be on PATH", interpreter.program())))
}

pub(crate) fn shell(script: &str) -> Command {
    Command { program: "sh".to_owned(), arguments: vec!["-c".to_owned(), script.to_owned()] }
}

pub(crate) fn service(function: Function) -> Lambda {
    service_with(function, Arc::new(RealClock))
}

pub(crate) fn service_with(function: Function, clock: Arc<dyn Clock>) -> Lambda {
    Lambda::new(config(), clock, vec![function], None)
}

pub(crate) async fn call(lambda: &Lambda, input: Value) -> Result<Value, ServiceError> {
    lambda.call("Invoke", input, &Caller::internal("111111111111", "arn:aws:iam::111111111111:role/r")).await
}

/// Invokes `f` with this payload; answers `(FunctionError, Payload)`.
pub(crate) async fn invoke(lambda: &Lambda, payload: Value) -> (Option<String>, Value) {
    let answer = call(lambda, json!({ "FunctionName": "f", "Payload": payload })).await.expect("an outcome");
    (answer["FunctionError"].as_str().map(str::to_owned), answer["Payload"].clone())
}

//! The server under measurement: the release binary, as an own process on a data folder of its own.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, ensure};
use aws_protocol::sigv4;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::{
    client::{self, Connection},
    load::Measured,
    process,
};

/// A running stepwell.
pub(crate) struct Server {
    address: SocketAddr,
    child: Child,
    /// Kept open: whoever prints into a closed pipe dies of it.
    _output: Lines<BufReader<ChildStdout>>,
    folder: TempDir,
    pub(crate) api_key: String,
    pub(crate) credentials: sigv4::Credentials,
}

fn binary() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("release/stepwell")
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("bench is a folder of the repository").to_owned()
}

pub(crate) fn binary_mebibytes() -> anyhow::Result<f64> {
    Ok(fs::metadata(binary())?.len() as f64 / f64::from(1 << 20))
}

impl Measured for Server {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn cpu_micros(&self) -> anyhow::Result<f64> {
        process::cpu_micros(&self.process()?)
    }
}

impl Server {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::start_in(tempfile::tempdir()?).await
    }

    /// Starts and waits for the line that says the server is ready.
    pub(crate) async fn start_in(folder: TempDir) -> anyhow::Result<Self> {
        Self::start_with(folder, &[], &[]).await
    }

    /// The same with more arguments (another template, flags) and settings of the environment.
    pub(crate) async fn start_with(
        folder: TempDir,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(binary())
            .current_dir(root())
            .args(["run", "--port", "0", "--tls-port", "0", "--data"])
            .arg(folder.path())
            .args(arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("start target/release/stepwell; build it with cargo build --release")?;
        let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        while let Some(line) = lines.next_line().await? {
            if line.contains("Ctrl-C") {
                break;
            }
        }
        let read = |name: &str| -> anyhow::Result<Value> {
            Ok(serde_json::from_slice(&fs::read(folder.path().join(name)).with_context(|| name.to_owned())?)?)
        };
        let (endpoints, secrets) = (read("endpoints.json")?, read("secrets.json")?);
        let text = |value: &Value| value.as_str().map(str::to_owned).context("a text in the data folder's files");
        let address = text(&endpoints["http"])?.trim_start_matches("http://").parse()?;
        Ok(Self {
            address,
            child,
            _output: lines,
            api_key: text(&endpoints["outputs"]["ApiKey"])?,
            credentials: sigv4::Credentials {
                access_key_id: text(&secrets["accessKeyIds"]["default"])?,
                secret_access_key: text(&secrets["secretAccessKeys"]["default"])?,
                session_token: None,
            },
            folder,
        })
    }

    /// Stops it as Ctrl-C does and gives its data folder back.
    pub(crate) async fn stop(mut self) -> anyhow::Result<TempDir> {
        let pid = self.child.id().context("it has ended already")?.to_string();
        let signalled = Command::new("kill").args(["-INT", &pid]).status().await?;
        ensure!(signalled.success(), "kill -INT {pid}: {signalled}");
        let ended = tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await??;
        ensure!(ended.success(), "stepwell ended with {ended}");
        Ok(self.folder)
    }

    /// Ends it as a crash does and gives its data folder back.
    pub(crate) async fn kill(mut self) -> anyhow::Result<TempDir> {
        self.child.kill().await?;
        Ok(self.folder)
    }

    pub(crate) fn resident_mebibytes(&self) -> anyhow::Result<f64> {
        process::resident_mebibytes(&self.process()?)
    }

    fn process(&self) -> anyhow::Result<String> {
        Ok(self.child.id().context("it has ended")?.to_string())
    }

    pub(crate) fn graphql_request(&self, body: &Value) -> Vec<u8> {
        self.graphql_text(&body.to_string())
    }

    fn graphql_text(&self, body: &str) -> Vec<u8> {
        client::graphql_request(self.address, &self.api_key, body)
    }

    /// One GraphQL request.
    pub(crate) async fn ask(&self, body: &str) -> anyhow::Result<Value> {
        let mut connection = Connection::open(self.address).await?;
        Ok(serde_json::from_slice(connection.ask(&self.graphql_text(body)).await?)?)
    }

    /// A signed request of Step Functions' or DynamoDB's wire API.
    pub(crate) fn wire_request(&self, target: &str, input: &Value) -> Vec<u8> {
        let body = input.to_string();
        let mut headers = HeaderMap::new();
        let host = self.address.to_string();
        for (name, value) in
            [("host", host.as_str()), ("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target)]
        {
            headers.insert(name, HeaderValue::from_str(value).expect("printable text"));
        }
        let service = if target.starts_with("DynamoDB") { "dynamodb" } else { "states" };
        let payload = sigv4::Payload::Bytes(body.as_bytes());
        let request = sigv4::Request { method: "POST", path: "/", query: "", headers: &headers, payload };
        let scope = sigv4::Scope { region: "us-east-1", service };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        headers.extend(sigv4::sign(&request, &self.credentials, scope, i64::try_from(now).unwrap_or(0)));
        let mut text = String::from("POST / HTTP/1.1\r\n");
        for (name, value) in &headers {
            text += &format!("{name}: {}\r\n", value.to_str().expect("printable text"));
        }
        format!("{text}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }

    /// One call of the wire API.
    pub(crate) async fn call(&self, target: &str, input: &Value) -> anyhow::Result<Value> {
        let mut connection = Connection::open(self.address).await?;
        Ok(serde_json::from_slice(connection.ask(&self.wire_request(target, input)).await?)?)
    }
}

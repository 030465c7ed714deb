//! A stepwell process under test: started on free ports with the shipped application, asked over the wire, stopped or
//! killed. Everything a test needs comes from its data folder, as it would for a person.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod operator;
pub(crate) mod realtime;
pub(crate) mod wire;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
};

/// How long anything may take on a busy machine before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running stepwell.
pub(crate) struct Server {
    child: Child,
    pub(crate) http: String,
    pub(crate) https: String,
    pub(crate) data: PathBuf,
    pub(crate) endpoints: Value,
    pub(crate) secrets: Value,
    pub(crate) client: reqwest::Client,
}

/// The binary under test: the one cargo built, or `STEPWELL_BIN`.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("STEPWELL_BIN").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_stepwell")), PathBuf::from)
}

/// A command of the binary in the repository's folder, with nothing of our environment's settings.
pub(crate) fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars()
        .filter(|(name, _)| ["STEPWELL_", "AWS_", "OTEL_"].iter().any(|prefix| name.starts_with(prefix)))
    {
        command.env_remove(name);
    }
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).arg("--data").arg(data).kill_on_drop(true);
    command
}

/// A process with these arguments, on free ports unless they name some, its output in a pipe.
pub(crate) fn spawn(data: &Path, arguments: &[&str]) -> Child {
    spawn_in(data, arguments, &[])
}

/// The same in an environment with these variables.
fn spawn_in(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Child {
    let mut command = command(data, arguments);
    command.envs(variables.iter().copied());
    for flag in ["--port", "--tls-port"].iter().filter(|flag| !arguments.contains(flag)) {
        command.args([flag, "0"]);
    }
    command.stdout(Stdio::piped()).spawn().expect("the binary starts")
}

impl Server {
    /// Starts the shipped application on `data`.
    pub(crate) async fn start(data: &Path) -> Self {
        Self::start_with(data, &["run"]).await
    }

    /// Starts with these arguments, on free ports unless they name some, and waits for the line that says it is ready.
    pub(crate) async fn start_with(data: &Path, arguments: &[&str]) -> Self {
        Self::start_in(data, arguments, &[]).await
    }

    /// The same in an environment with these variables.
    pub(crate) async fn start_in(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = spawn_in(data, arguments, variables);
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        loop {
            let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("ready in time");
            match line.expect("readable output") {
                Some(line) if line.contains("Ctrl-C") => break,
                Some(_) => {}
                None => panic!("stepwell ended before it was ready: {:?}", child.wait().await),
            }
        }
        // A pipe that nobody reads fills up, and one that is closed makes its writer fail.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let read = |name: &str| -> Value {
            serde_json::from_slice(&fs::read(data.join(name)).expect(name)).expect("a JSON file of the data folder")
        };
        let (endpoints, secrets) = (read("endpoints.json"), read("secrets.json"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            http: text(&endpoints["http"]),
            https: text(&endpoints["https"]),
            child,
            data: data.to_owned(),
            endpoints,
            secrets,
            client: reqwest::Client::new(),
        }
    }

    /// An output of the template.
    pub(crate) fn output(&self, name: &str) -> String {
        self.endpoints["outputs"][name].as_str().unwrap_or_else(|| panic!("no output {name}")).to_owned()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Sends SIGKILL without waiting; the process is reaped by [`Self::kill`].
    pub(crate) fn kill_now(&self) {
        let killed = std::process::Command::new("kill").args(["-KILL", &self.pid().to_string()]).status();
        assert!(killed.expect("kill").success());
    }

    /// Whether the process has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a status").is_some()
    }

    /// Kills it as nothing can prevent (SIGKILL) and waits until it is gone.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    /// Stops it as Ctrl-C does.
    pub(crate) async fn stop(mut self) -> ExitStatus {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().await.expect("kill").success());
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("ends in time").expect("a status")
    }

    /// A GraphQL request with the API key; answers the body.
    pub(crate) async fn graphql(&self, query: &str, variables: Value) -> Value {
        self.try_graphql(query, variables).await.expect("an answer")
    }

    /// The same, when the server may be gone.
    pub(crate) async fn try_graphql(&self, query: &str, variables: Value) -> reqwest::Result<Value> {
        self.try_graphql_as(("x-api-key", &self.output("ApiKey")), query, variables).await
    }

    /// A GraphQL request with one header for credentials.
    pub(crate) async fn try_graphql_as(
        &self,
        credentials: (&str, &str),
        query: &str,
        variables: Value,
    ) -> reqwest::Result<Value> {
        let body = json!({ "query": query, "variables": variables });
        let request = self.client.post(format!("{}/graphql", self.http)).header(credentials.0, credentials.1);
        request.json(&body).send().await?.json().await
    }

    /// An access token of a demo user of the first pool that has it.
    pub(crate) async fn token(&self, user: &str) -> String {
        let pool = self.endpoints["userPools"]
            .as_array()
            .expect("user pools")
            .iter()
            .find(|pool| pool["users"].as_array().is_some_and(|users| users.contains(&json!(user))))
            .expect("a pool with the user");
        let key = format!("{}/{user}", pool["id"].as_str().expect("an id"));
        let input = json!({
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": pool["clientId"],
            "AuthParameters": { "USERNAME": user, "PASSWORD": self.secrets["passwords"][&key] },
        });
        let answer = self
            .client
            .post(&self.http)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", "AWSCognitoIdentityProviderService.InitiateAuth")
            .body(input.to_string())
            .send()
            .await
            .expect("an answer")
            .json::<Value>()
            .await
            .expect("JSON");
        answer["AuthenticationResult"]["AccessToken"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

/// Runs a command that should end by itself: exit status, output, error output.
pub(crate) async fn run(data: &Path, arguments: &[&str]) -> (ExitStatus, String, String) {
    let mut child =
        command(data, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let (mut out, mut err) = (String::new(), String::new());
    let (mut stdout, mut stderr) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
    let ended = async {
        let (read_out, read_err, status) =
            tokio::join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err), child.wait());
        read_out.and(read_err).and(status).expect("a status")
    };
    let status = tokio::time::timeout(PATIENCE, ended).await.expect("ends in time");
    (status, out, err)
}

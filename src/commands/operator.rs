//! Asking the running stepwell through the operator's API: its address and the operator's token are in the data folder.

use std::{fs, sync::Arc};

use anyhow::{Context, bail};
use appsync::trace::Ring;
use aws_protocol::{Caller, Directory};
use clock::RealClock;
use serde_json::{Value, json};
use store::SqliteStore;

use crate::{
    config::Config,
    http::operate,
    wiring::{endpoints::Endpoints, state_machines},
};

/// Asks the running stepwell, or where none runs, what the data folder holds: for queries only.
///
/// # Errors
/// As [`Operator::ask`]; a data folder that is not there or cannot be opened.
pub(super) fn ask_or_read(config: &Config, query: &str, variables: Value) -> anyhow::Result<Value> {
    let is_gone =
        |error: &anyhow::Error| error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect);
    if let Ok(running) = Operator::find(config) {
        match running.ask(query, variables.clone()) {
            Err(error) if is_gone(&error) => {}
            answered => return answered,
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(read(config, query, variables))
}

/// Answers from the data folder.
async fn read(config: &Config, query: &str, variables: Value) -> anyhow::Result<Value> {
    let folder = &config.data.value;
    if !folder.is_dir() {
        bail!("there is no data folder {} (choose another with --data)", folder.display());
    }
    let store = Arc::new(SqliteStore::open(folder)?);
    let engine = state_machines::read(config, store, Arc::new(RealClock)).await?;
    let (partition, caller) = (engine.partition().clone(), Caller::anonymous());
    let services = Directory::default();
    services.register(Arc::new(engine.clone()));
    let schema = operate::schema(operate::Operator {
        services,
        caller,
        engine: Some(engine),
        partition,
        requests: Arc::new(Ring::new(0, 0)),
        reloads: Arc::default(),
    });
    let request = async_graphql::Request::new(query).variables(async_graphql::Variables::from_json(variables));
    data(serde_json::to_value(schema.execute(request).await)?)
}

/// The `data` of an answer without errors.
fn data(mut answer: Value) -> anyhow::Result<Value> {
    match answer["errors"][0]["message"].as_str() {
        Some(message) => bail!("{message}"),
        None => Ok(answer["data"].take()),
    }
}

/// The operator's API of the stepwell that runs on a data folder.
pub(super) struct Operator {
    url: String,
    token: Option<String>,
}

impl Operator {
    /// Finds it.
    ///
    /// # Errors
    /// None runs on the folder.
    pub(super) fn find(config: &Config) -> anyhow::Result<Self> {
        let endpoints = Endpoints::read(&config.data.value).with_context(|| not_running(config))?;
        let token = fs::read_to_string(config.data_file("operator-token")).ok();
        let token = token.map(|token| token.trim().to_owned());
        Ok(Self { url: format!("{}/operate/graphql", endpoints.http), token })
    }

    /// Where it answers queries and mutations.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The operator's token.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Answers the `data` of a query or mutation.
    ///
    /// # Errors
    /// Nobody answers (a stepwell that was killed leaves its address behind), or the operator's API refuses.
    pub(super) fn ask(&self, query: &str, variables: Value) -> anyhow::Result<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        data(runtime.block_on(self.send(json!({ "query": query, "variables": variables })))?)
    }

    async fn send(&self, body: Value) -> anyhow::Result<Value> {
        let url = &self.url;
        let mut request = reqwest::Client::new().post(url).json(&body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.with_context(|| format!("call {url} (does stepwell still run there?)"))?;
        let status = answer.status();
        if !status.is_success() {
            bail!("{url} answers {status}: {}", answer.text().await.unwrap_or_default());
        }
        answer.json().await.with_context(|| format!("{url} does not answer as stepwell does"))
    }
}

/// What to say where none runs.
pub(super) fn not_running(config: &Config) -> String {
    format!("no stepwell runs on the data folder {}; start it with `stepwell run`", config.data.value.display())
}

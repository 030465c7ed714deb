//! Asking the running stepwell through the operator's API: its address and the operator's token are in the data folder.

use std::fs;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::{config::Config, wiring::endpoints::Endpoints};

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

    /// Answers the `data` of a query or mutation.
    ///
    /// # Errors
    /// Nobody answers (a stepwell that was killed leaves its address behind), or the operator's API refuses.
    pub(super) fn ask(&self, query: &str, variables: Value) -> anyhow::Result<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut answer = runtime.block_on(self.send(json!({ "query": query, "variables": variables })))?;
        match answer["errors"][0]["message"].as_str() {
            Some(message) => bail!("{message}"),
            None => Ok(answer["data"].take()),
        }
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

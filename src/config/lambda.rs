//! `[lambda]`: who runs the functions, one by one and all others.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

use super::Backend;

/// The section of the settings file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Lambda {
    /// `aws`: functions without a command of their own run on AWS, or at `endpoint_url`.
    pub(crate) service: Option<Backend>,
    /// Where Lambda's Invoke is served; functions without a command of their own run there.
    pub(crate) endpoint_url: Option<String>,
    /// Functions by name, or by logical id in the template.
    pub(crate) functions: BTreeMap<String, Function>,
}

/// One function. Without a command and an endpoint it runs as the template says, with what is given here over it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Function {
    /// A program and its arguments.
    pub(crate) command: Option<Vec<String>>,
    pub(crate) protocol: Protocol,
    /// Where the command runs, from the working folder.
    pub(crate) folder: Option<PathBuf>,
    /// `_HANDLER`.
    pub(crate) handler: Option<String>,
    pub(crate) timeout_seconds: Option<u32>,
    pub(crate) environment: BTreeMap<String, String>,
    /// Its processes at once.
    pub(crate) concurrency: Option<usize>,
    /// Where Lambda's Invoke is served for this function.
    pub(crate) endpoint_url: Option<String>,
    /// The function's name there, if it has another.
    pub(crate) remote_name: Option<String>,
}

/// How a command gets its events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Protocol {
    /// It asks for them over the Lambda Runtime API, and stays.
    #[default]
    RuntimeApi,
    /// It is started for each: the event on standard input, the result on standard output.
    Stdio,
}

impl Lambda {
    /// Lays `over` over these settings.
    pub(super) fn apply(&mut self, over: Self) {
        self.service = over.service.or(self.service);
        self.endpoint_url = over.endpoint_url.or(self.endpoint_url.take());
        self.functions.extend(over.functions);
    }

    /// What cannot be right.
    pub(super) fn validate(&self) -> Result<(), String> {
        for (name, function) in &self.functions {
            if function.command.as_ref().is_some_and(Vec::is_empty) {
                return Err(format!("lambda.functions.{name}.command is empty; it needs a program"));
            }
            if function.command.is_some() && function.endpoint_url.is_some() {
                return Err(format!("lambda.functions.{name} has a command and an endpoint_url; give it one of them"));
            }
        }
        Ok(())
    }

    /// Lines for `stepwell config`: names and values, without arguments and environments, which may hold secrets.
    pub(super) fn lines(&self) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        if let Some(service) = self.service {
            lines.push(("lambda.service".to_owned(), service.to_string()));
        }
        if let Some(url) = &self.endpoint_url {
            lines.push(("lambda.endpoint_url".to_owned(), url.clone()));
        }
        for (name, function) in &self.functions {
            let program = function.command.as_ref().and_then(|command| command.first());
            let who = program.or(function.endpoint_url.as_ref()).map_or("(of the template)", String::as_str);
            lines.push((format!("lambda.functions.{name}"), who.to_owned()));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_reads_and_says_what_is_wrong() {
        let text = r#"
            endpoint_url = "http://127.0.0.1:3001"
            [functions.pay]
            command = ["node", "--token=x", "pay.mjs"]
            protocol = "stdio"
            timeout_seconds = 30
        "#;
        let section: Lambda = toml::from_str(text).expect("valid");
        assert_eq!(section.functions["pay"].protocol, Protocol::Stdio);
        let shown: Vec<_> = section.lines().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown, ["lambda.endpoint_url=http://127.0.0.1:3001", "lambda.functions.pay=node"]);
        let empty: Lambda = toml::from_str("functions.pay.command = []").expect("readable");
        assert!(empty.validate().expect_err("empty").contains("lambda.functions.pay.command is empty"));
    }
}

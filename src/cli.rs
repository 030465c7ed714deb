//! The command line.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::config::{Backend, Dialect, Layer, Objects};

/// Runs an AWS AppSync application on your own machine: GraphQL, subscriptions, Step Functions, DynamoDB, Cognito.
#[derive(Debug, Parser)]
#[command(name = "stepwell", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run an application (the default): stepwell run [TEMPLATE]
    Run {
        /// The CloudFormation template, YAML or JSON [default: infra/template.yaml]
        template: Option<PathBuf>,
    },
    /// Validate an application without running it
    Check {
        /// The CloudFormation template, YAML or JSON [default: infra/template.yaml]
        template: Option<PathBuf>,
    },
    /// Sign a demo user in and print a token for an Authorization header
    Token {
        /// A user of the application's user pool
        user: String,
        /// Print the id token instead of the access token
        #[arg(long)]
        id: bool,
    },
    /// Print a picture (SVG) of a workflow or of an execution
    Graph {
        /// A definition file, an execution's ARN, or a state machine of the template by logical id or name
        what: Option<String>,
        /// The CloudFormation template, YAML or JSON [default: infra/template.yaml]
        #[arg(long, value_name = "FILE")]
        template: Option<PathBuf>,
    },
    /// Go back to a state of an execution: start a new execution there, in the running stepwell
    Fork(Fork),
    /// Say where an execution and a changed definition would part: exit code 0 if they do not, 1 if they do, 2 on errors
    Replay(Replay),
    /// Print what happened in a request to the running stepwell: resolvers, functions, data sources, and how long they took
    Trace(Trace),
    /// Print every setting and where it comes from
    Config,
}

/// What `stepwell replay` is told.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The ARN of the execution, ended or running
    pub(crate) execution: String,
    /// The changed definition [default: the one that its state machine has now]
    #[arg(long, value_name = "FILE")]
    pub(crate) definition: Option<PathBuf>,
    /// Print the whole report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `stepwell trace` is told.
#[derive(Debug, Args)]
pub(crate) struct Trace {
    /// The request's id, which its client got as x-amzn-RequestId [default: the last request]
    pub(crate) request: Option<String>,
    /// Print each request as it finishes
    #[arg(long, conflicts_with = "request")]
    pub(crate) follow: bool,
    /// Print arguments, evaluated requests and answers, too; secrets are masked
    #[arg(long)]
    pub(crate) values: bool,
    /// Print everything as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `stepwell fork` is told.
#[derive(Debug, Args)]
pub(crate) struct Fork {
    /// The ARN of the execution to go back to; it stays as it is
    pub(crate) execution: String,
    /// The state to begin in, one of the top level
    #[arg(long, value_name = "STATE")]
    pub(crate) from: String,
    /// What the state is entered with [default: what it was entered with last]
    #[arg(long, value_name = "JSON|@FILE")]
    pub(crate) input: Option<String>,
    /// The new execution's name [default: a UUID]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Run the state machine's definition of now instead of the one that the execution ran
    #[arg(long)]
    pub(crate) current_definition: bool,
}

/// Settings that every command takes; each also has a line in stepwell.toml and a variable `STEPWELL_<NAME>`.
#[derive(Debug, Default, Args)]
pub(crate) struct Settings {
    /// Read settings from this file instead of ./stepwell.toml
    #[arg(long, global = true, env = "STEPWELL_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Keep data in this folder [default: .stepwell]
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Listen on this address [default: 127.0.0.1]
    #[arg(long, global = true)]
    host: Option<IpAddr>,
    /// Serve HTTP on this port; 0 takes a free one [default: 4000]
    #[arg(long, global = true)]
    port: Option<u16>,
    /// Serve HTTPS on this port; 0 takes a free one [default: 4443]
    #[arg(long, global = true)]
    tls_port: Option<u16>,
    /// Serve HTTPS with a certificate of a local authority [default: true]
    #[arg(long, global = true)]
    tls: Option<bool>,
    /// The AWS region to be [default: us-east-1]
    #[arg(long, global = true)]
    region: Option<String>,
    /// The AWS account to be, twelve digits [default: 000000000000]
    #[arg(long, global = true)]
    account: Option<String>,
    /// AWS::StackName [default: stepwell]
    #[arg(long, global = true)]
    stack_name: Option<String>,
    /// Who serves DynamoDB [default: embedded]
    #[arg(long, global = true)]
    dynamodb: Option<Backend>,
    /// Where DynamoDB is, with --dynamodb aws
    #[arg(long, global = true, value_name = "URL")]
    dynamodb_endpoint_url: Option<String>,
    /// Who serves Step Functions [default: embedded]
    #[arg(long, global = true)]
    states: Option<Backend>,
    /// Where Step Functions is, with --states aws
    #[arg(long, global = true, value_name = "URL")]
    states_endpoint_url: Option<String>,
    /// Who keeps the objects of S3 [default: folder]
    #[arg(long, global = true)]
    s3: Option<Objects>,
    /// The folder that stands for S3, with a folder for each bucket [default: s3 in the data folder]
    #[arg(long, global = true, value_name = "FOLDER")]
    s3_folder: Option<PathBuf>,
    /// Where S3 is, with --s3 aws
    #[arg(long, global = true, value_name = "URL")]
    s3_endpoint_url: Option<String>,
    /// What resolvers in JavaScript may be written in: what AWS accepts, or more [default: strict]
    #[arg(long, global = true)]
    resolver_dialect: Option<Dialect>,
    /// Do not reload the application when a file of it changes
    #[arg(long, global = true)]
    no_watch: bool,
    /// A template parameter; may be repeated
    #[arg(long = "parameter", short = 'p', global = true, value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

impl Cli {
    /// The flags as a layer of settings.
    pub(crate) fn layer(&self) -> Layer {
        let template = match &self.command {
            Some(Command::Run { template } | Command::Check { template } | Command::Graph { template, .. }) => {
                template.clone()
            }
            _ => None,
        };
        let flags = &self.settings;
        Layer {
            template,
            data: flags.data.clone(),
            host: flags.host,
            port: flags.port,
            tls_port: flags.tls_port,
            tls: flags.tls,
            region: flags.region.clone(),
            account: flags.account.clone(),
            stack_name: flags.stack_name.clone(),
            dynamodb: flags.dynamodb,
            dynamodb_endpoint_url: flags.dynamodb_endpoint_url.clone(),
            states: flags.states,
            states_endpoint_url: flags.states_endpoint_url.clone(),
            s3: flags.s3,
            resolver_dialect: flags.resolver_dialect,
            s3_folder: flags.s3_folder.clone(),
            s3_endpoint_url: flags.s3_endpoint_url.clone(),
            watch: flags.no_watch.then_some(false),
            parameters: flags.parameters.iter().cloned().collect(),
            ..Layer::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_may_follow_the_command() {
        let cli = Cli::try_parse_from(["stepwell", "run", "x.yaml", "--port", "0", "-p", "A=b=c"]).expect("valid");
        let layer = cli.layer();
        assert_eq!(layer.template, Some(PathBuf::from("x.yaml")));
        assert_eq!(layer.port, Some(0));
        assert_eq!(layer.parameters["A"], "b=c");
    }

    #[test]
    fn a_parameter_needs_a_name_and_a_value() {
        assert!(Cli::try_parse_from(["stepwell", "-p", "A"]).is_err());
        assert!(Cli::try_parse_from(["stepwell", "-p", "=b"]).is_err());
    }
}

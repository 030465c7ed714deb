//! `stepwell graph`: prints an SVG of a workflow, or of an execution of the running stepwell.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, bail};
use asl::{
    Definition,
    graph::{Overlay, svg},
};
use serde_json::{Value, json};
use template::{Derived, StateMachine};

use crate::{
    config::Config,
    wiring::{self, endpoints::Endpoints},
};

/// Prints the picture of `what`: an execution's ARN, a definition file, or a state machine of the template by its
/// logical id or name; without it, of the template's only state machine.
pub(crate) fn graph(config: &Config, what: Option<&str>) -> anyhow::Result<ExitCode> {
    let picture = match what {
        Some(arn) if arn.starts_with("arn:") => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(of_execution(config, arn))?
        }
        Some(path) if Path::new(path).is_file() => {
            of_definition(path, &std::fs::read_to_string(path).with_context(|| format!("read {path}"))?)?
        }
        name => of_template(config, name)?,
    };
    print!("{picture}");
    Ok(ExitCode::SUCCESS)
}

fn of_definition(name: &str, text: &str) -> anyhow::Result<String> {
    match Definition::parse(text) {
        Ok(definition) => Ok(svg(&definition, &Overlay::default())),
        Err(diagnostics) => {
            let texts: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
            bail!("the definition {name} is not valid:\n{}", texts.join("\n"))
        }
    }
}

fn of_template(config: &Config, name: Option<&str>) -> anyhow::Result<String> {
    let derived = Derived { region: config.region.value.clone(), stack_name: config.stack_name.value.clone() };
    let machines = wiring::load(config, &derived)?.application.state_machines;
    let wanted = |machine: &&StateMachine| name.is_none_or(|name| machine.logical_id == name || machine.name == name);
    let mut found = machines.iter().filter(wanted);
    match (found.next(), found.next()) {
        (Some(machine), None) => of_definition(&machine.name, &machine.definition.text),
        _ => {
            let names: Vec<&str> = machines.iter().map(|machine| &*machine.logical_id).collect();
            let template = config.template.value.display();
            bail!("name a definition file, an execution's ARN or a state machine of {template}: {}", names.join(", "))
        }
    }
}

/// Asks the running stepwell.
async fn of_execution(config: &Config, arn: &str) -> anyhow::Result<String> {
    let endpoints = Endpoints::read(&config.data.value)
        .with_context(|| format!("no stepwell runs on the data folder {}", config.data.value.display()))?;
    let url = format!("{}/operate/graphql", endpoints.http);
    let query = "query Graph($arn: String!) { execution(arn: $arn) { graph } }";
    let body = json!({ "query": query, "variables": { "arn": arn } }).to_string();
    let request = reqwest::Client::new().post(&url).header("content-type", "application/json").body(body);
    let answer: Value = request.send().await.with_context(|| format!("call {url}"))?.json().await?;
    match answer["data"]["execution"]["graph"].as_str() {
        Some(picture) => Ok(picture.to_owned()),
        None => bail!("no picture: {}", answer["errors"][0]["message"].as_str().unwrap_or("an answer without one")),
    }
}

//! `stepwell graph`: prints an SVG of a workflow, or of an execution of the running stepwell.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, bail};
use asl::{
    Definition,
    graph::{Overlay, svg},
};
use serde_json::json;
use template::{Derived, Disk, StateMachine};

use super::operator::Operator;
use crate::{config::Config, wiring};

/// Prints the picture of `what`: an execution's ARN, a definition file, or a state machine of the template by its
/// logical id or name; without it, of the template's only state machine.
pub(crate) fn graph(config: &Config, what: Option<&str>) -> anyhow::Result<ExitCode> {
    let picture = match what {
        Some(arn) if arn.starts_with("arn:") => of_execution(config, arn)?,
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
    let machines = wiring::load(config, &derived, &Disk)?.application.state_machines;
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
fn of_execution(config: &Config, arn: &str) -> anyhow::Result<String> {
    let query = "query Graph($arn: String!) { execution(arn: $arn) { graph } }";
    let answer = Operator::find(config)?.ask(query, json!({ "arn": arn })).context("draw the execution")?;
    Ok(answer["execution"]["graph"].as_str().context("an answer without a picture")?.to_owned())
}

//! [StartExecution](https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html): answers
//! once the start is durable; idempotent by name for a Standard execution that is still running.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{input::Input, json_text};
use crate::{
    Error,
    arn::{self, Qualifier},
    driver::{Start, Target},
    engine::Shared,
    records::{Alias, Version},
};

pub(super) async fn run(shared: &Arc<Shared>, input: &Value) -> Result<Value, Error> {
    let start = read(shared, Input::new(input)?)?;
    let (_, row) = shared.start(start).await?;
    Ok(json!({ "executionArn": row.arn, "startDate": row.started.epoch_seconds() }))
}

/// Reads what StartExecution and StartSyncExecution have in common.
pub(super) fn read(shared: &Shared, mut input: Input<'_>) -> Result<Start, Error> {
    let machine_arn = input.arn("stateMachineArn")?;
    let name = input.text("name", 1, 80)?;
    // Counted in bytes below: the quota is one of UTF-8.
    let text = input.text("input", 0, usize::MAX)?.unwrap_or("{}");
    let trace_header = input.text("traceHeader", 0, 256)?.map(str::to_owned);
    input.finish()?;
    let target = target(shared, machine_arn)?;
    if let Some(name) = name {
        arn::check_name(name)?;
    }
    json_text::check_size("input", text, shared.limits.bounds.payload_bytes)?;
    json_text::check(text).map_err(Error::InvalidExecutionInput)?;
    Ok(Start { target, name: name.map(str::to_owned), input: text.into(), trace_header, origin: None })
}

/// What the ARN of a state machine, a version or an alias starts.
///
/// # Errors
/// `InvalidArn`, `StateMachineDoesNotExist`, `StateMachineDeleting`.
fn target(shared: &Shared, machine_arn: &str) -> Result<Target, Error> {
    let absent = || Error::StateMachineDoesNotExist(machine_arn.to_owned());
    let (name, qualifier) = arn::qualified_machine(machine_arn)?;
    let machine = shared.catalog.active_machine(&name, machine_arn)?;
    let published = shared.catalog.published();
    let (version, alias) = match qualifier {
        Qualifier::None => (None, None),
        Qualifier::Version(number) => (Some(number), None),
        Qualifier::Alias(name) => {
            let alias = published.alias(machine.id, &name).ok_or_else(absent)?;
            (Some(route(&alias, shared.clock.random())), Some(alias))
        }
    };
    let version = version.map(|number| published.version(machine.id, number).ok_or_else(absent)).transpose()?;
    let version: Option<&Version> = version.as_deref();
    Ok(Target {
        machine: version.map_or_else(|| (&*machine).into(), |version| version.machine.clone()),
        version_arn: version.map(|version| version.arn().into()),
        alias_arn: alias.map(|alias| alias.arn.clone()),
    })
}

/// The version that an alias routes an execution to: each gets its weight's share of all random numbers.
fn route(alias: &Alias, random: u64) -> u64 {
    let total: u64 = alias.routes.iter().map(|route| route.weight).sum();
    let mut place = random % total.max(1);
    for route in &alias.routes {
        if place < route.weight {
            return route.version;
        }
        place -= route.weight;
    }
    // Weights that sum to nothing are refused where they are given.
    alias.routes.first().map_or(0, |route| route.version)
}

#[cfg(test)]
mod tests {
    use clock::Timestamp;

    use super::*;
    use crate::records::Route;

    #[test]
    fn an_alias_routes_by_weight() {
        let route_of = |version, weight| Route { version, weight };
        let alias = |routes| Alias {
            machine: 1,
            name: "live".to_owned(),
            arn: "arn".into(),
            description: None,
            created: Timestamp(0),
            updated: Timestamp(0),
            routes,
        };
        let both = alias(vec![route_of(1, 30), route_of(2, 70)]);
        let first = (0..1_000).filter(|random| route(&both, *random) == 1).count();
        assert_eq!(first, 300);
        let one_sided = alias(vec![route_of(1, 0), route_of(2, 100)]);
        assert!((0..1_000).all(|random| route(&one_sided, random) == 2));
    }
}

//! `routingConfiguration` of aliases, and finding an alias by its ARN.

use std::sync::Arc;

use serde_json::{Value, json};

use super::input::{Input, wrong_type};
use crate::{
    Error,
    arn::{self, Qualifier},
    engine::Shared,
    records::{Alias, Machine, Route},
};

/// How many versions an alias may route to.
const MOST_ROUTES: usize = 2;

/// One entry as it was given.
struct Entry<'a> {
    arn: &'a str,
    weight: i64,
}

/// `routingConfiguration` as given, its constraints noted in `input`; `None` where it is absent.
pub(super) struct Routing<'a>(Vec<Entry<'a>>);

impl<'a> Routing<'a> {
    /// Reads the member.
    pub(super) fn read(input: &mut Input<'a>) -> Result<Option<Self>, Error> {
        if input.value("routingConfiguration").is_none() {
            return Ok(None);
        }
        let list = input.list("routingConfiguration")?;
        let entries = list.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let length = |constraint: &str| format!("Member must have length {constraint}");
        if entries.is_empty() {
            input.violate("[]", "routingConfiguration", length("greater than or equal to 1"));
        }
        if entries.len() > MOST_ROUTES {
            input.violate(&printed(&entries), "routingConfiguration", length("less than or equal to 2"));
        }
        for (at, entry) in entries.iter().enumerate() {
            let constraint = match entry.weight {
                ..0 => "Member must have value greater than or equal to 0",
                0..=100 => continue,
                _ => "Member must have value less than or equal to 100",
            };
            let member = format!("routingConfiguration.{}.member.weight", at + 1);
            input.violate(&entry.weight.to_string(), &member, constraint.to_owned());
        }
        Ok(Some(Self(entries)))
    }

    /// The machine whose versions are named, and the routes to them. The texts are as recorded on AWS.
    ///
    /// # Errors
    /// `ValidationException`, `StateMachineDeleting`; `ResourceNotFound` for versions that do not exist.
    pub(super) fn check(&self, shared: &Shared) -> Result<(Arc<Machine>, Vec<Route>), Error> {
        let invalid = |text: &str, received: String| Error::Validation(format!("{text}. Received: [{received}]"));
        let arns: Vec<&str> = self.0.iter().map(|entry| entry.arn).collect();
        let of_arns = |text: &str| invalid(text, arns.join(", "));
        let mut versions = Vec::new();
        for arn in &arns {
            match arn::qualified_machine(arn) {
                Ok((name, Qualifier::Version(number))) => versions.push((name, number)),
                _ => return Err(of_arns("Routing configuration must contain state machine version ARNs")),
            }
        }
        let Some((name, _)) = versions.first() else { return Err(of_arns("Routing configuration must not be empty")) };
        if versions.iter().any(|(other, _)| other != name) {
            // No recording shows AWS's text for this.
            return Err(of_arns("Routing configuration must contain versions of one state machine"));
        }
        if versions.len() == MOST_ROUTES && versions[0] == versions[1] {
            return Err(of_arns("Routing configuration must contain distinct state machine version ARNs"));
        }
        let weights: Vec<String> = self.0.iter().map(|entry| entry.weight.to_string()).collect();
        if self.0.iter().map(|entry| entry.weight).sum::<i64>() != 100 {
            return Err(invalid("Sum of routing configuration weights must equal 100", weights.join(", ")));
        }
        let machine = shared.catalog.machine(name).ok_or(Error::ReferencedResourceNotFound)?;
        if machine.deleting {
            return Err(Error::StateMachineDeleting(machine.arn.to_string()));
        }
        let exists = |number: &u64| shared.catalog.published().version(machine.id, *number).is_some();
        if !versions.iter().all(|(_, number)| exists(number)) {
            return Err(Error::ReferencedResourceNotFound);
        }
        let routes = versions.iter().zip(&self.0).map(|((_, version), entry)| Route {
            version: *version,
            weight: u64::try_from(entry.weight).expect("weights were checked to be in 0..=100"),
        });
        let routes = routes.collect();
        Ok((machine, routes))
    }
}

fn entry(value: &Value) -> Result<Entry<'_>, Error> {
    let arn = value["stateMachineVersionArn"].as_str();
    let weight = value["weight"].as_i64();
    match (arn, weight) {
        (Some(arn), Some(weight)) => Ok(Entry { arn, weight }),
        _ => Err(wrong_type(value, "RoutingConfigurationListItem")),
    }
}

/// As AWS prints the list in its messages (recorded on AWS).
fn printed(entries: &[Entry<'_>]) -> String {
    let printed = entries.iter().map(|entry| {
        format!("RoutingConfigurationListItem(stateMachineVersionArn={}, weight={})", entry.arn, entry.weight)
    });
    format!("[{}]", printed.collect::<Vec<_>>().join(", "))
}

/// As DescribeStateMachineAlias shows it.
pub(super) fn show(alias: &Alias) -> Value {
    // An alias's ARN is its machine's, and its own name.
    let machine = alias.arn.rsplit_once(':').map_or("", |(machine, _)| machine);
    let routes = alias.routes.iter().map(
        |route| json!({ "stateMachineVersionArn": format!("{machine}:{}", route.version), "weight": route.weight }),
    );
    routes.collect()
}

/// The alias that an ARN names; `None` if there is none.
///
/// # Errors
/// `InvalidArn` for an ARN of anything else.
pub(super) fn find(shared: &Shared, alias_arn: &str) -> Result<Option<Arc<Alias>>, Error> {
    let (machine, Qualifier::Alias(name)) = arn::qualified_machine(alias_arn)? else {
        return Err(Error::InvalidArn("Resource type not valid in this context: stateMachine".to_owned()));
    };
    let machine = shared.catalog.machine(&machine);
    Ok(machine.and_then(|machine| shared.catalog.published().alias(machine.id, &name)))
}

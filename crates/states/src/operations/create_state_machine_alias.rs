//! [CreateStateMachineAlias](https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachineAlias.html):
//! idempotent for the same routes and description.

use serde_json::{Value, json};

use super::{input::Input, routing::Routing};
use crate::{Error, engine::Shared, records::Alias};

/// What a name must match; an alias of digits alone would read as a version.
const PATTERN: &str = r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$";

pub(super) async fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let description = input.text("description", 0, 256)?.map(str::to_owned);
    let name = input.required("name", 1, 80)?;
    let routing = Routing::read(&mut input)?;
    if routing.is_none() {
        input.required("routingConfiguration", 1, 2)?;
    }
    if !name.is_empty() && !matches_pattern(name) {
        input.violate(name, "name", format!("Member must satisfy regular expression pattern: {PATTERN}"));
    }
    input.finish()?;
    let changes = shared.catalog.lock().await;
    let (machine, routes) = routing.expect("its absence is a violation").check(shared)?;
    let published = shared.catalog.published();
    let alias = match published.alias(machine.id, name) {
        Some(alias) if alias.routes == routes && alias.description == description => alias,
        Some(_) => {
            let text = "Failed to create alias because an alias with the same name and a different routing configuration \
                        already exists.";
            return Err(Error::Conflict(text.to_owned()));
        }
        None if published.aliases(machine.id).len() >= shared.limits.aliases => {
            return Err(Error::ServiceQuotaExceeded(format!("Alias limit exceeded: '{}'", shared.limits.aliases)));
        }
        None => {
            let (now, arn) = (shared.clock.now(), format!("{}:{name}", machine.arn).into());
            let (machine, name) = (machine.id, name.to_owned());
            let alias = Alias { machine, name, arn, description, created: now, updated: now, routes };
            shared.catalog.put_alias(&changes, alias).await?
        }
    };
    Ok(json!({ "stateMachineAliasArn": alias.arn, "creationDate": alias.created.epoch_seconds() }))
}

fn matches_pattern(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    name.chars().all(allowed) && name.chars().any(|c| !c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_recorded_on_aws() {
        for name in ["live", "v1.2-x_y", "1a", "."] {
            assert!(matches_pattern(name), "{name}");
        }
        for name in ["123", "!INVALID", "ALIAS@", "INVALID ALIAS", "\u{fc}"] {
            assert!(!matches_pattern(name), "{name}");
        }
    }
}

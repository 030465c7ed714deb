//! [DeleteStateMachineVersion](https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachineVersion.html):
//! an unknown version is no error; one that an alias routes to stays.

use serde_json::{Value, json};

use super::input::Input;
use crate::{
    Error,
    arn::{self, Qualifier},
    engine::Shared,
};

pub(super) async fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let version_arn = input.required("stateMachineVersionArn", 1, 2_000)?;
    input.finish()?;
    let (name, Qualifier::Version(number)) = arn::qualified_machine(version_arn)? else {
        return Err(Error::InvalidArn("Resource type not valid in this context: stateMachine".to_owned()));
    };
    let changes = shared.catalog.lock().await;
    let Some(machine) = shared.catalog.machine(&name) else { return Ok(json!({})) };
    let published = shared.catalog.published();
    let Some(version) = published.version(machine.id, number) else { return Ok(json!({})) };
    let aliases = published.aliases(machine.id);
    let routing = aliases.iter().filter(|alias| alias.routes.iter().any(|route| route.version == number));
    let names: Vec<&str> = routing.map(|alias| alias.name.as_str()).collect();
    if !names.is_empty() {
        return Err(Error::Conflict(format!(
            "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: \
             [{}]",
            names.join(", ")
        )));
    }
    shared.catalog.remove_version(&changes, &version).await?;
    Ok(json!({}))
}

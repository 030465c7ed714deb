//! [ListStateMachineAliases](https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachineAliases.html):
//! by name; those that route to one version where the ARN of a version is given.

use serde_json::{Value, json};

use super::{input::Input, page_token};
use crate::{
    Error,
    arn::{self, Qualifier},
    engine::Shared,
};

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let machine_arn = input.arn("stateMachineArn")?;
    let limit = input.max_results()?;
    let token = input.text("nextToken", 1, 1024)?;
    input.finish()?;
    let absent = || Error::StateMachineDoesNotExist(machine_arn.to_owned());
    let (name, qualifier) = arn::qualified_machine(machine_arn)?;
    let machine = shared.catalog.machine(&name).ok_or_else(absent)?;
    let published = shared.catalog.published();
    let mut found = published.aliases(machine.id);
    match qualifier {
        Qualifier::None => {}
        Qualifier::Version(number) if published.version(machine.id, number).is_none() => {
            return Err(Error::ReferencedResourceNotFound);
        }
        Qualifier::Version(number) => found.retain(|alias| alias.routes.iter().any(|route| route.version == number)),
        Qualifier::Alias(_) => return Err(absent()),
    }
    let scope = format!("ListStateMachineAliases {machine_arn} {}", machine.id);
    if let Some(after) = token.map(|token| page_token::decode_name(&scope, token)).transpose()? {
        found.retain(|alias| alias.name > after);
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let mut answer = json!({ "stateMachineAliases": found.iter().map(|alias| json!({
        "creationDate": alias.created.epoch_seconds(),
        "stateMachineAliasArn": alias.arn,
    })).collect::<Vec<_>>() });
    if let (true, Some(last)) = (more, found.last()) {
        answer["nextToken"] = page_token::encode(&scope, last.name.as_bytes()).into();
    }
    Ok(answer)
}

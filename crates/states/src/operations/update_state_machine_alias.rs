//! [UpdateStateMachineAlias](https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachineAlias.html):
//! changes the description, the routes or both.

use serde_json::{Value, json};

use super::{
    input::Input,
    routing::{self, Routing},
};
use crate::{Error, engine::Shared, records::Alias};

pub(super) async fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("stateMachineAliasArn")?;
    let description = input.text("description", 0, 256)?.map(str::to_owned);
    let routing = Routing::read(&mut input)?;
    input.finish()?;
    if description.is_none() && routing.is_none() {
        // No recording shows AWS's text for this.
        let text = "Either the description or the routing configuration must be specified";
        return Err(Error::Validation(text.to_owned()));
    }
    let changes = shared.catalog.lock().await;
    let alias = routing::find(shared, arn)?.ok_or(Error::ReferencedResourceNotFound)?;
    let mut changed = Alias { updated: shared.clock.now(), ..(*alias).clone() };
    if let Some(routing) = routing {
        let (machine, routes) = routing.check(shared)?;
        if machine.id != alias.machine {
            return Err(Error::Validation("An alias routes to versions of its own state machine only".to_owned()));
        }
        changed.routes = routes;
    }
    changed.description = description.or(changed.description);
    let alias = shared.catalog.put_alias(&changes, changed).await?;
    Ok(json!({ "updateDate": alias.updated.epoch_seconds() }))
}

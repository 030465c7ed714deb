//! [DeleteStateMachineAlias](https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachineAlias.html):
//! an unknown alias is no error.

use serde_json::{Value, json};

use super::{input::Input, routing};
use crate::{Error, engine::Shared};

pub(super) async fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("stateMachineAliasArn")?;
    input.finish()?;
    let changes = shared.catalog.lock().await;
    if let Some(alias) = routing::find(shared, arn)? {
        shared.catalog.remove_alias(&changes, &alias).await?;
    }
    Ok(json!({}))
}

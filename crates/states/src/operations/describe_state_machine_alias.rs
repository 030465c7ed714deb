//! [DescribeStateMachineAlias](https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachineAlias.html).

use serde_json::{Value, json};

use super::{input::Input, routing};
use crate::{Error, engine::Shared};

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("stateMachineAliasArn")?;
    input.finish()?;
    let alias = routing::find(shared, arn)?.ok_or(Error::ReferencedResourceNotFound)?;
    let mut answer = json!({
        "stateMachineAliasArn": alias.arn,
        "name": alias.name,
        "routingConfiguration": routing::show(&alias),
        "creationDate": alias.created.epoch_seconds(),
        "updateDate": alias.updated.epoch_seconds(),
    });
    if let Some(description) = &alias.description {
        answer["description"] = description.as_str().into();
    }
    Ok(answer)
}

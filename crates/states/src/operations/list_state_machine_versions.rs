//! [ListStateMachineVersions](https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachineVersions.html):
//! newest first.

use serde_json::{Value, json};

use super::{input::Input, page_token};
use crate::{Error, arn, engine::Shared};

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let machine_arn = input.arn("stateMachineArn")?;
    let limit = input.max_results()?;
    let token = input.text("nextToken", 1, 1024)?;
    input.finish()?;
    // An unknown machine has no versions: the API's model has no error for it.
    let machine = shared.catalog.machine(&arn::state_machine_name(machine_arn)?).map_or(0, |machine| machine.id);
    let scope = format!("ListStateMachineVersions {machine}");
    let before = token.map(|token| position(&scope, token)).transpose()?.unwrap_or(u64::MAX);
    let mut found = shared.catalog.published().versions(machine);
    found.retain(|version| version.number < before);
    found.reverse();
    let more = found.len() > limit;
    found.truncate(limit);
    let mut answer = json!({ "stateMachineVersions": found.iter().map(|version| json!({
        "creationDate": version.created.epoch_seconds(),
        "stateMachineVersionArn": version.arn(),
    })).collect::<Vec<_>>() });
    if let (true, Some(last)) = (more, found.last()) {
        answer["nextToken"] = page_token::encode(&scope, &last.number.to_be_bytes()).into();
    }
    Ok(answer)
}

fn position(scope: &str, token: &str) -> Result<u64, Error> {
    let bytes = page_token::decode(scope, token)?;
    Ok(u64::from_be_bytes(bytes.try_into().map_err(|_| Error::InvalidToken)?))
}

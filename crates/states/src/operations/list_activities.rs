//! [ListActivities](https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListActivities.html), by name.

use serde_json::{Value, json};

use super::{input::Input, page_token};
use crate::{Error, engine::Shared};

const SCOPE: &str = "ListActivities";

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let limit = input.max_results()?;
    let token = input.text("nextToken", 1, 1024)?;
    input.finish()?;
    let after = token.map(|token| page_token::decode_name(SCOPE, token)).transpose()?;
    let mut found = shared.catalog.activities_after(after.as_deref(), limit + 1);
    let more = found.len() > limit;
    found.truncate(limit);
    let mut answer = json!({ "activities": found.iter().map(|activity| json!({
        "activityArn": activity.arn,
        "name": activity.name,
        "creationDate": activity.created.epoch_seconds(),
    })).collect::<Vec<_>>() });
    if let (true, Some(last)) = (more, found.last()) {
        answer["nextToken"] = page_token::encode(SCOPE, last.name.as_bytes()).into();
    }
    Ok(answer)
}

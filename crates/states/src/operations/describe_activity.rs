//! [DescribeActivity](https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeActivity.html).

use serde_json::{Value, json};

use super::input::Input;
use crate::{Error, arn, engine::Shared};

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("activityArn")?;
    input.finish()?;
    let activity = shared.catalog.activity(&arn::activity_name(arn)?);
    let activity = activity.ok_or_else(|| Error::ActivityDoesNotExist(arn.to_owned()))?;
    Ok(json!({
        "activityArn": activity.arn,
        "name": activity.name,
        "creationDate": activity.created.epoch_seconds(),
        "encryptionConfiguration": activity.encryption,
    }))
}

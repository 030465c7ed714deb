//! [CreateActivity](https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateActivity.html): makes an
//! activity; one of the same name is answered as it is.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::{input::Input, tags};
use crate::{Error, arn, catalog::Changes, engine::Shared, records::Activity};

pub(super) async fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let name = input.required("name", 1, 80)?;
    let tags = tags::read(&input)?;
    let encryption = input.value("encryptionConfiguration").cloned().unwrap_or_else(default_encryption);
    input.finish()?;
    arn::check_name(name)?;
    let changes = shared.catalog.lock().await;
    let activity = match shared.catalog.activity(name) {
        Some(activity) => activity,
        None => insert(shared, &changes, name, encryption, tags).await?,
    };
    Ok(json!({ "activityArn": activity.arn, "creationDate": activity.created.epoch_seconds() }))
}

/// Makes an activity whose name is free.
pub(crate) async fn insert(
    shared: &Shared,
    changes: &Changes<'_>,
    name: &str,
    encryption: Value,
    tags: BTreeMap<String, String>,
) -> Result<Arc<Activity>, Error> {
    if shared.catalog.activity_count() >= shared.limits.activities {
        return Err(Error::ActivityLimitExceeded(shared.limits.activities));
    }
    let arn: Arc<str> = arn::activity(&shared.partition, name).into();
    tags::check_number(shared, &arn, &tags)?;
    let activity = Activity { name: name.to_owned(), arn, created: shared.clock.now(), encryption, tags };
    shared.catalog.put_activity(changes, activity).await
}

/// `encryptionConfiguration` where none was given.
pub(crate) fn default_encryption() -> Value {
    json!({ "type": "AWS_OWNED_KEY" })
}

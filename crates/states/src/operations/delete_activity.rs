//! [DeleteActivity](https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteActivity.html): an unknown
//! activity is no error.

use serde_json::{Value, json};

use super::input::Input;
use crate::{Error, arn, engine::Shared};

pub(super) async fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("activityArn")?;
    input.finish()?;
    let name = arn::activity_name(arn)?;
    let changes = shared.catalog.lock().await;
    if shared.catalog.activity(&name).is_some() {
        shared.catalog.remove_activity(&changes, &name).await?;
    }
    Ok(json!({}))
}

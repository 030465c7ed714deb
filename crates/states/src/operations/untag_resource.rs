//! [UntagResource](https://docs.aws.amazon.com/step-functions/latest/apireference/API_UntagResource.html): removes tags
//! by key; a key that is not there is no error.

use serde_json::{Value, json};

use super::{input::Input, tags};
use crate::{Error, engine::Shared};

pub(super) async fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("resourceArn")?;
    let keys: Vec<&str> = input.list("tagKeys")?.iter().filter_map(Value::as_str).collect();
    input.finish()?;
    tags::change(shared, arn, |tags| tags.retain(|key, _| !keys.contains(&key.as_str()))).await?;
    Ok(json!({}))
}

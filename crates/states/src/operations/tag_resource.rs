//! [TagResource](https://docs.aws.amazon.com/step-functions/latest/apireference/API_TagResource.html): adds tags, or
//! gives those there are another value.

use serde_json::{Value, json};

use super::{input::Input, tags};
use crate::{Error, engine::Shared};

pub(super) async fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("resourceArn")?;
    let added = tags::read(&input)?;
    input.finish()?;
    tags::change(shared, arn, |tags| tags.extend(added)).await?;
    Ok(json!({}))
}

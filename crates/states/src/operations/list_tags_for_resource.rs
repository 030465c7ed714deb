//! [ListTagsForResource](https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListTagsForResource.html):
//! the tags of a state machine or an activity, by key.

use serde_json::{Value, json};

use super::{
    input::Input,
    tags::{self, Tagged},
};
use crate::{Error, engine::Shared};

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("resourceArn")?;
    input.finish()?;
    Ok(json!({ "tags": tags::show(Tagged::find(shared, arn)?.tags()) }))
}

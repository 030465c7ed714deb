//! `TagResource`, `UntagResource` and `ListTagsForResource`: tags of GraphQL APIs.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_TagResource.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, input, limits, records::Api, registry::Registry};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfResource {
    resource_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TagRequest {
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UntagRequest {
    tag_keys: Vec<String>,
}

pub(super) fn list(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let api = registry.api(&api_id(registry, input)?)?;
    Ok(json!({ "tags": api.core.settings.tags }))
}

pub(super) async fn tag(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let TagRequest { tags } = input::parse(input)?;
    let tag = |api: &mut Api| {
        let known = &mut api.core_mut().settings.tags;
        known.extend(tags);
        check(known)?;
        Ok(json!({}))
    };
    registry.change(&api_id(registry, input)?, tag).await
}

pub(super) async fn untag(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let UntagRequest { tag_keys } = input::parse(input)?;
    let untag = |api: &mut Api| {
        api.core_mut().settings.tags.retain(|key, _| !tag_keys.contains(key));
        Ok(json!({}))
    };
    registry.change(&api_id(registry, input)?, untag).await
}

/// The API that an ARN names.
fn api_id(registry: &Registry, input: &Value) -> Result<String, Error> {
    let OfResource { resource_arn } = input::parse(input)?;
    let id = resource_arn.strip_prefix(&registry.partition.arn("appsync", "apis/"));
    let is_id = |id: &&str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    id.filter(is_id)
        .map(str::to_owned)
        .ok_or_else(|| Error::BadRequest(format!("Invalid resource ARN: {resource_arn}")))
}

/// Holds tags against AWS's limits.
pub(super) fn check(tags: &BTreeMap<String, String>) -> Result<(), Error> {
    if tags.len() > limits::TAGS {
        return Err(Error::LimitExceeded(format!("A resource has at most {} tags.", limits::TAGS)));
    }
    for (key, value) in tags {
        if key.is_empty() || key.starts_with("aws:") {
            let pattern = "Map keys must satisfy constraint: [^(?!aws:)[ a-zA-Z+-=._:/]+$]";
            return Err(Error::constraint(key, "tags", pattern));
        }
        input::check_length(key, "tags", 128)?;
        input::check_length(value, "tags", 256)?;
    }
    Ok(())
}

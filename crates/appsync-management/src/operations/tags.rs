//! `TagResource`, `UntagResource` and `ListTagsForResource`: tags of APIs and of channel namespaces.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_TagResource.html>

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::{Value, json};

use super::channel_namespaces;
use crate::{
    Error, input,
    records::Api,
    registry::{Kind, Registry},
};

type Tags = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfResource {
    resource_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TagRequest {
    tags: Tags,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UntagRequest {
    tag_keys: Vec<String>,
}

pub(super) fn list(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Resource { api_id, namespace } = resource(registry, input)?;
    let api = registry.find(Kind::Either, &api_id)?;
    let tags = match namespace {
        Some(name) => channel_namespaces::find(&api, &name)?.tags.clone(),
        None => api.tags().clone(),
    };
    Ok(json!({ "tags": tags }))
}

pub(super) async fn tag(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let TagRequest { tags } = input::parse(input)?;
    changed(registry, input, |known| {
        known.extend(tags);
        input::check_tags(known)
    })
    .await
}

pub(super) async fn untag(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let UntagRequest { tag_keys } = input::parse(input)?;
    changed(registry, input, |known| {
        known.retain(|key, _| !tag_keys.contains(key));
        Ok(())
    })
    .await
}

async fn changed(
    registry: &Registry,
    input: &Value,
    change: impl FnOnce(&mut Tags) -> Result<(), Error> + Send,
) -> Result<Value, Error> {
    let Resource { api_id, namespace } = resource(registry, input)?;
    let change = |api: &mut Api| {
        let Some(name) = namespace else { return change(api.tags_mut()) };
        let mut namespace = channel_namespaces::find(api, &name)?;
        change(&mut Arc::make_mut(&mut namespace).tags)?;
        api.members.namespaces.insert(name, namespace);
        Ok(())
    };
    registry.change_of(Kind::Either, &api_id, change).await?;
    Ok(json!({}))
}

/// What an ARN names: an API, or one of its channel namespaces.
struct Resource {
    api_id: String,
    namespace: Option<String>,
}

fn resource(registry: &Registry, input: &Value) -> Result<Resource, Error> {
    let OfResource { resource_arn } = input::parse(input)?;
    let named = resource_arn.strip_prefix(&registry.partition.arn("appsync", "apis/"));
    let parts: Vec<&str> = named.unwrap_or_default().split('/').collect();
    let (id, namespace) = match parts[..] {
        [id] => (id, None),
        [id, "channelNamespace", name] => (id, Some(name.to_owned())),
        _ => ("", None),
    };
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Error::BadRequest(format!("Invalid resource ARN: {resource_arn}")));
    }
    Ok(Resource { api_id: id.to_owned(), namespace })
}

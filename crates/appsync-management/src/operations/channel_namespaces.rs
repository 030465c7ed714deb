//! `CreateChannelNamespace`, `GetChannelNamespace`, `UpdateChannelNamespace`, `DeleteChannelNamespace` and
//! `ListChannelNamespaces`: namespaces of Event APIs, with their handlers.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateChannelNamespace.html>

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::handlers;
use crate::{
    Error,
    input::{self, OfApi, Page},
    limits,
    records::{Api, ChannelNamespace},
    registry::{Kind, Registry},
    wire,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    api_id: String,
    name: String,
}

pub(super) async fn create(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let mut namespace: ChannelNamespace = input::parse(input)?;
    check_name(&namespace.name)?;
    check(&namespace)?;
    input::check_tags(&namespace.tags)?;
    let now = registry.clock.now().0 / 1000;
    (namespace.created, namespace.last_modified) = (Some(now), Some(now));
    let create = |api: &mut Api| {
        if api.members.namespaces.contains_key(&namespace.name) {
            let name = &namespace.name;
            return Err(Error::Conflict(format!("A channel namespace named {name} already exists.")));
        }
        if api.members.namespaces.len() >= limits::NAMESPACES {
            let most = limits::NAMESPACES;
            return Err(Error::ServiceQuotaExceeded(format!("An API has at most {most} channel namespaces.")));
        }
        Ok(put(registry, api, namespace))
    };
    Ok(json!({ "channelNamespace": registry.change_of(Kind::Events, &api_id, create).await? }))
}

pub(super) async fn update(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let wanted: ChannelNamespace = input::parse(input)?;
    check(&wanted)?;
    let now = registry.clock.now().0 / 1000;
    let update = |api: &mut Api| {
        let known = find(api, &wanted.name)?;
        // What an update cannot say stays.
        let (tags, created) = (known.tags.clone(), known.created);
        Ok(put(registry, api, ChannelNamespace { tags, created, last_modified: Some(now), ..wanted }))
    };
    Ok(json!({ "channelNamespace": registry.change_of(Kind::Events, &api_id, update).await? }))
}

fn put(registry: &Registry, api: &mut Api, namespace: ChannelNamespace) -> Value {
    let answer = wire::channel_namespace(&registry.partition, api.id(), &namespace);
    api.members.namespaces.insert(namespace.name.clone(), Arc::new(namespace));
    answer
}

pub(super) fn get(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { api_id, name } = input::parse(input)?;
    let namespace = find(&*registry.find(Kind::Events, &api_id)?, &name)?;
    Ok(json!({ "channelNamespace": wire::channel_namespace(&registry.partition, &api_id, &namespace) }))
}

/// Subscriptions to its channels end with it.
pub(super) async fn delete(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { api_id, name } = input::parse(input)?;
    let delete = |api: &mut Api| {
        find(api, &name)?;
        api.members.namespaces.remove(&name);
        Ok(json!({}))
    };
    registry.change_of(Kind::Events, &api_id, delete).await
}

pub(super) fn list(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let page: Page = input::parse(input)?;
    let api = registry.find(Kind::Events, &api_id)?;
    let described = |namespace| wire::channel_namespace(&registry.partition, &api_id, namespace);
    let namespaces = api.members.namespaces.iter();
    page.of("channelNamespaces", namespaces.map(|(name, namespace)| (name.clone(), described(namespace))))
}

/// The namespace called `name`.
pub(super) fn find(api: &Api, name: &str) -> Result<Arc<ChannelNamespace>, Error> {
    let not_found = || Error::NotFound(format!("Channel namespace {name} not found."));
    api.members.namespaces.get(name).cloned().ok_or_else(not_found)
}

fn check_name(name: &str) -> Result<(), Error> {
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_name = letters && !name.is_empty() && !name.starts_with('-') && !name.ends_with('-');
    if !is_name || name.len() > limits::EVENT_NAME_CHARS {
        let pattern =
            "Member must satisfy regular expression pattern: ([A-Za-z0-9](?:[A-Za-z0-9\\-]{0,48}[A-Za-z0-9])?)";
        return Err(Error::constraint(name, "name", pattern));
    }
    Ok(())
}

/// The code is compiled before anything is kept.
fn check(namespace: &ChannelNamespace) -> Result<(), Error> {
    let Some(code) = &namespace.code_handlers else { return Ok(()) };
    input::check_length(code, "codeHandlers", limits::CODE_CHARS)?;
    handlers::compile_events(code).map_err(Error::Code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_segments_of_channels() {
        let longest = "a".repeat(50);
        for (name, good) in [
            ("a", true),
            ("a-9", true),
            (&longest, true),
            ("", false),
            ("-a", false),
            ("a-", false),
            ("a_b", false),
            ("a/b", false),
            (&format!("{longest}a"), false),
        ] {
            assert_eq!(check_name(name).is_ok(), good, "{name}");
        }
    }
}

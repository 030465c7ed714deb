//! Event APIs of the template as records.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use template::{
    AdditionalProvider, AuthenticationType, Behavior, ChannelNamespace, EventApi, EventHandler, InvokeType,
};

use super::{api_keys, data_sources, mode_name, present, provider, uncapitalised};
use crate::records::{self, Api, Members};

/// The API as if it had been made call by call.
pub(super) fn api(api: &EventApi) -> Api {
    let event_config = present(json!({
        "authProviders": api.authentication.iter().map(auth_provider).collect::<Vec<_>>(),
        "connectionAuthModes": modes(&api.connection_auth_modes),
        "defaultPublishAuthModes": modes(&api.publish_auth_modes),
        "defaultSubscribeAuthModes": modes(&api.subscribe_auth_modes),
        "logConfig": api.log_config.clone().map(uncapitalised),
    }));
    let mut described = Api::of_events(records::EventApi {
        api_id: api.id.clone(),
        name: api.name.clone(),
        owner_contact: api.owner_contact.clone(),
        event_config,
        tags: BTreeMap::new(),
        created: None,
    });
    described.of_the_template = true;
    let namespaces = api.namespaces.iter().map(|space| (space.name.clone(), Arc::new(namespace(space))));
    described.members = Members {
        api_keys: api_keys(&api.api_keys),
        data_sources: data_sources(&api.data_sources),
        namespaces: namespaces.collect(),
        ..Members::default()
    };
    described
}

/// A provider under the names of Event APIs.
fn auth_provider(mode: &AdditionalProvider) -> Value {
    let mut described = provider(mode);
    for (graphql, events) in [("authenticationType", "authType"), ("userPoolConfig", "cognitoConfig")] {
        if let Some(members) = described.as_object_mut()
            && let Some(value) = members.remove(graphql)
        {
            members.insert(events.to_owned(), value);
        }
    }
    described
}

fn modes(modes: &[AuthenticationType]) -> Vec<Value> {
    modes.iter().map(|mode| json!({ "authType": mode_name(*mode) })).collect()
}

fn namespace(namespace: &ChannelNamespace) -> records::ChannelNamespace {
    let handlers = present(json!({
        "onPublish": namespace.on_publish.as_ref().map(handler),
        "onSubscribe": namespace.on_subscribe.as_ref().map(handler),
    }));
    let has_handlers = namespace.on_publish.is_some() || namespace.on_subscribe.is_some();
    records::ChannelNamespace {
        name: namespace.name.clone(),
        subscribe_auth_modes: namespace.subscribe_auth_modes.as_deref().map(modes),
        publish_auth_modes: namespace.publish_auth_modes.as_deref().map(modes),
        code_handlers: namespace.code.as_ref().map(|code| code.text.to_string()),
        handler_configs: has_handlers.then_some(handlers),
        tags: BTreeMap::new(),
        created: None,
        last_modified: None,
    }
}

fn handler(handler: &EventHandler) -> Value {
    let behavior = match handler.behavior {
        Behavior::Code => "CODE",
        Behavior::Direct => "DIRECT",
    };
    let lambda = handler.invoke_type.map(|kind| {
        let kind = match kind {
            InvokeType::RequestResponse => "REQUEST_RESPONSE",
            InvokeType::Event => "EVENT",
        };
        json!({ "invokeType": kind })
    });
    let integration = present(json!({ "dataSourceName": handler.data_source_name, "lambdaConfig": lambda }));
    json!({ "behavior": behavior, "integration": integration })
}

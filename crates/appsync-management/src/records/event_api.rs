//! The settings of an Event API and its channel namespaces.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `Api` without what follows from its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventApi {
    /// 26 lowercase letters and digits; requests to create one have none.
    #[serde(default)]
    pub(crate) api_id: String,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner_contact: Option<String>,
    pub(crate) event_config: Value,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    /// Epoch seconds; an API of the template has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<i64>,
}

/// `ChannelNamespace` without its API and its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChannelNamespace {
    /// The first segment of its channels' paths.
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subscribe_auth_modes: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) publish_auth_modes: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code_handlers: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) handler_configs: Option<Value>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    /// Epoch seconds; a namespace of the template has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<i64>,
    /// As `created`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_modified: Option<i64>,
}

impl ChannelNamespace {
    /// Whether a handler calls the data source with this name.
    pub(crate) fn uses(&self, data_source: &str) -> bool {
        let configs = self.handler_configs.as_ref().and_then(Value::as_object);
        configs.is_some_and(|configs| {
            configs.values().any(|handler| handler["integration"]["dataSourceName"] == data_source)
        })
    }
}

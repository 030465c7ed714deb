//! The settings of an API and of its cache.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `GraphqlApi` without what follows from its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GraphqlApi {
    /// 26 lowercase letters and digits; requests to create one have none.
    #[serde(default)]
    pub(crate) api_id: String,
    pub(crate) name: String,
    pub(crate) authentication_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_pool_config: Option<Value>,
    #[serde(rename = "openIDConnectConfig", skip_serializing_if = "Option::is_none")]
    pub(crate) open_id_connect_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lambda_authorizer_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) additional_authentication_providers: Option<Vec<Value>>,
    #[serde(default)]
    pub(crate) xray_enabled: bool,
    #[serde(default = "global")]
    pub(crate) visibility: String,
    #[serde(default = "graphql")]
    pub(crate) api_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) merged_api_execution_role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner_contact: Option<String>,
    #[serde(default = "enabled")]
    pub(crate) introspection_config: String,
    /// 0 for no limit.
    #[serde(default)]
    pub(crate) query_depth_limit: u32,
    /// 0 for AWS's own limit.
    #[serde(default)]
    pub(crate) resolver_count_limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enhanced_metrics_config: Option<Value>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

fn global() -> String {
    "GLOBAL".to_owned()
}

fn graphql() -> String {
    "GRAPHQL".to_owned()
}

fn enabled() -> String {
    "ENABLED".to_owned()
}

/// `ApiCache` without its status: a cache is there as soon as it is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiCache {
    /// Seconds, 1 to 3,600.
    pub(crate) ttl: i64,
    pub(crate) api_caching_behavior: String,
    #[serde(default)]
    pub(crate) transit_encryption_enabled: bool,
    #[serde(default)]
    pub(crate) at_rest_encryption_enabled: bool,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) health_metrics_config: Option<String>,
}

//! A data source.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `DataSource` without its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataSource {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// For example `AMAZON_DYNAMODB`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dynamodb_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lambda_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) elasticsearch_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) open_search_service_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) relational_database_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event_bridge_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metrics_config: Option<String>,
}

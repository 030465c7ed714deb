//! Resolvers and functions.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `Resolver` without its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resolver {
    pub(crate) type_name: String,
    pub(crate) field_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_source_name: Option<String>,
    /// `UNIT` or `PIPELINE`.
    #[serde(default = "unit")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pipeline_config: Option<PipelineConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) caching_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metrics_config: Option<String>,
    #[serde(flatten)]
    pub(crate) handler: Handler,
}

/// The functions of a pipeline, by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PipelineConfig {
    #[serde(default)]
    pub(crate) functions: Vec<String>,
}

/// `FunctionConfiguration` without its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Function {
    /// 26 lowercase letters and digits; requests to create one have none.
    #[serde(default)]
    pub(crate) function_id: String,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) data_source_name: String,
    #[serde(default = "version")]
    pub(crate) function_version: String,
    #[serde(flatten)]
    pub(crate) handler: Handler,
}

/// What resolvers and functions have in common: what they run around a data source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Handler {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_mapping_template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_mapping_template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sync_config: Option<Value>,
    #[serde(default)]
    pub(crate) max_batch_size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) runtime: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
}

fn unit() -> String {
    "UNIT".to_owned()
}

fn version() -> String {
    "2018-05-29".to_owned()
}

impl Resolver {
    /// The type and the field that it is of.
    pub(crate) fn field(&self) -> (String, String) {
        (self.type_name.clone(), self.field_name.clone())
    }

    /// The functions it runs, by id.
    pub(crate) fn functions(&self) -> &[String] {
        self.pipeline_config.as_ref().map_or(&[], |pipeline| &pipeline.functions)
    }
}

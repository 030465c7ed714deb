//! `AWS::AppSync::DataSource`.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

use crate::{application::assemble::Assembly, diagnostic::Position, template::Resource};

/// Where resolvers and functions get their data.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSource {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// What resolvers call it.
    pub name: String,
    /// The role it acts with.
    pub service_role_arn: Option<String>,
    /// Its type with what that needs.
    pub config: DataSourceConfig,
}

/// The type of a data source.
#[derive(Debug, Clone, PartialEq)]
pub enum DataSourceConfig {
    /// `NONE`: the request is the result.
    None,
    /// `AMAZON_DYNAMODB`.
    DynamoDb(DynamoDbConfig),
    /// `AWS_LAMBDA`, with the function's ARN.
    Lambda(String),
    /// `HTTP`.
    Http(HttpConfig),
    /// `AMAZON_EVENTBRIDGE`, with the event bus's ARN.
    EventBridge(String),
    /// `AMAZON_OPENSEARCH_SERVICE` and `AMAZON_ELASTICSEARCH`, with the endpoint.
    OpenSearch(String),
    /// `RELATIONAL_DATABASE`.
    RelationalDatabase(RdsHttpEndpointConfig),
    /// `AMAZON_BEDROCK_RUNTIME`.
    BedrockRuntime,
}

/// A DynamoDB table as a data source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DynamoDbConfig {
    /// The table's name.
    pub table_name: String,
    /// The table's region.
    pub aws_region: String,
    /// Whether to act with the caller's credentials instead of the role.
    #[serde(default)]
    pub use_caller_credentials: bool,
    /// Whether items carry versions.
    #[serde(default)]
    pub versioned: bool,
    /// For versioned sources.
    pub delta_sync_config: Option<DeltaSyncConfig>,
}

/// How a versioned data source keeps what changed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeltaSyncConfig {
    /// Minutes that a deleted item stays in the base table.
    #[serde(rename = "BaseTableTTL", deserialize_with = "minutes")]
    pub base_table_ttl: i64,
    /// The table of changes.
    pub delta_sync_table_name: String,
    /// Minutes that a change stays in it.
    #[serde(rename = "DeltaSyncTableTTL", deserialize_with = "minutes")]
    pub delta_sync_table_ttl: i64,
}

/// A number of minutes, which CloudFormation takes as text.
fn minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let minutes = text.parse().ok().filter(|minutes| *minutes >= 0);
    minutes.ok_or_else(|| D::Error::custom(format!("'{text}' is not a number of minutes")))
}

/// An HTTP endpoint as a data source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HttpConfig {
    /// Scheme and host, for example `https://states.us-east-1.amazonaws.com/`.
    pub endpoint: String,
    /// How requests are signed, if they are.
    #[serde(default, deserialize_with = "signing", rename = "AuthorizationConfig")]
    pub aws_iam_config: Option<AwsIamConfig>,
}

/// For which service and region requests are signed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AwsIamConfig {
    /// For example `us-east-1`.
    pub signing_region: Option<String>,
    /// For example `states`.
    pub signing_service_name: Option<String>,
}

/// Takes the one interesting member out of `AuthorizationConfig`.
fn signing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AwsIamConfig>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct AuthorizationConfig {
        aws_iam_config: Option<AwsIamConfig>,
    }
    Ok(AuthorizationConfig::deserialize(deserializer)?.aws_iam_config)
}

/// A relational database behind the RDS Data API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RdsHttpEndpointConfig {
    /// The cluster's region.
    pub aws_region: String,
    /// The secret with user and password.
    pub aws_secret_store_arn: String,
    /// The cluster's ARN or identifier.
    pub db_cluster_identifier: String,
    /// The database in the cluster.
    pub database_name: Option<String>,
    /// A schema in the database. The Data API ignores or refuses it, depending on the kind of cluster.
    pub schema: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RelationalDatabaseConfig {
    rds_http_endpoint_config: Option<RdsHttpEndpointConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DataSourceProperties {
    name: String,
    #[serde(rename = "Type")]
    kind: String,
    service_role_arn: Option<String>,
    #[serde(rename = "DynamoDBConfig")]
    dynamodb_config: Option<DynamoDbConfig>,
    lambda_config: Option<Value>,
    http_config: Option<HttpConfig>,
    event_bridge_config: Option<Value>,
    open_search_service_config: Option<Value>,
    elasticsearch_config: Option<Value>,
    relational_database_config: Option<RelationalDatabaseConfig>,
}

pub(super) fn data_source(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Option<DataSource> {
    let properties: DataSourceProperties = assembly.properties(resource)?;
    let member = |config: Option<Value>, name: &str| config?.get(name)?.as_str().map(str::to_owned);
    let search = properties.open_search_service_config.or(properties.elasticsearch_config);
    let (config, wanted) = match &*properties.kind {
        "NONE" => (Some(DataSourceConfig::None), ""),
        "AMAZON_BEDROCK_RUNTIME" => (Some(DataSourceConfig::BedrockRuntime), ""),
        "AMAZON_DYNAMODB" => {
            let config = properties.dynamodb_config;
            if config.as_ref().is_some_and(|config| config.versioned && config.delta_sync_config.is_none()) {
                let message = "a versioned data source needs the property 'DeltaSyncConfig'".to_owned();
                assembly.error("SW0152", resource, "DynamoDBConfig", message);
            }
            (config.map(DataSourceConfig::DynamoDb), "DynamoDBConfig")
        }
        "AWS_LAMBDA" => {
            (member(properties.lambda_config, "LambdaFunctionArn").map(DataSourceConfig::Lambda), "LambdaConfig")
        }
        "HTTP" => (properties.http_config.map(DataSourceConfig::Http), "HttpConfig"),
        "AMAZON_EVENTBRIDGE" => {
            let bus = member(properties.event_bridge_config, "EventBusArn");
            (bus.map(DataSourceConfig::EventBridge), "EventBridgeConfig")
        }
        "RELATIONAL_DATABASE" => {
            let config = properties.relational_database_config.and_then(|config| config.rds_http_endpoint_config);
            (config.map(DataSourceConfig::RelationalDatabase), "RelationalDatabaseConfig.RdsHttpEndpointConfig")
        }
        _ => (member(search, "Endpoint").map(DataSourceConfig::OpenSearch), "OpenSearchServiceConfig"),
    };
    let Some(config) = config else {
        let message = format!("a data source of type {} needs the property '{wanted}'", properties.kind);
        assembly.error("SW0152", resource, "Type", message);
        return None;
    };
    Some(DataSource {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        name: properties.name,
        service_role_arn: properties.service_role_arn,
        config,
    })
}

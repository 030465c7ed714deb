//! APIs of the template as records, so that the operations that read answer for them, too.
//!
//! What the template crate does not keep (descriptions of data sources, tags) is not there to be told.

mod event_api;

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use template::{
    AdditionalProvider, AuthenticationType, DataSourceConfig, GraphqlApi, Handler, ResolverKind, Source, SourceApi,
    SyncConfig,
};

use crate::{
    Description,
    records::{self, Api, Members, MergeType, Snapshot, Status},
};

/// The API as if it had been made call by call.
pub(crate) fn api(description: &Description) -> Api {
    match description {
        Description::Graphql(api) => graphql_api(api),
        Description::Events(api) => event_api::api(api),
    }
}

fn graphql_api(api: &GraphqlApi) -> Api {
    let mut described = Api::new(settings(api));
    described.of_the_template = true;
    described.sdl = api.schema.as_ref().map(|schema| schema.text.clone());
    let core = described.core_mut();
    core.environment_variables = api.environment_variables.clone().into_iter().collect();
    if api.schema.is_some() {
        core.schema = records::SchemaStatus { status: "SUCCESS".to_owned(), details: None, is_whole: true };
    }
    core.cache = api.cache.as_ref().map(|cache| records::ApiCache {
        ttl: cache.ttl as i64,
        api_caching_behavior: cache.api_caching_behavior.clone(),
        transit_encryption_enabled: false,
        at_rest_encryption_enabled: false,
        kind: "SMALL".to_owned(),
        health_metrics_config: None,
    });
    described.members = members(api);
    described
}

fn settings(api: &GraphqlApi) -> records::GraphqlApi {
    let text = |enabled| if enabled { "ENABLED" } else { "DISABLED" }.to_owned();
    let default = api.authentication.first();
    let mut settings: Value = default.map(provider).unwrap_or_default();
    if let Some(pool) = settings.get_mut("userPoolConfig") {
        let action = default.and_then(|mode| mode.user_pool_config.as_ref()?.default_action.clone());
        pool["defaultAction"] = action.unwrap_or_else(|| "ALLOW".to_owned()).into();
    }
    let additional: Vec<Value> = api.authentication.iter().skip(1).map(provider).collect();
    let mut take = |name: &str| settings.get_mut(name).map(Value::take);
    records::GraphqlApi {
        api_id: api.id.clone(),
        name: api.name.clone(),
        authentication_type: default.map_or("API_KEY", |mode| mode_name(mode.authentication_type)).to_owned(),
        log_config: api.log_config.clone().map(uncapitalised),
        user_pool_config: take("userPoolConfig"),
        open_id_connect_config: take("openIDConnectConfig"),
        lambda_authorizer_config: take("lambdaAuthorizerConfig"),
        additional_authentication_providers: (!additional.is_empty()).then_some(additional),
        xray_enabled: api.xray_enabled,
        visibility: "GLOBAL".to_owned(),
        api_type: if api.sources.is_some() { "MERGED" } else { "GRAPHQL" }.to_owned(),
        merged_api_execution_role_arn: None,
        owner_contact: None,
        introspection_config: text(api.introspection),
        query_depth_limit: api.query_depth_limit,
        resolver_count_limit: api.resolver_count_limit,
        enhanced_metrics_config: None,
        tags: BTreeMap::new(),
    }
}

fn mode_name(mode: AuthenticationType) -> &'static str {
    match mode {
        AuthenticationType::ApiKey => "API_KEY",
        AuthenticationType::AwsIam => "AWS_IAM",
        AuthenticationType::OpenidConnect => "OPENID_CONNECT",
        AuthenticationType::AmazonCognitoUserPools => "AMAZON_COGNITO_USER_POOLS",
        AuthenticationType::AwsLambda => "AWS_LAMBDA",
    }
}

fn provider(provider: &AdditionalProvider) -> Value {
    let mut answer = json!({ "authenticationType": mode_name(provider.authentication_type) });
    if let Some(pool) = &provider.user_pool_config {
        answer["userPoolConfig"] = present(json!({
            "userPoolId": pool.user_pool_id,
            "awsRegion": pool.aws_region,
            "appIdClientRegex": pool.app_id_client_regex,
        }));
    }
    if let Some(oidc) = &provider.open_id_connect_config {
        answer["openIDConnectConfig"] = present(json!({
            "issuer": oidc.issuer,
            "clientId": oidc.client_id,
            "iatTTL": oidc.iat_ttl.map(|ttl| ttl as i64),
            "authTTL": oidc.auth_ttl.map(|ttl| ttl as i64),
        }));
    }
    if let Some(lambda) = &provider.lambda_authorizer_config {
        answer["lambdaAuthorizerConfig"] = present(json!({
            "authorizerUri": lambda.authorizer_uri,
            "authorizerResultTtlInSeconds": lambda.authorizer_result_ttl_in_seconds.map(|ttl| ttl as i64),
            "identityValidationExpression": lambda.identity_validation_expression,
        }));
    }
    answer
}

fn members(api: &GraphqlApi) -> Members {
    let functions = api.functions.iter().map(|function| (function.id.clone(), Arc::new(self::function(function))));
    let resolvers = api.resolvers.iter().map(|resolver| {
        let key = (resolver.type_name.clone(), resolver.field_name.clone());
        (key, Arc::new(self::resolver(resolver)))
    });
    let associations = api.sources.iter().flatten().map(|source| (source.id.clone(), Arc::new(association(source))));
    Members {
        associations: associations.collect(),
        api_keys: api_keys(&api.api_keys),
        data_sources: data_sources(&api.data_sources),
        functions: functions.collect(),
        resolvers: resolvers.collect(),
        ..Members::default()
    }
}

fn api_keys(keys: &[template::ApiKey]) -> BTreeMap<String, Arc<records::ApiKey>> {
    let described = keys.iter().map(|key| {
        let key = records::ApiKey {
            id: key.key.clone(),
            description: key.description.clone(),
            // AWS differs: a key without an end lives seven days there, and as long as the data folder here.
            expires: key.expires.unwrap_or(FAR_AWAY),
        };
        (key.id.clone(), Arc::new(key))
    });
    described.collect()
}

fn data_sources(sources: &[template::DataSource]) -> BTreeMap<String, Arc<records::DataSource>> {
    sources.iter().map(|source| (source.name.clone(), Arc::new(data_source(source)))).collect()
}

/// 9999-12-31T00:00:00Z.
const FAR_AWAY: i64 = 253_402_214_400;

fn data_source(source: &template::DataSource) -> records::DataSource {
    let mut described = records::DataSource {
        name: source.name.clone(),
        description: None,
        kind: String::new(),
        service_role_arn: source.service_role_arn.clone(),
        dynamodb_config: None,
        lambda_config: None,
        elasticsearch_config: None,
        open_search_service_config: None,
        http_config: None,
        relational_database_config: None,
        event_bridge_config: None,
        metrics_config: None,
    };
    let kind = match &source.config {
        DataSourceConfig::None => "NONE",
        DataSourceConfig::BedrockRuntime => "AMAZON_BEDROCK_RUNTIME",
        DataSourceConfig::DynamoDb(table) => {
            described.dynamodb_config = Some(dynamodb(table));
            "AMAZON_DYNAMODB"
        }
        DataSourceConfig::Lambda(arn) => {
            described.lambda_config = Some(json!({ "lambdaFunctionArn": arn }));
            "AWS_LAMBDA"
        }
        DataSourceConfig::Http(http) => {
            described.http_config = Some(self::http(http));
            "HTTP"
        }
        DataSourceConfig::EventBridge(arn) => {
            described.event_bridge_config = Some(json!({ "eventBusArn": arn }));
            "AMAZON_EVENTBRIDGE"
        }
        DataSourceConfig::OpenSearch(endpoint) => {
            described.open_search_service_config = Some(json!({ "endpoint": endpoint }));
            "AMAZON_OPENSEARCH_SERVICE"
        }
        DataSourceConfig::RelationalDatabase(database) => {
            let endpoint = present(json!({
                "awsRegion": database.aws_region,
                "awsSecretStoreArn": database.aws_secret_store_arn,
                "databaseName": database.database_name,
                "dbClusterIdentifier": database.db_cluster_identifier,
                "schema": database.schema,
            }));
            let kind = "RDS_HTTP_ENDPOINT";
            described.relational_database_config =
                Some(present(json!({ "relationalDatabaseSourceType": kind, "rdsHttpEndpointConfig": endpoint })));
            "RELATIONAL_DATABASE"
        }
    };
    described.kind = kind.to_owned();
    described
}

fn dynamodb(table: &template::DynamoDbConfig) -> Value {
    let delta = table.delta_sync_config.as_ref().map(|delta| {
        present(json!({
            "baseTableTTL": delta.base_table_ttl,
            "deltaSyncTableName": delta.delta_sync_table_name,
            "deltaSyncTableTTL": delta.delta_sync_table_ttl,
        }))
    });
    present(json!({
        "tableName": table.table_name,
        "awsRegion": table.aws_region,
        "useCallerCredentials": table.use_caller_credentials,
        "versioned": table.versioned,
        "deltaSyncConfig": delta,
    }))
}

fn http(http: &template::HttpConfig) -> Value {
    let signing = http.aws_iam_config.as_ref().map(|signing| {
        let config = json!({
            "signingRegion": signing.signing_region,
            "signingServiceName": signing.signing_service_name,
        });
        json!({ "authorizationType": "AWS_IAM", "awsIamConfig": present(config) })
    });
    present(json!({ "endpoint": http.endpoint, "authorizationConfig": signing }))
}

fn function(function: &template::Function) -> records::Function {
    records::Function {
        function_id: function.id.clone(),
        name: function.name.clone(),
        description: None,
        data_source_name: function.data_source_name.clone(),
        function_version: "2018-05-29".to_owned(),
        handler: handler(&function.handler, function.max_batch_size, function.sync.as_ref()),
    }
}

fn resolver(resolver: &template::Resolver) -> records::Resolver {
    let (kind, data_source_name, functions) = match &resolver.kind {
        ResolverKind::Unit(name) => ("UNIT", Some(name.clone()), None),
        ResolverKind::Pipeline(functions) => ("PIPELINE", None, Some(functions.clone())),
    };
    records::Resolver {
        type_name: resolver.type_name.clone(),
        field_name: resolver.field_name.clone(),
        data_source_name,
        kind: kind.to_owned(),
        pipeline_config: functions.map(|functions| records::PipelineConfig { functions }),
        caching_config: resolver
            .caching
            .as_ref()
            .map(|caching| json!({ "ttl": caching.ttl as i64, "cachingKeys": caching.caching_keys })),
        metrics_config: None,
        handler: handler(&resolver.handler, resolver.max_batch_size, resolver.sync.as_ref()),
    }
}

fn handler(handler: &Handler, max_batch_size: u32, sync: Option<&SyncConfig>) -> records::Handler {
    let text = |source: &Source| source.text.to_string();
    let (code, request, response) = match handler {
        Handler::Code(code) => (Some(text(code)), None, None),
        Handler::Templates { request, response } => (None, request.as_ref().map(text), response.as_ref().map(text)),
    };
    records::Handler {
        request_mapping_template: request,
        response_mapping_template: response,
        sync_config: sync.map(|sync| {
            present(json!({
                "conflictDetection": sync.conflict_detection,
                "conflictHandler": sync.conflict_handler,
                "lambdaConflictHandlerConfig": sync.lambda_conflict_handler_config.clone().map(uncapitalised),
            }))
        }),
        max_batch_size,
        runtime: code.as_ref().map(|_| json!({ "name": "APPSYNC_JS", "runtimeVersion": "1.0.0" })),
        code,
    }
}

/// A template's sources are merged whenever it is loaded, and it is not served where they cannot be.
fn association(source: &SourceApi) -> records::Association {
    let is_auto = source.merge_type == "AUTO_MERGE";
    records::Association {
        association_id: source.id.clone(),
        source_api_id: source.api.id.clone(),
        description: None,
        merge_type: if is_auto { MergeType::AutoMerge } else { MergeType::ManualMerge },
        status: Status::MergeSuccess,
        detail: None,
        created_millis: 0,
        last_successful_merge: None,
        merged: Some(Snapshot::of(&graphql_api(&source.api))),
    }
}

/// An object without the members that are null.
fn present(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    value
}

/// Properties of CloudFormation in the names of the API: each begins with a small letter. Recursion follows templates,
/// whose nesting is bounded.
fn uncapitalised(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let mut letters = name.chars();
                let first = letters.next().map(|first| first.to_ascii_lowercase());
                (first.into_iter().chain(letters).collect::<String>(), uncapitalised(value))
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(uncapitalised).collect(),
        other => other,
    }
}

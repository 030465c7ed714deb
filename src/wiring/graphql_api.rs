//! `AWS::AppSync::*`: from the template's typed resources to the API that runs.

use appsync::{
    ApiConfig, CacheConfig, CachingBehavior, CachingConfig, ConflictHandler, DataSourceConfig, DataSourceKind,
    DeltaSync, Diagnostic, FunctionConfig, LambdaOptions, RelationalDatabase, ResolverConfig, ResolverKind, Signing,
};
use auth::AuthMode;
use aws_protocol::Partition;
use resolver::{Code, Source, Templates};
use serde_json::Value;
use template::{AuthenticationType, GraphqlApi, Handler};

/// The API's configuration; that of a merged API, merged from those of its sources.
///
/// # Errors
/// What the template asks for and this server does not have yet, and conflicts between sources.
pub(super) fn config(api: &GraphqlApi, partition: Partition) -> Result<ApiConfig, Vec<Diagnostic>> {
    let own = own_config(api, partition.clone())?;
    let Some(sources) = &api.sources else { return Ok(own) };
    let sources: Result<Vec<_>, _> = sources.iter().map(|source| own_config(&source.api, partition.clone())).collect();
    appsync::merge(own, &sources?)
}

fn own_config(api: &GraphqlApi, partition: Partition) -> Result<ApiConfig, Vec<Diagnostic>> {
    let mut unsupported = Vec::new();
    let functions = api.functions.iter().map(|function| {
        let code = optional_code(&function.handler);
        let (id, name) = (function.id.clone(), function.name.clone());
        let lambda = lambda_options(&function.handler, function.max_batch_size);
        let conflict_handler = conflict_handler(function.sync.as_ref());
        FunctionConfig { id, name, data_source: function.data_source_name.clone(), code, lambda, conflict_handler }
    });
    let functions: Vec<_> = functions.collect();
    let resolvers: Vec<_> = api.resolvers.iter().filter_map(|resolver| config_of(resolver, &mut unsupported)).collect();
    if !unsupported.is_empty() {
        return Err(unsupported);
    }
    let modes: Vec<_> = api.authentication.iter().map(|provider| mode(provider.authentication_type)).collect();
    let user_pool = api.authentication.first().and_then(|provider| provider.user_pool_config.as_ref());
    Ok(ApiConfig {
        api_id: api.id.clone(),
        name: api.name.clone(),
        partition,
        schema: api.schema.as_ref().map_or_else(no_schema, source),
        default_mode: modes.first().copied().unwrap_or(AuthMode::ApiKey),
        deny_by_default: user_pool.is_some_and(|pool| pool.default_action.as_deref() == Some("DENY")),
        additional_modes: modes.get(1..).unwrap_or_default().to_vec(),
        data_sources: api.data_sources.iter().map(data_source).collect(),
        functions,
        resolvers,
        environment: api
            .environment_variables
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect(),
        introspection: api.introspection,
        query_depth_limit: api.query_depth_limit,
        resolver_count_limit: api.resolver_count_limit,
        cache: api.cache.as_ref().map(cache),
        coalesce_get_items: false,
    })
}

/// Stands for the schema of an API that has none yet: such an API is there, and answers every request that it has none.
fn no_schema() -> Source {
    Source { name: "schema.graphql".to_owned(), code: "type Query { _: Boolean }".to_owned() }
}

fn cache(cache: &template::ApiCache) -> CacheConfig {
    let behavior = match &*cache.api_caching_behavior {
        "OPERATION_LEVEL_CACHING" => CachingBehavior::OperationLevel,
        "PER_RESOLVER_CACHING" => CachingBehavior::PerResolver,
        _ => CachingBehavior::FullRequest,
    };
    CacheConfig { behavior, ttl_seconds: whole_seconds(cache.ttl) }
}

fn caching(caching: &template::CachingConfig) -> CachingConfig {
    CachingConfig { ttl_seconds: whole_seconds(caching.ttl), keys: caching.caching_keys.clone() }
}

/// What is out of range stays so, and is refused.
fn whole_seconds(ttl: f64) -> u32 {
    ttl as u32
}

pub(super) fn mode(kind: AuthenticationType) -> AuthMode {
    match kind {
        AuthenticationType::ApiKey => AuthMode::ApiKey,
        AuthenticationType::AwsIam => AuthMode::AwsIam,
        AuthenticationType::OpenidConnect => AuthMode::OpenidConnect,
        AuthenticationType::AmazonCognitoUserPools => AuthMode::AmazonCognitoUserPools,
        AuthenticationType::AwsLambda => AuthMode::AwsLambda,
    }
}

fn config_of(resolver: &template::Resolver, unsupported: &mut Vec<Diagnostic>) -> Option<ResolverConfig> {
    let kind = match &resolver.kind {
        template::ResolverKind::Unit(data_source) => {
            ResolverKind::Unit { data_source: data_source.clone(), code: optional_code(&resolver.handler) }
        }
        template::ResolverKind::Pipeline(functions) => ResolverKind::Pipeline {
            functions: functions.clone(),
            code: code(&resolver.handler, &resolver.logical_id, unsupported).ok()?,
        },
    };
    let (type_name, field_name) = (resolver.type_name.clone(), resolver.field_name.clone());
    let lambda = lambda_options(&resolver.handler, resolver.max_batch_size);
    let caching = resolver.caching.as_ref().map(caching);
    let conflict_handler = conflict_handler(resolver.sync.as_ref());
    Some(ResolverConfig { type_name, field_name, kind, lambda, caching, conflict_handler })
}

/// What is done about conflicts. Without a handler (`NONE`) there is nothing that could be done.
fn conflict_handler(sync: Option<&template::SyncConfig>) -> Option<ConflictHandler> {
    let sync = sync.filter(|sync| sync.conflict_detection == "VERSION")?;
    match sync.conflict_handler.as_deref()? {
        "OPTIMISTIC_CONCURRENCY" => Some(ConflictHandler::OptimisticConcurrency),
        "AUTOMERGE" => Some(ConflictHandler::Automerge),
        "LAMBDA" => {
            let config = sync.lambda_conflict_handler_config.as_ref();
            let arn = config.and_then(|config| config.get("LambdaConflictHandlerArn")).and_then(Value::as_str);
            Some(ConflictHandler::Lambda { function_arn: arn.unwrap_or_default().to_owned() })
        }
        _ => None,
    }
}

/// What is wrong has been reported.
struct Reported;

/// Code, or nothing: without templates and code, a Lambda function is called directly.
fn optional_code(handler: &Handler) -> Option<Code> {
    let empty = || Source { name: String::new(), code: String::new() };
    let template = |template: &Option<template::Source>| template.as_ref().map_or_else(empty, source);
    match handler {
        Handler::Code(code) => Some(Code::JavaScript(source(code))),
        Handler::Templates { request: None, response: None } => None,
        // A resolver or function of a Lambda data source may have one of them, see `lambda_options`.
        Handler::Templates { request, response } => {
            Some(Code::Templates(Templates { request: template(request), response: template(response) }))
        }
    }
}

fn lambda_options(handler: &Handler, max_batch_size: u32) -> LambdaOptions {
    let (whole_context, plain_response) = match handler {
        Handler::Templates { request, response } => (request.is_none(), response.is_none()),
        Handler::Code(_) => (false, false),
    };
    LambdaOptions { max_batch_size, whole_context, plain_response }
}

/// The handlers before and after a pipeline, of which neither may be missing.
fn code(handler: &Handler, logical_id: &str, unsupported: &mut Vec<Diagnostic>) -> Result<Code, Reported> {
    if let Handler::Templates { request: Some(_), response: Some(_) } | Handler::Code(_) = handler
        && let Some(code) = optional_code(handler)
    {
        return Ok(code);
    }
    let missing = match handler {
        Handler::Templates { request: Some(_), .. } => "ResponseMappingTemplate",
        _ => "RequestMappingTemplate",
    };
    unsupported.push(of_resource(logical_id, &format!("it needs a {missing} beside the other template")));
    Err(Reported)
}

fn of_resource(logical_id: &str, message: &str) -> Diagnostic {
    Diagnostic { file: logical_id.to_owned(), line: 0, column: 0, message: message.to_owned() }
}

pub(super) fn source(source: &template::Source) -> Source {
    Source { name: source.name(), code: source.text.to_string() }
}

fn dynamodb(config: &template::DynamoDbConfig) -> DataSourceKind {
    let table = config.table_name.clone();
    match config.delta_sync_config.as_ref().filter(|_| config.versioned) {
        Some(delta) => DataSourceKind::VersionedDynamoDb {
            table,
            delta: DeltaSync {
                base_table_ttl_minutes: delta.base_table_ttl,
                delta_table: delta.delta_sync_table_name.clone(),
                delta_table_ttl_minutes: delta.delta_sync_table_ttl,
            },
        },
        None => DataSourceKind::DynamoDb { table },
    }
}

pub(super) fn data_source(source: &template::DataSource) -> DataSourceConfig {
    let kind = match &source.config {
        template::DataSourceConfig::None => DataSourceKind::None,
        template::DataSourceConfig::DynamoDb(table) => dynamodb(table),
        template::DataSourceConfig::Lambda(arn) => DataSourceKind::Lambda { function_arn: arn.clone() },
        template::DataSourceConfig::Http(http) => DataSourceKind::Http {
            endpoint: http.endpoint.clone(),
            signing: http.aws_iam_config.as_ref().map(|signing| Signing {
                region: signing.signing_region.clone().unwrap_or_default(),
                service: signing.signing_service_name.clone().unwrap_or_default(),
            }),
        },
        template::DataSourceConfig::EventBridge(arn) => DataSourceKind::EventBridge { event_bus_arn: arn.clone() },
        template::DataSourceConfig::OpenSearch(endpoint) => DataSourceKind::OpenSearch { endpoint: endpoint.clone() },
        template::DataSourceConfig::RelationalDatabase(database) => {
            DataSourceKind::RelationalDatabase(RelationalDatabase {
                cluster: database.db_cluster_identifier.clone(),
                secret_arn: database.aws_secret_store_arn.clone(),
                database: database.database_name.clone(),
            })
        }
        template::DataSourceConfig::BedrockRuntime => DataSourceKind::BedrockRuntime,
    };
    DataSourceConfig { name: source.name.clone(), role_arn: source.service_role_arn.clone(), kind }
}

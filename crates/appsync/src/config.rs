//! What an API is made of, as the template's `AWS::AppSync::*` resources describe it.

use auth::AuthMode;
use aws_protocol::Partition;
use resolver::{Code, Source};
use serde_json::{Map, Value};

use crate::{CacheConfig, CachingConfig};

/// A GraphQL API (`AWS::AppSync::GraphQLApi` and everything that refers to it).
#[derive(Debug, Clone)]
pub struct ApiConfig {
    /// 26 lower-case letters and digits.
    pub api_id: String,
    /// The name given in the template.
    pub name: String,
    /// Region and account of the API.
    pub partition: Partition,
    /// The schema: `name` is its path, `code` its SDL.
    pub schema: Source,
    /// `AuthenticationType`.
    pub default_mode: AuthMode,
    /// `UserPoolConfig.DefaultAction: DENY`: fields without a group directive are closed to the pool's users.
    pub deny_by_default: bool,
    /// `AdditionalAuthenticationProviders`.
    pub additional_modes: Vec<AuthMode>,
    /// Every data source of the API.
    pub data_sources: Vec<DataSourceConfig>,
    /// Pipeline functions.
    pub functions: Vec<FunctionConfig>,
    /// Resolvers.
    pub resolvers: Vec<ResolverConfig>,
    /// `ctx.env`.
    pub environment: Map<String, Value>,
    /// `IntrospectionConfig` is not `DISABLED`.
    pub introspection: bool,
    /// `QueryDepthLimit`: 1 to 75, or 0 for none.
    pub query_depth_limit: u32,
    /// `ResolverCountLimit`: 1 to 10,000, or 0 for 10,000.
    pub resolver_count_limit: u32,
    /// `AWS::AppSync::ApiCache`.
    pub cache: Option<CacheConfig>,
    /// Whether `GetItem`s of one request on one data source are made as one `BatchGetItem`. AWS does not.
    pub coalesce_get_items: bool,
}

/// A data source (`AWS::AppSync::DataSource`).
#[derive(Debug, Clone)]
pub struct DataSourceConfig {
    /// Unique in its API.
    pub name: String,
    /// `ServiceRoleArn`: whom services see as the caller.
    pub role_arn: Option<String>,
    /// What it is, and where.
    pub kind: DataSourceKind,
}

/// The types of data source (AppSync API reference, `DataSource.type`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataSourceKind {
    /// `NONE`: the request's payload is the result.
    None,
    /// `AMAZON_DYNAMODB`.
    DynamoDb {
        /// The table's name.
        table: String,
    },
    /// `AMAZON_DYNAMODB` with `Versioned: true`.
    VersionedDynamoDb {
        /// The base table's name.
        table: String,
        /// What is kept of changes.
        delta: DeltaSync,
    },
    /// `HTTP`.
    Http {
        /// Scheme and authority, for example `https://states.us-east-1.amazonaws.com/`.
        endpoint: String,
        /// `AWS_IAM` authorization.
        signing: Option<Signing>,
    },
    /// `AWS_LAMBDA`.
    Lambda {
        /// The function's ARN.
        function_arn: String,
    },
    /// `AMAZON_EVENTBRIDGE`.
    EventBridge {
        /// The bus.
        event_bus_arn: String,
    },
    /// `RELATIONAL_DATABASE`.
    RelationalDatabase(RelationalDatabase),
    /// `AMAZON_OPENSEARCH_SERVICE` and `AMAZON_ELASTICSEARCH`.
    OpenSearch {
        /// Scheme and host of the domain.
        endpoint: String,
    },
    /// `AMAZON_BEDROCK_RUNTIME`.
    BedrockRuntime,
}

impl DataSourceKind {
    /// AWS's name of the type, and the table, endpoint, function or bus behind it.
    pub(crate) fn describe(&self) -> (&str, &str) {
        match self {
            Self::None => ("NONE", ""),
            Self::DynamoDb { table } | Self::VersionedDynamoDb { table, .. } => ("AMAZON_DYNAMODB", table),
            Self::Http { endpoint, .. } => ("HTTP", endpoint),
            Self::Lambda { function_arn } => ("AWS_LAMBDA", function_arn),
            Self::EventBridge { event_bus_arn } => ("AMAZON_EVENTBRIDGE", event_bus_arn),
            Self::RelationalDatabase(database) => ("RELATIONAL_DATABASE", &database.cluster),
            Self::OpenSearch { endpoint } => ("AMAZON_OPENSEARCH_SERVICE", endpoint),
            Self::BedrockRuntime => ("AMAZON_BEDROCK_RUNTIME", ""),
        }
    }
}

/// A database behind the RDS Data API (`RdsHttpEndpointConfig`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationalDatabase {
    /// The cluster's ARN or identifier.
    pub cluster: String,
    /// The secret with user and password.
    pub secret_arn: String,
    /// The database in the cluster.
    pub database: Option<String>,
}

/// What a versioned data source keeps of changes (`DeltaSyncConfig`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeltaSync {
    /// How long deleted items stay in the base table; 0 removes them at once.
    pub base_table_ttl_minutes: i64,
    /// The table of changes.
    pub delta_table: String,
    /// How long changes stay in it.
    pub delta_table_ttl_minutes: i64,
}

/// What becomes of a mutation that does not know the item's latest version (`SyncConfig`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConflictHandler {
    /// `OPTIMISTIC_CONCURRENCY`: it is refused.
    OptimisticConcurrency,
    /// `AUTOMERGE`: it is merged, type by type.
    Automerge,
    /// `LAMBDA`: a function resolves it.
    Lambda {
        /// The function.
        function_arn: String,
    },
}

/// What requests of an HTTP data source are signed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// For example `us-east-1`.
    pub region: String,
    /// For example `states`.
    pub service: String,
}

/// A pipeline function (`AWS::AppSync::FunctionConfiguration`).
#[derive(Debug, Clone)]
pub struct FunctionConfig {
    /// What pipelines name it by.
    pub id: String,
    /// Its name in the template.
    pub name: String,
    /// Its data source.
    pub data_source: String,
    /// Its handlers; without them a Lambda function receives the whole context.
    pub code: Option<Code>,
    /// For Lambda data sources.
    pub lambda: LambdaOptions,
    /// What it does about conflicts on a versioned data source; `None` does not detect any.
    pub conflict_handler: Option<ConflictHandler>,
}

/// What a resolver or function of a Lambda data source has beside its code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LambdaOptions {
    /// `MaxBatchSize`: 0 to 2,000. 0 does not batch, and for `BatchInvoke` means 5.
    pub max_batch_size: u32,
    /// There is no request template: the function receives the whole context. The one in `code` does not run.
    pub whole_context: bool,
    /// There is no response template: the function's answer is the result. The one in `code` does not run.
    pub plain_response: bool,
}

/// A resolver (`AWS::AppSync::Resolver`).
#[derive(Debug, Clone)]
pub struct ResolverConfig {
    /// The type that has the field.
    pub type_name: String,
    /// The field.
    pub field_name: String,
    /// Unit or pipeline.
    pub kind: ResolverKind,
    /// For Lambda data sources.
    pub lambda: LambdaOptions,
    /// How its results are cached, where the API says [`CachingBehavior::PerResolver`](crate::CachingBehavior).
    pub caching: Option<CachingConfig>,
    /// What a unit resolver does about conflicts on a versioned data source; `None` does not detect any.
    pub conflict_handler: Option<ConflictHandler>,
}

/// The kinds of resolver.
#[derive(Debug, Clone)]
pub enum ResolverKind {
    /// `UNIT`: one data source.
    Unit {
        /// Its name.
        data_source: String,
        /// The handlers; without them a Lambda function receives the whole context (direct Lambda resolver).
        code: Option<Code>,
    },
    /// `PIPELINE`: a list of functions between the two handlers.
    Pipeline {
        /// Function ids, in order.
        functions: Vec<String>,
        /// The handlers before and after.
        code: Code,
    },
}

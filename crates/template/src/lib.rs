//! CloudFormation templates: YAML or JSON text in, the typed resources of an application out.
//!
//! ```text
//! text -> parse -> parameters, conditions -> graph (order, circles) -> intrinsics -> check -> application
//!                            ^--------------- nested: the same for a stack in the stack ----'
//! ```
//! Nothing is created here and nothing runs: the caller does that with an [`Application`]. What CloudFormation would
//! learn from AWS (ids, keys, addresses) the caller decides through [`Values`]; files are read through [`Files`].

mod amplify_table;
mod application;
mod assets;
mod check;
mod cidr;
mod conditions;
mod diagnostic;
mod graph;
mod identity;
mod intrinsics;
mod load;
mod nested;
mod node;
mod parameters;
mod parse;
mod pseudo;
mod shapes;
mod source;
mod substitution;
mod suggest;
mod template;
mod values;

pub use application::{
    Activity, AdditionalProvider, ApiCache, ApiKey, ApiKeyAuth, Application, AttributeDefinition, AuthenticationType,
    AwsIamConfig, BasicAuth, Behavior, Bucket, CachingConfig, ChannelNamespace, CognitoUserPoolConfig, Connection,
    ConnectionAuth, ConnectionParameter, DataSource, DataSourceConfig, Declared, DeltaSyncConfig, DynamoDbConfig,
    EventApi, EventHandler, Function, GraphqlApi, Handler, HttpConfig, HttpParameters, IdentityPool, InputTransformer,
    InvokeType, KeySchemaElement, LambdaAuthorizerConfig, LambdaCode, LambdaFunction, OAuth, OAuthMethod, OnAwsOnly,
    OpenIdConnectConfig, Output, RdsHttpEndpointConfig, Resolver, ResolverKind, Role, RolePolicy, Rule, SourceApi,
    StateMachine, StateMachineType, SyncConfig, Table, Target, UserPool, UserPoolClient, UserPoolGroup, UserPoolUser,
};
pub use diagnostic::{Diagnostic, Position, Severity};
pub use load::{Error, Loaded, Options, load};
pub use source::{Disk, Files, LONGEST_FILE, Layout, Source};
pub use values::{Derived, Values, stable_text};

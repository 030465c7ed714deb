//! The typed resources of an application, one file for each AWS service.

mod appsync;
mod assemble;
mod cognito;
mod connections;
mod dynamodb;
mod events;
mod iam;
mod lambda;
mod s3;
mod step_functions;

pub use appsync::{
    AdditionalProvider, ApiCache, ApiKey, AuthenticationType, AwsIamConfig, Behavior, CachingConfig, ChannelNamespace,
    CognitoUserPoolConfig, DataSource, DataSourceConfig, DeltaSyncConfig, DynamoDbConfig, EventApi, EventHandler,
    Function, GraphqlApi, Handler, HttpConfig, InvokeType, LambdaAuthorizerConfig, OpenIdConnectConfig,
    RdsHttpEndpointConfig, Resolver, ResolverKind, SourceApi, SyncConfig,
};
pub(crate) use assemble::assemble;
pub use cognito::{IdentityPool, UserPool, UserPoolClient, UserPoolGroup, UserPoolUser};
pub use connections::{
    ApiKeyAuth, BasicAuth, Connection, ConnectionAuth, ConnectionParameter, HttpParameters, OAuth, OAuthMethod,
};
pub use dynamodb::{AttributeDefinition, KeySchemaElement, Table};
pub use events::{InputTransformer, Rule, Target};
pub use iam::{Role, RolePolicy};
pub use lambda::{LambdaCode, LambdaFunction};
pub use s3::Bucket;
pub use step_functions::{Activity, StateMachine, StateMachineType};

use serde_json::Value;

use crate::diagnostic::Position;

/// Everything that one template describes and that runs here, in an order in which each resource comes after those
/// it refers to.
#[derive(Debug, Default)]
pub struct Application {
    /// For example `us-east-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
    /// The stack's name.
    pub stack_name: String,
    /// `AWS::AppSync::GraphQLApi` with what belongs to each.
    pub apis: Vec<GraphqlApi>,
    /// `AWS::AppSync::Api` with what belongs to each.
    pub event_apis: Vec<EventApi>,
    /// `AWS::DynamoDB::Table`.
    pub tables: Vec<Table>,
    /// `AWS::StepFunctions::StateMachine`.
    pub state_machines: Vec<StateMachine>,
    /// `AWS::StepFunctions::Activity`.
    pub activities: Vec<Activity>,
    /// `AWS::Cognito::UserPool` with clients, groups and users.
    pub user_pools: Vec<UserPool>,
    /// `AWS::Cognito::IdentityPool` with the roles of `AWS::Cognito::IdentityPoolRoleAttachment`.
    pub identity_pools: Vec<IdentityPool>,
    /// `AWS::Lambda::Function` and `AWS::Serverless::Function`.
    pub functions: Vec<LambdaFunction>,
    /// `AWS::Events::Connection`.
    pub connections: Vec<Connection>,
    /// `AWS::Events::Rule`.
    pub rules: Vec<Rule>,
    /// `AWS::S3::Bucket`.
    pub buckets: Vec<Bucket>,
    /// `AWS::IAM::Role` with the policies of `AWS::IAM::Policy`.
    pub roles: Vec<Role>,
    /// The outputs whose condition holds.
    pub outputs: Vec<Output>,
    /// Every resource as it is declared, to find out what differs between two templates.
    pub declared: Vec<Declared>,
    /// Resources of types that do not run here.
    pub on_aws_only: Vec<OnAwsOnly>,
}

/// A resource with its functions resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Its name in the template.
    pub logical_id: String,
    /// For example `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// Its properties; files that they name are not read.
    pub properties: Value,
}

/// A resource that stepwell leaves to AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnAwsOnly {
    /// Its name in the template.
    pub logical_id: String,
    /// For example `AWS::CloudFront::Distribution`.
    pub resource_type: String,
    /// What `Ref` answers for it.
    pub reference: String,
    /// Where it stands in the template.
    pub position: Position,
}

/// A value that the template puts out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// The value itself.
    pub value: String,
}

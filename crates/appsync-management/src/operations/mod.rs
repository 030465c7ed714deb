//! The operations of the management API, a file for each kind of resource.

mod api_caches;
mod api_keys;
mod channel_namespaces;
mod data_sources;
mod domain_names;
mod environment_variables;
mod evaluate;
mod event_apis;
mod functions;
mod graphql_apis;
mod handlers;
mod resolvers;
mod schemas;
mod source_api_associations;
mod tags;
mod types;

use serde_json::Value;

use crate::{Error, registry::Registry};

/// Performs `operation`, whoever calls it.
pub(crate) async fn perform(registry: &Registry, operation: &str, input: &Value) -> Result<Value, Error> {
    match operation {
        "AssociateApi" => domain_names::associate(registry, input).await,
        "AssociateMergedGraphqlApi" | "AssociateSourceGraphqlApi" => {
            source_api_associations::associate(registry, input).await
        }
        "CreateApi" => event_apis::create(registry, input).await,
        "CreateApiCache" => api_caches::create(registry, input).await,
        "CreateApiKey" => api_keys::create(registry, input).await,
        "CreateChannelNamespace" => channel_namespaces::create(registry, input).await,
        "CreateDataSource" => data_sources::create(registry, input).await,
        "CreateDomainName" => domain_names::create(registry, input).await,
        "CreateFunction" => functions::create(registry, input).await,
        "CreateGraphqlApi" => graphql_apis::create(registry, input).await,
        "CreateResolver" => resolvers::create(registry, input).await,
        "CreateType" => types::create(registry, input).await,
        "DeleteApi" => event_apis::delete(registry, input).await,
        "DeleteApiCache" => api_caches::delete(registry, input).await,
        "DeleteApiKey" => api_keys::delete(registry, input).await,
        "DeleteChannelNamespace" => channel_namespaces::delete(registry, input).await,
        "DeleteDataSource" => data_sources::delete(registry, input).await,
        "DeleteDomainName" => domain_names::delete(registry, input).await,
        "DeleteFunction" => functions::delete(registry, input).await,
        "DeleteGraphqlApi" => graphql_apis::delete(registry, input).await,
        "DeleteResolver" => resolvers::delete(registry, input).await,
        "DeleteType" => types::delete(registry, input).await,
        "DisassociateApi" => domain_names::disassociate(registry, input).await,
        "DisassociateMergedGraphqlApi" | "DisassociateSourceGraphqlApi" => {
            source_api_associations::disassociate(registry, input).await
        }
        "EvaluateCode" => evaluate::code(registry, input).await,
        "EvaluateMappingTemplate" => evaluate::template(registry, input).await,
        "FlushApiCache" => api_caches::flush(registry, input),
        "GetApi" => event_apis::get(registry, input),
        "GetApiAssociation" => domain_names::association(registry, input),
        "GetApiCache" => api_caches::get(registry, input),
        "GetChannelNamespace" => channel_namespaces::get(registry, input),
        "GetDataSource" => data_sources::get(registry, input),
        "GetDomainName" => domain_names::get(registry, input),
        "GetFunction" => functions::get(registry, input),
        "GetGraphqlApi" => graphql_apis::get(registry, input),
        "GetGraphqlApiEnvironmentVariables" => environment_variables::get(registry, input),
        "GetIntrospectionSchema" => schemas::introspection(registry, input),
        "GetResolver" => resolvers::get(registry, input),
        "GetSchemaCreationStatus" => schemas::status(registry, input),
        "GetSourceApiAssociation" => source_api_associations::get(registry, input),
        "GetType" => types::get(registry, input),
        "ListApiKeys" => api_keys::list(registry, input),
        "ListApis" => event_apis::list(registry, input),
        "ListChannelNamespaces" => channel_namespaces::list(registry, input),
        "ListDataSources" => data_sources::list(registry, input),
        "ListDomainNames" => domain_names::list(registry, input),
        "ListFunctions" => functions::list(registry, input),
        "ListGraphqlApis" => graphql_apis::list(registry, input),
        "ListResolvers" => resolvers::list(registry, input),
        "ListResolversByFunction" => resolvers::list_by_function(registry, input),
        "ListSourceApiAssociations" => source_api_associations::list(registry, input),
        "ListTagsForResource" => tags::list(registry, input),
        "ListTypes" => types::list(registry, input),
        "ListTypesByAssociation" => types::list_by_association(registry, input),
        "PutGraphqlApiEnvironmentVariables" => environment_variables::put(registry, input).await,
        "StartSchemaCreation" => schemas::start_creation(registry, input).await,
        "StartSchemaMerge" => source_api_associations::start_merge(registry, input).await,
        "TagResource" => tags::tag(registry, input).await,
        "UntagResource" => tags::untag(registry, input).await,
        "UpdateApi" => event_apis::update(registry, input).await,
        "UpdateApiCache" => api_caches::update(registry, input).await,
        "UpdateApiKey" => api_keys::update(registry, input).await,
        "UpdateChannelNamespace" => channel_namespaces::update(registry, input).await,
        "UpdateDataSource" => data_sources::update(registry, input).await,
        "UpdateDomainName" => domain_names::update(registry, input).await,
        "UpdateFunction" => functions::update(registry, input).await,
        "UpdateGraphqlApi" => graphql_apis::update(registry, input).await,
        "UpdateResolver" => resolvers::update(registry, input).await,
        "UpdateSourceApiAssociation" => source_api_associations::update(registry, input).await,
        "UpdateType" => types::update(registry, input).await,
        _ => Err(Error::UnknownOperation(operation.to_owned())),
    }
}

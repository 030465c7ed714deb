//! Who serves the APIs that are managed here: the trait behind which the rest of the process is.

use aws_protocol::BoxFuture;
use template::GraphqlApi;

/// Serves APIs. A change of an API takes effect through it before the call that asked for it answers.
pub trait Deployer: Send + Sync + 'static {
    /// Serves `api` from now on, in the place of the one with its id if there is one: open subscriptions go on. An API
    /// without a schema is there, too, and refuses requests as AppSync does.
    ///
    /// # Errors
    /// What is wrong with its schema, resolvers or data sources; what was served before is served still.
    fn deploy(&self, api: GraphqlApi) -> BoxFuture<'_, Result<(), Vec<appsync::Diagnostic>>>;

    /// Serves the API no more.
    fn remove<'a>(&'a self, api_id: &'a str) -> BoxFuture<'a, ()>;

    /// The API with this id if the template has it, as it is served now.
    fn template_api(&self, api_id: &str) -> Option<GraphqlApi>;

    /// The schema that the sources of a merged API have together, as SDL; `None` before there is one.
    fn merged_schema(&self, api_id: &str) -> Option<String>;

    /// The APIs of the template.
    fn template_apis(&self) -> Vec<GraphqlApi>;

    /// Where clients reach an API.
    fn addresses(&self, api_id: &str) -> Addresses;

    /// Requests to the host `domain_name` are for this API from now on; for none without one.
    fn serve_domain(&self, domain_name: &str, api_id: Option<&str>);

    /// Empties the cache of an API.
    fn flush_cache(&self, api_id: &str);
}

/// Where clients reach an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// For queries and mutations, for example `http://127.0.0.1:4000/apis/ID/graphql`.
    pub graphql: String,
    /// For subscriptions, for example `ws://127.0.0.1:4000/apis/ID/graphql/realtime`.
    pub realtime: String,
}

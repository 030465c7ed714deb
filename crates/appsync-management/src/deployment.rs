//! Who serves the APIs that are managed here: the trait behind which the rest of the process is.

use aws_protocol::BoxFuture;
use template::{EventApi, GraphqlApi};

/// An API of either kind, as the `template` crate describes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Description {
    /// `AWS::AppSync::GraphQLApi` with what belongs to it.
    Graphql(Box<GraphqlApi>),
    /// `AWS::AppSync::Api` with what belongs to it.
    Events(Box<EventApi>),
}

impl Description {
    /// The API's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Graphql(api) => &api.id,
            Self::Events(api) => &api.id,
        }
    }
}

/// Serves APIs. A change of an API takes effect through it before the call that asked for it answers.
pub trait Deployer: Send + Sync + 'static {
    /// Serves `api` from now on, in the place of the one with its id if there is one: open subscriptions go on. A GraphQL
    /// API without a schema is there, too, and refuses requests as AppSync does.
    ///
    /// # Errors
    /// What is wrong with its schema, handlers or data sources; what was served before is served still.
    fn deploy(&self, api: Description) -> BoxFuture<'_, Result<(), Vec<appsync::Diagnostic>>>;

    /// Serves the API no more, of whichever kind it is.
    fn remove<'a>(&'a self, api_id: &'a str) -> BoxFuture<'a, ()>;

    /// The API with this id if the template has it, as it is served now.
    fn template_api(&self, api_id: &str) -> Option<Description>;

    /// The schema that the sources of a merged API have together, as SDL; `None` before there is one. With `only` it is
    /// what the source of the association with this id makes alone, under the names that it has in the merged API.
    fn merged_schema(&self, api_id: &str, only: Option<&str>) -> Option<String>;

    /// The APIs of the template.
    fn template_apis(&self) -> Vec<Description>;

    /// Where clients reach an API.
    fn addresses(&self, api_id: &str) -> Addresses;

    /// Requests to the host `domain_name` are for this API from now on; for none without one.
    fn serve_domain(&self, domain_name: &str, api_id: Option<&str>);

    /// Empties the cache of an API.
    fn flush_cache(&self, api_id: &str);
}

/// Where clients reach an API of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// For queries and mutations, for example `http://127.0.0.1:4000/apis/ID/graphql`.
    pub graphql: String,
    /// For subscriptions, for example `ws://127.0.0.1:4000/apis/ID/graphql/realtime`.
    pub realtime: String,
    /// For publishing events: what stands between `https://` and `/event`, for example `127.0.0.1:4443/apis/ID`.
    pub event_http: String,
    /// For subscriptions to events: what stands between `wss://` and `/event/realtime`.
    pub event_realtime: String,
}

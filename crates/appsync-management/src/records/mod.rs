//! What the management API keeps: an API as the sum of its records, each in the names of AWS's own answers.
//!
//! Configurations that the management API only hands on (`dynamodbConfig`, `userPoolConfig` ...) stay JSON: the
//! properties of CloudFormation say what may be in them, and the `template` crate holds them against those.

mod api_key;
mod association;
mod data_source;
mod domain_name;
mod event_api;
mod graphql_api;
mod resolver;

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

pub(crate) use api_key::ApiKey;
pub(crate) use association::{Association, MergeType, Snapshot, Status};
pub(crate) use data_source::DataSource;
pub(crate) use domain_name::DomainName;
pub(crate) use event_api::{ChannelNamespace, EventApi};
pub(crate) use graphql_api::{ApiCache, GraphqlApi};
pub(crate) use resolver::{Function, Handler, PipelineConfig, Resolver};

/// An API of either kind with everything that belongs to it. Cloning shares the members.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) core: Arc<Core>,
    /// SDL, once there is any.
    pub(crate) sdl: Option<Arc<str>>,
    pub(crate) members: Members,
    /// Whether the template has it: then it is read here and changed there.
    pub(crate) of_the_template: bool,
}

/// What belongs to an API, by the name that operations know it by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members {
    /// By the key itself.
    pub(crate) api_keys: BTreeMap<String, Arc<ApiKey>>,
    /// By name.
    pub(crate) data_sources: BTreeMap<String, Arc<DataSource>>,
    /// By id.
    pub(crate) functions: BTreeMap<String, Arc<Function>>,
    /// By type and field.
    pub(crate) resolvers: BTreeMap<(String, String), Arc<Resolver>>,
    /// Those of a merged API with its sources, by id.
    pub(crate) associations: BTreeMap<String, Arc<Association>>,
    /// Those of an Event API, by name.
    pub(crate) namespaces: BTreeMap<String, Arc<ChannelNamespace>>,
}

/// The API itself: what is small and changes together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Core {
    pub(crate) settings: Settings,
    #[serde(default)]
    pub(crate) environment_variables: BTreeMap<String, String>,
    pub(crate) cache: Option<ApiCache>,
    pub(crate) schema: SchemaStatus,
}

/// Of which kind an API is, and its settings. An Event API is told by its `eventConfig`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Settings {
    Events(EventApi),
    Graphql(Box<GraphqlApi>),
}

/// What became of the last schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaStatus {
    /// `NOT_APPLICABLE`, `SUCCESS` or `FAILED`.
    pub(crate) status: String,
    pub(crate) details: Option<String>,
    /// Whether the SDL is a whole schema, so that the API can be served: single types may come one after the other.
    pub(crate) is_whole: bool,
}

impl Api {
    /// A new GraphQL API without anything.
    pub(crate) fn new(settings: GraphqlApi) -> Self {
        Self::of(Settings::Graphql(Box::new(settings)))
    }

    /// A new Event API without anything.
    pub(crate) fn of_events(settings: EventApi) -> Self {
        Self::of(Settings::Events(settings))
    }

    /// A new API without anything.
    pub(crate) fn of(settings: Settings) -> Self {
        let schema = SchemaStatus { status: "NOT_APPLICABLE".to_owned(), details: None, is_whole: false };
        let core = Core { settings, environment_variables: BTreeMap::new(), cache: None, schema };
        Self { core: Arc::new(core), sdl: None, members: Members::default(), of_the_template: false }
    }

    pub(crate) fn id(&self) -> &str {
        match &self.core.settings {
            Settings::Graphql(settings) => &settings.api_id,
            Settings::Events(settings) => &settings.api_id,
        }
    }

    /// The settings, if it is a GraphQL API.
    pub(crate) fn graphql(&self) -> Option<&GraphqlApi> {
        match &self.core.settings {
            Settings::Graphql(settings) => Some(settings),
            Settings::Events(_) => None,
        }
    }

    /// The settings, if it is an Event API.
    pub(crate) fn events(&self) -> Option<&EventApi> {
        match &self.core.settings {
            Settings::Events(settings) => Some(settings),
            Settings::Graphql(_) => None,
        }
    }

    /// Whether it is merged of other APIs.
    pub(crate) fn is_merged(&self) -> bool {
        self.graphql().is_some_and(|settings| settings.api_type == "MERGED")
    }

    /// Its tags.
    pub(crate) fn tags(&self) -> &BTreeMap<String, String> {
        match &self.core.settings {
            Settings::Graphql(settings) => &settings.tags,
            Settings::Events(settings) => &settings.tags,
        }
    }

    /// Its tags, to change them.
    pub(crate) fn tags_mut(&mut self) -> &mut BTreeMap<String, String> {
        match &mut self.core_mut().settings {
            Settings::Graphql(settings) => &mut settings.tags,
            Settings::Events(settings) => &mut settings.tags,
        }
    }

    /// The API itself, to change it.
    pub(crate) fn core_mut(&mut self) -> &mut Core {
        Arc::make_mut(&mut self.core)
    }

    /// The schema that the API is served with.
    pub(crate) fn served_sdl(&self) -> Option<&Arc<str>> {
        self.sdl.as_ref().filter(|_| self.core.schema.is_whole)
    }
}

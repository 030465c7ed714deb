//! The Event APIs of this process: from `AWS::AppSync::Api` and what refers to it to the API that runs.

use std::sync::Arc;

use appsync::{Diagnostic, trace::Traces};
use auth::{AuthMode, Authenticator};
use aws_protocol::Partition;
use clock::Clock;
use event_api::{Behavior, EventApiConfig, HandlerConfig, InvokeType, NamespaceConfig};
use resolver::Language;
use template::{AuthenticationType, ChannelNamespace, EventApi, EventHandler};

use super::{
    apis::{self, Surroundings},
    graphql_api::{data_source, mode, source},
    modes, places,
    registry::{Deployed, Registry},
};
use crate::{backends::http_client::Outbound, config::Dialect};

/// All Event APIs; the first one is at `/event`.
pub(crate) type EventApis = Registry<RunningEventApi>;

/// One version of an Event API, ready to be asked.
pub(crate) struct RunningEventApi {
    description: EventApi,
    api: Arc<event_api::EventApi>,
    authenticator: Authenticator,
    /// The engines of its handlers, which the next version goes on with.
    language: Arc<dyn Language>,
}

impl RunningEventApi {
    /// What it was deployed from.
    pub(crate) fn description(&self) -> &EventApi {
        &self.description
    }

    /// What publishes and subscribes.
    pub(crate) fn api(&self) -> &event_api::EventApi {
        &self.api
    }

    /// What checks credentials.
    pub(crate) fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }
}

impl Deployed for RunningEventApi {
    type Description = EventApi;

    fn id_of(description: &EventApi) -> &str {
        &description.id
    }

    fn id(&self) -> &str {
        &self.description.id
    }

    fn compile(
        surroundings: &Surroundings,
        description: EventApi,
        before: Option<&Self>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let config = config(&description, surroundings.partition.clone());
        let authenticator =
            modes::authenticator(&modes::Modes::of_events(&description), surroundings).map_err(|error| vec![error])?;
        let language = before.map_or_else(|| surroundings.language(), |before| before.language.clone());
        let deps = surroundings.deps(Traces::default(), language.clone());
        let built = match before {
            Some(before) => before.api.rebuild(config, &deps),
            None => event_api::EventApi::build(config, &deps),
        };
        let api = built.map_err(|wrong| places::in_files(wrong, &description.texts()))?;
        Ok(Self { description, api, authenticator, language })
    }

    fn take_over(&self) {
        self.api.take_over();
    }

    fn end_subscriptions(&self) {
        self.api.end_subscriptions();
    }
}

/// Finds what is wrong with an Event API, without anything to call.
pub(super) fn check(
    description: &EventApi,
    partition: Partition,
    dialect: Dialect,
    clock: Arc<dyn Clock>,
    outbound: Arc<Outbound>,
) -> Result<(), Vec<Diagnostic>> {
    let deps = apis::nothing_to_call(dialect, clock, outbound);
    let built = event_api::EventApi::build(config(description, partition), &deps);
    built.map(drop).map_err(|wrong| places::in_files(wrong, &description.texts()))
}

fn config(api: &EventApi, partition: Partition) -> EventApiConfig {
    EventApiConfig {
        api_id: api.id.clone(),
        partition,
        connection_modes: modes(&api.connection_auth_modes),
        namespaces: api.namespaces.iter().map(|namespace| namespace_config(namespace, api)).collect(),
        data_sources: api.data_sources.iter().map(data_source).collect(),
    }
}

fn namespace_config(namespace: &ChannelNamespace, api: &EventApi) -> NamespaceConfig {
    NamespaceConfig {
        name: namespace.name.clone(),
        publish_modes: modes(namespace.publish_auth_modes.as_ref().unwrap_or(&api.publish_auth_modes)),
        subscribe_modes: modes(namespace.subscribe_auth_modes.as_ref().unwrap_or(&api.subscribe_auth_modes)),
        code: namespace.code.as_ref().map(source),
        on_publish: namespace.on_publish.as_ref().map(handler),
        on_subscribe: namespace.on_subscribe.as_ref().map(handler),
    }
}

fn handler(handler: &EventHandler) -> HandlerConfig {
    let behavior = match (handler.behavior, handler.invoke_type) {
        (template::Behavior::Code, _) => Behavior::Code,
        (template::Behavior::Direct, Some(template::InvokeType::Event)) => Behavior::Direct(InvokeType::Event),
        (template::Behavior::Direct, _) => Behavior::Direct(InvokeType::RequestResponse),
    };
    HandlerConfig { data_source: handler.data_source_name.clone(), behavior }
}

fn modes(types: &[AuthenticationType]) -> Vec<AuthMode> {
    types.iter().copied().map(mode).collect()
}

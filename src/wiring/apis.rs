//! The GraphQL APIs of this process, and what APIs of both kinds need of it.

use std::sync::Arc;

use appsync::{Api, Diagnostic, Writes, trace::Traces};
use auth::{Authenticator, CredentialStore, KeyCache};
use aws_protocol::{Directory, Partition};
use clock::Clock;
use cognito::UserPools;
use resolver::{
    Language, Limits,
    javascript::{self, JavaScript},
};
use template::GraphqlApi;

use super::{
    graphql_api, modes, places,
    registry::{Deployed, Registry},
};
use crate::{backends::http_client::Outbound, config::Dialect, telemetry};

/// What APIs need of the rest of the process.
pub(crate) struct Surroundings {
    pub(crate) partition: Partition,
    /// The services that data sources call.
    pub(crate) services: Directory,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) outbound: Arc<Outbound>,
    /// Seals page tokens.
    pub(crate) token_key: [u8; 32],
    /// What the cache of each API may take.
    pub(crate) cache_bytes: u64,
    /// Those under way, which all APIs and all their versions share.
    pub(crate) writes: Writes,
    /// The setting of this name.
    pub(crate) coalesce_get_items: bool,
    /// What resolvers in JavaScript may be written in.
    pub(crate) dialect: Dialect,
    pub(crate) user_pools: Arc<UserPools>,
    pub(crate) credentials: Arc<CredentialStore>,
    /// Keys of token issuers, shared by all APIs.
    pub(crate) keys: KeyCache,
    /// Where finished requests go.
    pub(crate) traces: Traces,
}

/// All GraphQL APIs; the first one is at `/graphql`.
pub(crate) type Apis = Registry<RunningApi>;

/// One version of an API, ready to be asked.
pub(crate) struct RunningApi {
    description: GraphqlApi,
    api: Arc<Api>,
    authenticator: Authenticator,
    /// The engines of its resolvers, which the next version goes on with.
    language: Arc<dyn Language>,
}

impl RunningApi {
    fn build(
        surroundings: &Surroundings,
        description: &GraphqlApi,
        language: Arc<dyn Language>,
        before: Option<&Self>,
    ) -> Result<Arc<Api>, Vec<Diagnostic>> {
        let mut config = graphql_api::config(description, surroundings.partition.clone())?;
        config.coalesce_get_items = surroundings.coalesce_get_items;
        let traces = surroundings.traces.logging(telemetry::field_log_level(description));
        let deps = surroundings.deps(traces, language);
        match before {
            Some(before) => before.api.rebuild(config, deps),
            None => Api::build(config, deps),
        }
    }

    /// What it was deployed from.
    pub(crate) fn description(&self) -> &GraphqlApi {
        &self.description
    }

    /// Whether there is a schema: its own, or that of its sources.
    pub(crate) fn has_schema(&self) -> bool {
        let sources = self.description.sources.as_ref();
        self.description.schema.is_some() || sources.is_some_and(|sources| !sources.is_empty())
    }

    /// What executes requests.
    pub(crate) fn api(&self) -> &Arc<Api> {
        &self.api
    }

    /// What checks their credentials.
    pub(crate) fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    /// The first API key that it has.
    pub(crate) fn api_key(&self) -> Option<&str> {
        self.description.api_keys.first().map(|key| &*key.key)
    }
}

impl Deployed for RunningApi {
    type Description = GraphqlApi;

    fn id_of(description: &GraphqlApi) -> &str {
        &description.id
    }

    fn id(&self) -> &str {
        &self.description.id
    }

    fn compile(
        surroundings: &Surroundings,
        description: GraphqlApi,
        before: Option<&Self>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let authenticator =
            modes::authenticator(&modes::Modes::of(&description), surroundings).map_err(|error| vec![error])?;
        let language = before.map_or_else(|| surroundings.language(), |before| before.language.clone());
        let api = Self::build(surroundings, &description, language.clone(), before)
            .map_err(|wrong| places::in_files(wrong, &description.texts()))?;
        Ok(Self { description, api, authenticator, language })
    }

    fn take_over(&self) {
        self.api.take_over();
    }

    fn end_subscriptions(&self) {
        self.api.end_subscriptions();
    }
}

impl Surroundings {
    /// Engines for the handlers of a new API.
    pub(super) fn language(&self) -> Arc<dyn Language> {
        language(self.dialect)
    }

    pub(super) fn deps(&self, traces: Traces, language: Arc<dyn Language>) -> appsync::Deps {
        appsync::Deps {
            services: self.services.clone(),
            clock: self.clock.clone(),
            language,
            http: self.outbound.clone(),
            traces,
            token_key: self.token_key,
            cache_bytes: self.cache_bytes,
            writes: self.writes.clone(),
        }
    }
}

/// Finds what is wrong with an API, without anything to call.
pub(super) fn check(
    description: &GraphqlApi,
    partition: Partition,
    dialect: Dialect,
    clock: Arc<dyn Clock>,
    outbound: Arc<Outbound>,
) -> Result<(), Vec<Diagnostic>> {
    let config = graphql_api::config(description, partition);
    let built = config.and_then(|config| Api::build(config, nothing_to_call(dialect, clock, outbound)));
    built.map(drop).map_err(|wrong| places::in_files(wrong, &description.texts()))
}

/// What it takes to compile an API, without anything to call.
pub(super) fn nothing_to_call(dialect: Dialect, clock: Arc<dyn Clock>, outbound: Arc<Outbound>) -> appsync::Deps {
    appsync::Deps {
        services: Directory::default(),
        clock,
        language: language(dialect),
        http: outbound,
        traces: Traces::default(),
        token_key: [0; 32],
        cache_bytes: 0,
        writes: Writes::default(),
    }
}

fn language(dialect: Dialect) -> Arc<dyn Language> {
    let dialect = match dialect {
        Dialect::Strict => javascript::Dialect::Strict,
        Dialect::Relaxed => javascript::Dialect::Relaxed,
    };
    Arc::new(JavaScript::new(dialect, Limits::default()))
}

//! The GraphQL APIs of this process: those of the template, and those deployed while it runs.
//!
//! A request takes the version that is in force when it comes and finishes on it. A deployment compiles beside the
//! version in force, then takes its place in one step; what belongs to the API's life, above all its open
//! subscriptions, goes on ([`appsync::Api::take_over`]).

use std::{collections::HashMap, sync::Arc};

use appsync::{Api, Diagnostic, Writes, trace::Traces};
use arc_swap::ArcSwap;
use auth::{Authenticator, CredentialStore, KeyCache};
use aws_protocol::{Directory, Partition};
use clock::Clock;
use cognito::UserPools;
use resolver::{
    Language, Limits,
    javascript::{self, JavaScript},
};
use template::GraphqlApi;

use super::{graphql_api, modes};
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

/// One version of an API, ready to be asked.
pub(crate) struct RunningApi {
    description: GraphqlApi,
    api: Arc<Api>,
    authenticator: Authenticator,
    /// The engines of its resolvers, which the next version goes on with.
    language: Arc<dyn Language>,
}

impl RunningApi {
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

/// All APIs. Reading takes no lock.
pub(crate) struct Apis {
    surroundings: Arc<Surroundings>,
    table: ArcSwap<Table>,
    /// Held by whoever changes the table, from reading the version in force to taking its place.
    changing: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct Table {
    by_id: HashMap<String, Arc<RunningApi>>,
    /// The API at `/graphql`, if it is there.
    first: Option<Arc<RunningApi>>,
    first_id: Option<String>,
}

impl Apis {
    /// No API yet.
    pub(crate) fn new(surroundings: Surroundings) -> Self {
        Self {
            surroundings: Arc::new(surroundings),
            table: ArcSwap::default(),
            changing: tokio::sync::Mutex::default(),
        }
    }

    /// The version in force of the API with this id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<RunningApi>> {
        self.table.load().by_id.get(id).cloned()
    }

    /// The versions in force of all APIs, in no order.
    pub(crate) fn all(&self) -> Vec<Arc<RunningApi>> {
        self.table.load().by_id.values().cloned().collect()
    }

    /// The API at `/graphql`.
    pub(crate) fn first(&self) -> Option<Arc<RunningApi>> {
        self.table.load().first.clone()
    }

    /// Has `/graphql` serve the API with this id, whenever it is there.
    pub(crate) async fn serve_first(&self, id: Option<String>) {
        let _one_at_a_time = self.changing.lock().await;
        let mut table = Table::clone(&self.table.load());
        table.first_id = id;
        self.put_in_force(table);
    }

    /// Compiles an API on a thread of its own and puts it in force: a new one, or the next version of the one with its
    /// id. Open subscriptions go on.
    ///
    /// # Errors
    /// Everything that is wrong with it; the version before stays in force.
    pub(crate) async fn deploy(&self, description: GraphqlApi) -> Result<(), Vec<Diagnostic>> {
        self.prepare(vec![description]).await?.commit().await;
        Ok(())
    }

    /// Takes an API away, and says whether it was there: its subscriptions end, requests in flight do not.
    pub(crate) async fn remove(&self, id: &str) -> bool {
        let _one_at_a_time = self.changing.lock().await;
        let mut table = Table::clone(&self.table.load());
        let Some(removed) = table.by_id.remove(id) else { return false };
        self.put_in_force(table);
        removed.api.end_subscriptions();
        true
    }

    /// Compiles several APIs, of which all or none are put in force. Other changes wait until the answer is committed or
    /// dropped.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub(crate) async fn prepare(&self, descriptions: Vec<GraphqlApi>) -> Result<Prepared<'_>, Vec<Diagnostic>> {
        let one_at_a_time = self.changing.lock().await;
        let compiling = descriptions.into_iter().map(|description| {
            let (surroundings, before) = (self.surroundings.clone(), self.get(&description.id));
            tokio::task::spawn_blocking(move || surroundings.compile(description, before.as_deref()))
        });
        let (mut next, mut wrong) = (Vec::new(), Vec::new());
        for compiled in futures::future::join_all(compiling).await {
            match compiled.expect("compiling an API does not panic") {
                Ok(api) => next.push(Arc::new(api)),
                Err(diagnostics) => wrong.extend(diagnostics),
            }
        }
        if wrong.is_empty() { Ok(Prepared { apis: self, _one_at_a_time: one_at_a_time, next }) } else { Err(wrong) }
    }

    fn put_in_force(&self, mut table: Table) {
        table.first = table.first_id.as_ref().and_then(|id| table.by_id.get(id)).cloned();
        self.table.store(Arc::new(table));
    }
}

/// Compiled APIs that are not in force yet.
pub(crate) struct Prepared<'a> {
    apis: &'a Apis,
    _one_at_a_time: tokio::sync::MutexGuard<'a, ()>,
    next: Vec<Arc<RunningApi>>,
}

impl Prepared<'_> {
    /// Puts them in force in one step, then has open subscriptions go on with them.
    pub(crate) async fn commit(self) {
        let mut table = Table::clone(&self.apis.table.load());
        let mut replacing = Vec::new();
        for next in self.next {
            if table.by_id.insert(next.description.id.clone(), next.clone()).is_some() {
                replacing.push(next);
            }
        }
        self.apis.put_in_force(table);
        let taking_over = tokio::task::spawn_blocking(move || replacing.iter().for_each(|next| next.api.take_over()));
        taking_over.await.expect("planning subscriptions does not panic");
    }
}

impl Surroundings {
    fn compile(&self, description: GraphqlApi, before: Option<&RunningApi>) -> Result<RunningApi, Vec<Diagnostic>> {
        let mut config = graphql_api::config(&description, self.partition.clone())?;
        config.coalesce_get_items = self.coalesce_get_items;
        let authenticator = modes::authenticator(&description, self).map_err(|error| vec![error])?;
        let language = before.map_or_else(|| language(self.dialect), |before| before.language.clone());
        let deps = self.deps(&description, language.clone());
        let api = match before {
            Some(before) => before.api.rebuild(config, deps)?,
            None => Api::build(config, deps)?,
        };
        Ok(RunningApi { description, api, authenticator, language })
    }

    fn deps(&self, description: &GraphqlApi, language: Arc<dyn Language>) -> appsync::Deps {
        appsync::Deps {
            services: self.services.clone(),
            clock: self.clock.clone(),
            language,
            http: self.outbound.clone(),
            traces: self.traces.logging(telemetry::field_log_level(description)),
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
    let config = graphql_api::config(description, partition)?;
    let deps = appsync::Deps {
        services: Directory::default(),
        clock,
        language: language(dialect),
        http: outbound,
        traces: Traces::default(),
        token_key: [0; 32],
        cache_bytes: 0,
        writes: Writes::default(),
    };
    Api::build(config, deps).map(drop)
}

fn language(dialect: Dialect) -> Arc<dyn Language> {
    let dialect = match dialect {
        Dialect::Strict => javascript::Dialect::Strict,
        Dialect::Relaxed => javascript::Dialect::Relaxed,
    };
    Arc::new(JavaScript::new(dialect, Limits::default()))
}

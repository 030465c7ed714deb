//! The one place where services meet: from a template to a running application.

pub(crate) mod access_keys;
pub(crate) mod apis;
mod buckets;
mod databases;
pub(crate) mod endpoints;
pub(crate) mod event_apis;
mod event_rules;
mod excerpt;
mod functions;
mod graphql_api;
mod identity_pools;
pub(crate) mod management;
mod modes;
mod places;
pub(crate) mod registry;
pub(crate) mod reload;
mod remote_sources;
mod roles;
pub(crate) mod secrets;
mod services;
pub(crate) mod state_machines;
mod tables;
mod user_pools;
pub(crate) mod values;

use std::sync::Arc;

use aws_protocol::{Caller, Directory, Partition, Service};
use clock::Clock;
use cognito::UserPools;
use states::Engine;
use store::Store;
use template::{Application, Files, Loaded, Options, Values};

use self::{
    apis::{Apis, Surroundings},
    endpoints::Endpoints,
    event_apis::EventApis,
    reload::{Recorded, Reloader, Reloads},
    secrets::Secrets,
    values::Addresses,
};
use crate::{
    backends::{connections::Connections, http_client::Outbound, http_tasks::HttpTasks, signed::Signed},
    config::Config,
    http::{App, State, operate, rate_limit::RateLimit},
    telemetry::Telemetry,
};

/// Why an application does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Template(#[from] template::Error),
    #[error("{}", excerpt::diagnostics(.0))]
    Api(Vec<appsync::Diagnostic>),
    #[error("{0}")]
    Definition(String),
    #[error(transparent)]
    Secrets(#[from] secrets::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Tables(#[from] ::tables::Error),
    #[error("the table {table} is not available: {cause}")]
    RemoteTable { table: String, cause: aws_protocol::ServiceError },
    #[error("open the folder of objects: {0}")]
    Objects(#[from] objects::Error),
    #[error("make the bucket {bucket}: {cause}")]
    Bucket { bucket: String, cause: objects::Error },
    #[error("read the APIs that were made through AppSync's management API: {0}")]
    Management(#[from] ::management::Error),
    #[error("start Step Functions: {0}")]
    States(#[from] states::Error),
    #[error("set up the databases: {0}")]
    Databases(#[from] rds_data::Error),
    #[error("create the state machine {machine}: {cause}")]
    StateMachine { machine: String, cause: states::Error },
    #[error("create the user pool {pool}: {cause}")]
    UserPool { pool: String, cause: cognito::Error },
    #[error("create the identity pool {pool}: {cause}")]
    IdentityPool { pool: String, cause: cognito::Error },
    #[error("create the event rule {rule}: {cause}")]
    Rule { rule: String, cause: events::Error },
    #[error(transparent)]
    AccessKeys(#[from] access_keys::Error),
    #[error("write the code of the function {function}: {cause}")]
    FunctionCode { function: String, cause: std::io::Error },
    #[error(
        "services.{0}: stepwell does not know its protocol. Say protocol = \"json-1.1\" with target_prefix, or protocol = \
         \"query\" with api_version; REST services cannot be called yet"
    )]
    UnknownProtocol(String),
    #[error("send traces to otlp_endpoint: {0}")]
    Otlp(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("set up outgoing HTTP: {0}")]
    Outbound(#[from] reqwest::Error),
}

/// An application that runs.
pub(crate) struct Running {
    pub(crate) app: App,
    pub(crate) application: Arc<Application>,
    pub(crate) warnings: Vec<template::Diagnostic>,
    pub(crate) endpoints: Endpoints,
    /// Takes over changes of the application's files.
    pub(crate) reloader: Arc<Reloader>,
    engine: Option<Engine>,
    lambda: lambda::Lambda,
    telemetry: Telemetry,
}

/// Loads the template with its files.
pub(crate) fn load(config: &Config, values: &dyn Values, files: &dyn Files) -> Result<Loaded, Error> {
    let options = Options {
        region: config.region.value.clone(),
        account: config.account.value.clone(),
        stack_name: config.stack_name.value.clone(),
        parameters: config.parameters.iter().map(|(name, value)| (name.clone(), value.value.clone())).collect(),
    };
    Ok(template::load(&config.template.value, &options, values, files)?)
}

/// Compiles everything that a start compiles: state machines, schema, resolvers.
pub(crate) fn check(config: &Config, loaded: &Loaded, clock: Arc<dyn Clock>) -> Result<(), Error> {
    check_definitions(&loaded.application)?;
    let outbound = Arc::new(Outbound::new(access_keys::none(), clock.clone())?);
    let dialect = config.resolver_dialect.value;
    let apis = loaded.application.apis.iter();
    let checked = apis.map(|api| apis::check(api, partition(config), dialect, clock.clone(), outbound.clone()));
    let event_apis = loaded.application.event_apis.iter();
    let checked = checked.chain(
        event_apis.map(|api| event_apis::check(api, partition(config), dialect, clock.clone(), outbound.clone())),
    );
    let wrong: Vec<_> = checked.filter_map(Result::err).flatten().collect();
    if wrong.is_empty() { Ok(()) } else { Err(Error::Api(wrong)) }
}

/// Finds what CreateStateMachine would refuse, and says where in its file it is.
fn check_definitions(application: &Application) -> Result<(), Error> {
    let mut problems = Vec::new();
    for machine in &application.state_machines {
        if let Err(diagnostics) = asl::Definition::parse(&machine.definition.text) {
            let source = &machine.definition;
            problems.extend(diagnostics.iter().map(|found| {
                let (line, column) = source.place(found.line, found.column);
                let excerpt = excerpt::of_file(&source.path, line, column);
                format!("{}:{line}:{column}: {found}{excerpt}", source.path.display())
            }));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Definition(problems.join("\n"))) }
}

/// What an application consists of, in a few words.
pub(crate) fn summary(application: &Application) -> String {
    let resolvers = application.apis.iter().map(|api| api.resolvers.len()).sum();
    [
        (application.apis.len(), "GraphQL API"),
        (resolvers, "resolver"),
        (application.event_apis.len(), "Event API"),
        (application.tables.len(), "table"),
        (application.buckets.len(), "bucket"),
        (application.state_machines.len(), "state machine"),
        (application.functions.len(), "function"),
        (application.user_pools.len(), "user pool"),
        (application.identity_pools.len(), "identity pool"),
        (application.rules.len(), "event rule"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, noun)| format!("{number} {noun}{}", if number == 1 { "" } else { "s" }))
    .collect::<Vec<_>>()
    .join(", ")
}

fn partition(config: &Config) -> Partition {
    Partition::new(config.region.value.clone(), config.account.value.clone())
}

/// Deploys the template's APIs; the first of each kind is at `/graphql` and `/event`.
async fn deploy(
    apis: Arc<Apis>,
    event_apis: Arc<EventApis>,
    application: Arc<Application>,
) -> Result<(), Vec<appsync::Diagnostic>> {
    apis.prepare(application.apis.clone()).await?.commit().await;
    apis.serve_first(application.apis.first().map(|api| api.id.clone())).await;
    event_apis.prepare(application.event_apis.clone()).await?.commit().await;
    event_apis.serve_first(application.event_apis.first().map(|api| api.id.clone())).await;
    Ok(())
}

/// Starts every service of the template. What ran before goes on when this returns.
pub(crate) async fn start(
    config: &Config,
    addresses: &Addresses,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) -> Result<Running, Error> {
    let folder = &config.data.value;
    let files = Recorded::default();
    let mut secrets = Secrets::open(folder, &config.region.value, clock.clone())?;
    let Loaded { application, warnings } = {
        let values = values::Generated { secrets: std::sync::Mutex::new(&mut secrets), addresses };
        load(config, &values, &files)?
    };
    let application = Arc::new(application);
    check_definitions(&application)?;
    tracing::debug!("the template is loaded");
    let keys = access_keys::start(config, &mut secrets)?;
    let (token_key, operator_token) = (secrets.bytes("pageTokens"), secrets.get(secrets::Kind::Token, "operator"));
    secrets.save()?;
    write_operator_token(config, &operator_token)?;

    let partition = partition(config);
    let services = Directory::default();
    let outbound = Arc::new(Outbound::new(keys.default.clone(), clock.clone())?);
    tracing::debug!("outgoing HTTP is set up");
    let telemetry = Telemetry::start(config)?;
    let user_pools = Arc::new(UserPools::new(store.clone(), clock.clone(), partition.clone(), addresses.http.clone()));
    let surroundings = Arc::new(Surroundings {
        partition: partition.clone(),
        services: services.clone(),
        clock: clock.clone(),
        outbound: outbound.clone(),
        token_key,
        cache_bytes: config.api_cache_bytes.value,
        writes: appsync::Writes::default(),
        coalesce_get_items: config.coalesce_get_items.value,
        dialect: config.resolver_dialect.value,
        user_pools: user_pools.clone(),
        credentials: keys.store.clone(),
        keys: modes::keys(&user_pools, outbound, clock.clone()),
        traces: telemetry.traces.clone(),
    });
    let apis = Arc::new(Apis::new(surroundings.clone()));
    let event_apis = Arc::new(EventApis::new(surroundings));
    // Compiling takes a processor while the services wait for the disk.
    let deploying = tokio::spawn(deploy(apis.clone(), event_apis.clone(), application.clone()));
    tables::start(config, &application.tables, &services, clock.clone()).await?;
    tracing::debug!("the tables are there");
    buckets::start(config, &application.buckets, &keys.default, clock.clone(), &services)?;
    let signed = Arc::new(Signed::new(keys.default.clone(), clock.clone())?);
    let surroundings =
        functions::Surroundings { endpoint_url: &addresses.http, credentials: &keys.default, client: &signed };
    let lambda = functions::start(config, &application.functions, &surroundings, clock.clone(), &services)?;
    self::services::start(config, &signed, &services)?;
    remote_sources::start(config, &application, &signed, &services)?;
    databases::start(config, &application, clock.clone(), &services)?;
    for service in http_tasks(&application, clock.clone())? {
        services.register(service);
    }
    roles::start(&application, &services);
    let bus = event_rules::start(&application, &partition, clock.clone(), &services)?;
    let pools = user_pools::start(&application.user_pools, &user_pools, &mut secrets).await?;
    services.register(user_pools.clone());
    let identity_roles = identity_pools::start(&application, &user_pools, &keys.store, &partition, &services).await?;
    tracing::debug!("the user pools are there");
    let sink = Arc::new(event_rules::StatusEvents(bus.clone()));
    let engine = state_machines::start(config, &application, store.clone(), clock.clone(), &services, sink).await?;
    tracing::debug!("the state machines are there");

    deploying.await.expect("deploying does not panic").map_err(Error::Api)?;
    tracing::debug!("the APIs are deployed");
    let domains = Arc::new(management::Domains::default());
    let of_both_kinds = (apis.clone(), event_apis.clone());
    let management = management::start(
        store,
        clock.clone(),
        partition.clone(),
        of_both_kinds,
        domains.clone(),
        addresses,
        &services,
    )
    .await?;
    tracing::debug!("the APIs of the management API are deployed");
    event_rules::register_targets(&bus, &application, apis.clone(), &services, &partition);
    event_rules::warn_of_unserved_targets(&application, &partition);
    if let Some(engine) = &engine {
        engine.recover().await?;
        telemetry.metrics.watch(engine);
    }
    tracing::debug!("executions are taken up");

    let endpoints = Endpoints {
        http: addresses.http.clone(),
        https: addresses.https.clone(),
        pid: std::process::id(),
        region: partition.region.clone(),
        account: partition.account.clone(),
        apis: Vec::new(),
        event_apis: Vec::new(),
        user_pools: pools,
        outputs: serde_json::Map::new(),
    }
    .with(&application, addresses);
    endpoints.write(folder)?;
    let caller = Caller::internal(partition.account.clone(), keys.operator_arn.clone());
    let reloads = Arc::<Reloads>::default();
    let reloader = Arc::new(Reloader {
        config: config.clone(),
        addresses: addresses.clone(),
        clock: clock.clone(),
        partition: partition.clone(),
        secrets: secrets.into(),
        services: services.clone(),
        apis: apis.clone(),
        management,
        event_apis: event_apis.clone(),
        bus,
        identity_roles,
        engine: engine.clone(),
        started: application.clone(),
        current: application.clone().into(),
        endpoints: endpoints.clone().into(),
        paths: files.paths().into(),
        reloads: reloads.clone(),
    });
    let operator = operate::Operator {
        services: services.clone(),
        caller,
        engine: engine.clone(),
        partition: partition.clone(),
        requests: telemetry.ring.clone(),
        reloads,
    };
    let app = Arc::new(State {
        apis,
        event_apis,
        domains,
        rate_limit: config.graphql.value.rate_limit.map(|limit| RateLimit::new(limit, clock.clone())),
        credentials: keys.store,
        services,
        partition,
        user_pools,
        operator: operate::schema(operator),
        operator_token,
        clock,
        metrics: telemetry.metrics.clone(),
        max_body_bytes: config.max_body_bytes.value,
    });
    Ok(Running { app, application, warnings, endpoints, reloader, engine, lambda, telemetry })
}

impl Running {
    /// Stops: steps under way become durable, nothing new begins.
    pub(crate) async fn shutdown(&self, config: &Config) {
        if let Some(engine) = &self.engine {
            engine.shutdown().await;
        }
        self.lambda.shutdown();
        self.telemetry.shutdown().await;
        Endpoints::remove(&config.data.value);
    }
}

/// What HTTP tasks need: the template's connections, and who sends.
fn http_tasks(application: &Application, clock: Arc<dyn Clock>) -> Result<[Arc<dyn Service>; 2], Error> {
    let http = Arc::new(HttpTasks::new()?);
    Ok([Arc::new(Connections::new(&application.connections, http.clone(), clock)), http])
}

/// The operator's token as a file of its own, for `curl` and scripts.
fn write_operator_token(config: &Config, token: &str) -> Result<(), Error> {
    let path = config.data_file("operator-token");
    Ok(secrets::write_private(&path, token)?)
}

//! `AWS::StepFunctions::*`: state machines and activities of the embedded engine, or Step Functions elsewhere.

use std::{collections::BTreeMap, sync::Arc};

use aws_protocol::{BoxFuture, Directory, Partition};
use clock::Clock;
use serde_json::{Value, json};
use states::{Engine, EventSink, Limits, MachineType, Put, Retention, interpreter::Bounds};
use store::Store;

use super::Error;
use crate::{
    backends::aws::{Remote, StepFunctions},
    config::{Backend, Config},
};

/// Registers who serves `states` and makes the template's state machines be there; the embedded engine goes on with
/// what ran when [`Engine::recover`] is called.
pub(super) async fn start(
    config: &Config,
    application: &template::Application,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    services: &Directory,
    sink: Arc<dyn EventSink>,
) -> Result<Option<Engine>, Error> {
    if config.states.value == Backend::Aws {
        let endpoint_url = config.states_endpoint_url.value.clone();
        let remote = Remote { region: config.region.value.clone(), endpoint_url };
        services.register(Arc::new(StepFunctions::connect(&remote).await));
        return Ok(None);
    }
    let engine = Engine::open(settings(config), store, clock, services.clone(), sink).await?;
    put(&engine, application).await?;
    services.register(Arc::new(engine.clone()));
    Ok(Some(engine))
}

/// Makes the template's activities and state machines be there as it has them, and says what was done to each by its
/// logical id. Running executions keep their definition.
pub(super) async fn put(engine: &Engine, application: &template::Application) -> Result<Vec<(String, Put)>, Error> {
    let mut done = Vec::new();
    for activity in &application.activities {
        let (_, put) = engine.put_activity(&activity.name, BTreeMap::new()).await?;
        done.push((activity.logical_id.clone(), put));
    }
    for machine in &application.state_machines {
        let named = |cause| Error::StateMachine { machine: machine.logical_id.clone(), cause };
        let (_, put) = engine.put_state_machine(to_wanted(machine)).await.map_err(named)?;
        done.push((machine.logical_id.clone(), put));
    }
    Ok(done)
}

/// Opens the embedded engine to read what it has recorded: nothing goes on, and nothing is called.
///
/// # Errors
/// As [`Engine::open`].
pub(crate) async fn read(config: &Config, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Result<Engine, Error> {
    Ok(Engine::open(settings(config), store, clock, Directory::default(), Arc::new(Nobody)).await?)
}

/// Takes no events: an engine that only reads has none.
struct Nobody;

impl EventSink for Nobody {
    fn deliver(&self, _event: serde_json::Value) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(std::future::ready(Err("nothing goes on here".to_owned())))
    }
}

fn settings(config: &Config) -> states::Config {
    let partition = Partition::new(config.region.value.clone(), config.account.value.clone());
    states::Config { partition, limits: limits(config) }
}

fn limits(config: &Config) -> Limits {
    let bounds = Bounds { max_events: config.max_history_events.value, payload_bytes: config.max_payload_bytes.value };
    let retention = Retention::of(config.execution_retention_days.value, config.execution_retention_count.value);
    Limits { bounds, retention, quotas: config.quotas(), ..Limits::default() }
}

fn to_wanted(machine: &template::StateMachine) -> states::StateMachine {
    states::StateMachine {
        name: machine.name.clone(),
        definition: machine.definition.text.to_string(),
        role_arn: machine.role_arn.clone(),
        kind: match machine.kind {
            template::StateMachineType::Standard => MachineType::Standard,
            template::StateMachineType::Express => MachineType::Express,
        },
        logging: machine.logging.as_ref().map(logging),
        tracing: machine.tracing,
        tags: BTreeMap::new(),
    }
}

/// `LoggingConfiguration` of a template in the names of the API.
fn logging(template: &Value) -> Value {
    let destinations = template["Destinations"].as_array().into_iter().flatten();
    let groups = destinations.map(|destination| &destination["CloudWatchLogsLogGroup"]["LogGroupArn"]);
    let destinations: Vec<Value> =
        groups.map(|group| json!({ "cloudWatchLogsLogGroup": { "logGroupArn": group } })).collect();
    let mut logging = json!({
        "level": template["Level"].as_str().unwrap_or("OFF"),
        "includeExecutionData": template["IncludeExecutionData"].as_bool().unwrap_or(false),
    });
    if !destinations.is_empty() {
        logging["destinations"] = destinations.into();
    }
    logging
}

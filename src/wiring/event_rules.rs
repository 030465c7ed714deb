//! `AWS::Events::Rule`: the event bus, its rules, and the targets that run here: the API's mutations and state
//! machines.

use std::{collections::HashMap, sync::Arc, time::Duration};

use auth::{Identity, Policy, identity::IamIdentity};
use aws_protocol::{BoxFuture, Caller, Directory, Partition, Service, ServiceError};
use clock::Clock;
use events::{
    AppSyncParameters, Bus, Delivery, DeliveryError, Environment, Event, InputTransformer, Rule, RuleDefinition,
    RuleState, Settings, Target, TargetDefinition,
};
use serde_json::{Value, json};
use states::EventSink;

use super::{Error, access_keys::role_policies, apis::Apis};

/// Events that wait in one of the bus's lanes.
const LANE_CAPACITY: usize = 1_024;

/// Starts the bus with the template's rules and registers the service `events`.
pub(super) fn start(
    application: &template::Application,
    partition: &Partition,
    clock: Arc<dyn Clock>,
    services: &Directory,
) -> Result<Bus, Error> {
    let settings =
        Settings { account: partition.account.clone(), region: partition.region.clone(), lane_capacity: LANE_CAPACITY };
    let (bus, tasks) = Bus::new(settings, Arc::new(ClockEnvironment(clock)));
    for task in tasks {
        tokio::spawn(task);
    }
    replace(&bus, &[], compile(application)?);
    services.register(Arc::new(EventBridge(bus.clone())));
    Ok(bus)
}

/// Registers the targets that run here: APIs, called with the roles of `application`, and state machines.
pub(super) fn register_targets(
    bus: &Bus,
    application: &template::Application,
    apis: Arc<Apis>,
    services: &Directory,
    partition: &Partition,
) {
    let account = partition.account.clone();
    let machines = StateMachines { services: services.clone(), account: account.clone() };
    bus.register_target(partition.arn("states", "stateMachine:"), Arc::new(machines));
    let prefix = partition.arn("appsync", "endpoints/graphql-api/");
    let mutations = Mutations { apis, prefix: prefix.clone(), account, roles: role_policies(application) };
    bus.register_target(prefix, Arc::new(mutations));
}

/// The template's rules.
///
/// # Errors
/// The first one whose pattern is wrong.
pub(super) fn compile(application: &template::Application) -> Result<Vec<Rule>, Error> {
    let compiled = application.rules.iter().map(|rule| {
        let invalid = |cause| Error::Rule { rule: rule.logical_id.clone(), cause };
        Rule::compile(definition(rule), &rule.arn).map_err(invalid)
    });
    compiled.collect()
}

/// Puts `rules` in the place of those of `before`.
pub(super) fn replace(bus: &Bus, before: &[template::Rule], rules: Vec<Rule>) {
    let kept = |rule: &template::Rule| {
        rules.iter().any(|other| other.definition.name == rule.name && other.bus() == rule.event_bus_name)
    };
    for rule in before.iter().filter(|rule| !kept(rule)) {
        bus.delete_rule(&rule.event_bus_name, &rule.name);
    }
    for rule in rules {
        if rule.bus() != events::DEFAULT_BUS {
            bus.add_bus(rule.bus());
        }
        bus.put_rule(rule).expect("its bus is there");
    }
}

/// A target that nothing here serves gets no events; the log says so at the start, not only when an event comes.
pub(super) fn warn_of_unserved_targets(application: &template::Application, partition: &Partition) {
    let state_machines = partition.arn("states", "stateMachine:");
    let served = |arn: &str| {
        arn.starts_with(&state_machines) || application.apis.iter().any(|api| arn.starts_with(&api.endpoint_arn))
    };
    for rule in &application.rules {
        for target in rule.targets.iter().filter(|target| !served(&target.arn)) {
            tracing::warn!(
                rule = rule.logical_id,
                target = target.arn,
                "this target is on AWS only: it gets no events here"
            );
        }
    }
}

fn definition(rule: &template::Rule) -> RuleDefinition {
    RuleDefinition {
        name: rule.name.clone(),
        description: None,
        event_bus_name: Some(rule.event_bus_name.clone()),
        event_pattern: rule.event_pattern.clone(),
        schedule_expression: rule.schedule_expression.clone(),
        state: if rule.enabled { RuleState::Enabled } else { RuleState::Disabled },
        role_arn: None,
        targets: rule.targets.iter().map(target).collect(),
        tags: None,
    }
}

fn target(target: &template::Target) -> TargetDefinition {
    TargetDefinition {
        id: target.id.clone(),
        arn: target.arn.clone(),
        role_arn: target.role_arn.clone(),
        input: target.input.clone(),
        input_path: target.input_path.clone(),
        input_transformer: target.input_transformer.as_ref().map(|transformer| InputTransformer {
            input_paths_map: transformer.input_paths_map.clone().into_iter().collect(),
            input_template: transformer.input_template.clone(),
        }),
        app_sync_parameters: target
            .graphql_operation
            .clone()
            .map(|graphql_operation| AppSyncParameters { graphql_operation }),
        retry_policy: None,
    }
}

struct ClockEnvironment(Arc<dyn Clock>);

impl Environment for ClockEnvironment {
    fn now_millis(&self) -> i64 {
        self.0.now().0
    }

    fn uuid(&self) -> String {
        self.0.uuid()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.0.sleep_until(self.0.now().plus_millis(millis))
    }
}

/// The service `events`: `PutEvents`.
struct EventBridge(Bus);

impl Service for EventBridge {
    fn name(&self) -> &'static str {
        "events"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            match operation {
                "PutEvents" => {
                    let put = self.0.put_events(&input).await;
                    put.map_err(|error| ServiceError::new("ValidationException", error.to_string()))
                }
                _ => Err(ServiceError::unknown_operation("EventBridge", operation)),
            }
        })
    }
}

/// Where the engine's status events go.
pub(super) struct StatusEvents(pub(super) Bus);

impl EventSink for StatusEvents {
    fn wants(&self, event: &Value) -> bool {
        self.0.is_heard(event)
    }

    fn deliver(&self, event: Value) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            let event: Event = serde_json::from_value(event).map_err(|error| error.to_string())?;
            self.0.publish(event).await.map(drop).map_err(|error| error.to_string())
        })
    }
}

/// Targets that are APIs: the rule's operation, with the target's input as its variables.
struct Mutations {
    apis: Arc<Apis>,
    /// What stands before the API's id in a target: `arn:aws:appsync:REGION:ACCOUNT:endpoints/graphql-api/`.
    prefix: String,
    account: String,
    /// What each role of the template may do.
    roles: HashMap<String, Policy>,
}

impl Target for Mutations {
    fn deliver<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            let parameters = delivery.target().app_sync_parameters.as_ref();
            let Some(operation) = parameters.map(|parameters| parameters.graphql_operation.as_str()) else {
                return Err(DeliveryError::permanent("the target has no AppSyncParameters.GraphQLOperation"));
            };
            let id = delivery.target().arn.strip_prefix(&self.prefix).unwrap_or_default();
            let Some(running) = self.apis.get(id) else {
                return Err(DeliveryError::permanent(format!("there is no API {id}")));
            };
            let body = json!({ "query": operation, "variables": delivery.input });
            let body = appsync::parse_body(body.to_string().as_bytes())
                .map_err(|_| DeliveryError::permanent("the operation and its variables are no GraphQL request"))?;
            let request =
                appsync::Request { body, headers: Vec::new(), domain_name: None, identity: self.identity(delivery) };
            succeeded(&running.api().execute(&request).await)
        })
    }
}

impl Mutations {
    /// The target's role, with what the template lets it do.
    fn identity(&self, delivery: &Delivery) -> Identity {
        let role = delivery.role_arn().unwrap_or_default();
        let name = role.rsplit('/').next().unwrap_or_default();
        Identity::Iam(Arc::new(IamIdentity {
            account: self.account.clone(),
            user_arn: format!("arn:aws:sts::{}:assumed-role/{name}/events", self.account),
            username: format!("{name}:events"),
            source_ip: Vec::new(),
            cognito: None,
            policy: self.roles.get(role).cloned().unwrap_or_default(),
        }))
    }
}

/// A mutation with errors is not tried again: it was heard and refused.
fn succeeded(response: &appsync::Response) -> Result<(), DeliveryError> {
    let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    match answer["errors"].as_array().and_then(|errors| errors.first()) {
        None => Ok(()),
        Some(error) => Err(DeliveryError::permanent(format!("the mutation answered {error}"))),
    }
}

/// Targets that are state machines: each event starts an execution named after it, so that a second delivery starts
/// none.
struct StateMachines {
    services: Directory,
    account: String,
}

impl Target for StateMachines {
    fn deliver<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            let caller = Caller::internal(self.account.clone(), delivery.role_arn().unwrap_or_default());
            let input = json!({
                "stateMachineArn": delivery.target().arn,
                "name": format!("{}-{}", delivery.event.id, delivery.target_index),
                "input": delivery.input.to_string(),
            });
            match self.services.call("states", "StartExecution", input, &caller).await {
                Ok(_) => Ok(()),
                Err(error) if error.code == "ExecutionAlreadyExists" => Ok(()),
                Err(error) if error.status >= 500 => Err(DeliveryError::retryable(error.to_string())),
                Err(error) => Err(DeliveryError::permanent(error.to_string())),
            }
        })
    }
}

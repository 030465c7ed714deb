//! An Event API: built once from its configuration, then asked many times.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use appsync::{DataSourceConfig, Deps, Diagnostic, Owner, StandaloneSource};
use auth::{AuthMode, Identity};
use aws_protocol::Partition;
use bytes::Bytes;
use clock::Clock;
use futures::future::{Either, select};
use resolver::{EventContext, EventHandler, EventHandlers};
use serde_json::{Value, json};

use crate::{
    Behavior, Channel, Error, EventApiConfig, HandlerConfig, NamespaceConfig, Outcome, Pattern, Publish, Subscription,
    handler::{Handler, Invocation, Returned},
    hub::Hub,
    limits,
};

/// An Event API: one version of it. Operations finish on the version that they began with.
pub struct EventApi {
    api_id: String,
    partition: Partition,
    connection_modes: Vec<AuthMode>,
    namespaces: HashMap<String, Namespace>,
    clock: Arc<dyn Clock>,
    /// Goes on when a new version takes over.
    hub: Arc<Hub>,
}

struct Namespace {
    publish_modes: Vec<AuthMode>,
    subscribe_modes: Vec<AuthMode>,
    on_publish: Option<Handler>,
    on_subscribe: Option<Handler>,
}

/// Who asks, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// Names and values; handlers see them as `ctx.request.headers`.
    pub headers: Vec<(String, String)>,
    /// The custom domain that the request came to.
    pub domain_name: Option<String>,
    /// The caller.
    pub identity: Identity,
}

impl EventApi {
    /// Compiles the handlers of an API that is new.
    ///
    /// # Errors
    /// Everything that is wrong with them, with file, line and column where there is one.
    pub fn build(config: EventApiConfig, deps: &Deps) -> Result<Arc<Self>, Vec<Diagnostic>> {
        let api = Self::compile(config, deps, Arc::default())?;
        api.take_over();
        Ok(api)
    }

    /// Compiles the next version of this API. This one stays in force until [`Self::take_over`] of the other.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn rebuild(&self, config: EventApiConfig, deps: &Deps) -> Result<Arc<Self>, Vec<Diagnostic>> {
        Self::compile(config, deps, self.hub.clone())
    }

    fn compile(config: EventApiConfig, deps: &Deps, hub: Arc<Hub>) -> Result<Arc<Self>, Vec<Diagnostic>> {
        let owner = Owner { api_id: &config.api_id, partition: &config.partition, coalesce_get_items: false };
        let source =
            |source: &DataSourceConfig| (source.name.clone(), Arc::new(StandaloneSource::build(source, owner, deps)));
        let sources: Sources = config.data_sources.iter().map(source).collect();
        let (mut namespaces, mut wrong) = (HashMap::new(), Vec::new());
        for namespace in &config.namespaces {
            match compile_namespace(namespace, &sources, deps) {
                Ok(compiled) => {
                    namespaces.insert(namespace.name.clone(), compiled);
                }
                Err(diagnostics) => wrong.extend(diagnostics),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let EventApiConfig { api_id, partition, connection_modes, .. } = config;
        Ok(Arc::new(Self { api_id, partition, connection_modes, namespaces, clock: deps.clock.clone(), hub }))
    }

    /// Puts this version in force: subscriptions go on, save those to namespaces that it has not.
    pub fn take_over(&self) {
        self.hub.put_in_force(self.namespaces.keys().cloned().collect());
    }

    /// The API is gone: every subscription ends, and there are no new ones.
    pub fn end_subscriptions(&self) {
        self.hub.put_in_force(HashSet::new());
    }

    /// How many subscriptions there are.
    pub fn subscriptions(&self) -> usize {
        self.hub.count()
    }

    /// Whether `identity` may open a real-time connection.
    ///
    /// # Errors
    /// [`Error::Unauthorized`].
    pub fn connect(&self, identity: &Identity) -> Result<(), Error> {
        self.authorize(identity, &self.connection_modes, "appsync:EventConnect", "")
    }

    /// Publishes events: what the handler lets through goes to every subscriber of the channel.
    ///
    /// # Errors
    /// The whole request is refused.
    pub async fn publish(&self, request: &Request, publish: Publish) -> Result<Outcome, Error> {
        let Publish { channel, events } = publish;
        let namespace = self.namespace(channel.namespace())?;
        let resource = format!("/channelNamespace/{}", channel.namespace());
        self.authorize(&request.identity, &namespace.publish_modes, "appsync:EventPublish", &resource)?;
        let ids: Vec<String> = events.iter().map(|_| self.clock.uuid()).collect();
        let (mut outcome, events) = match &namespace.on_publish {
            None => (Outcome::all(&ids), events),
            Some(handler) => self.handle(handler, request, &channel, ids, events).await?,
        };
        // The text of an event travels as a JSON string, which is written once for everybody.
        let texts: Vec<Bytes> = events.into_iter().map(|event| Value::from(event).to_string().into()).collect();
        let reached = self.hub.publish(&channel, &texts);
        tracing::debug!(api = self.api_id, channel = channel.path(), events = texts.len(), reached, "published");
        outcome.delivered = reached * texts.len();
        Ok(outcome)
    }

    async fn handle(
        &self,
        handler: &Handler,
        request: &Request,
        channel: &Channel,
        ids: Vec<String>,
        events: Vec<String>,
    ) -> Result<(Outcome, Vec<String>), Error> {
        let incoming = ids.iter().zip(&events).map(|(id, event)| {
            let payload: Value = serde_json::from_str(event).expect("it was read as JSON before");
            json!({ "id": id, "payload": payload })
        });
        let segments: Vec<&str> = channel.segments().iter().map(String::as_str).collect();
        let info = info(&channel.path(), &segments, "PUBLISH");
        let event = EventContext { events: incoming.collect(), info };
        match self.run(handler, "onPublish", request, event).await? {
            Returned::Unchanged => Ok((Outcome::all(&ids), events)),
            Returned::Value(value) => {
                let (outcome, payloads) = Outcome::of_handler(&ids, value)?;
                let texts: Vec<String> = payloads.iter().map(Value::to_string).collect();
                if texts.iter().any(|text| text.len() > limits::EVENT_BYTES) {
                    let message = format!("onPublish made an event larger than {} bytes", limits::EVENT_BYTES);
                    return Err(Error::Handler { kind: None, message });
                }
                Ok((outcome, texts))
            }
        }
    }

    /// Subscribes to a channel, or to all below one.
    ///
    /// # Errors
    /// The subscription is refused.
    pub async fn subscribe(&self, request: &Request, pattern: &Pattern) -> Result<Subscription, Error> {
        let namespace = self.namespace(pattern.namespace())?;
        let resource = format!("/channelNamespace/{}", pattern.namespace());
        self.authorize(&request.identity, &namespace.subscribe_modes, "appsync:EventSubscribe", &resource)?;
        if let Some(handler) = &namespace.on_subscribe {
            let info = info(&pattern.path(), &pattern.segments(), "SUBSCRIBE");
            self.run(handler, "onSubscribe", request, EventContext { events: Value::Null, info }).await?;
        }
        self.hub.register(pattern)
    }

    async fn run(
        &self,
        handler: &Handler,
        name: &'static str,
        request: &Request,
        event: EventContext,
    ) -> Result<Returned, Error> {
        let invocation = Invocation {
            name,
            event: Arc::new(event),
            identity: Arc::new(request.identity.to_event_context()),
            request: Arc::new(resolver::Request {
                headers: appsync::context_headers(&request.headers),
                domain_name: request.domain_name.clone(),
            }),
            auth_type: appsync::auth_type(request.identity.mode()),
            clock: &*self.clock,
        };
        let deadline = self.clock.sleep_until(self.clock.now().plus_millis(limits::REQUEST_MILLIS));
        match select(Box::pin(handler.run(&invocation)), deadline).await {
            Either::Left((returned, _)) => returned,
            Either::Right(_) => Err(Error::TimedOut),
        }
    }

    fn namespace(&self, name: &str) -> Result<&Namespace, Error> {
        self.namespaces.get(name).ok_or_else(|| Error::NoNamespace(name.to_owned()))
    }

    /// The mode must be one of `modes`, and the policy of an IAM caller must allow `action` on what `below` names of the API.
    fn authorize(&self, identity: &Identity, modes: &[AuthMode], action: &str, below: &str) -> Result<(), Error> {
        let policy_allows = || match identity {
            Identity::Iam(iam) => {
                let resource = format!("apis/{}{below}", self.api_id);
                iam.policy.allows(action, &self.partition.arn("appsync", &resource))
            }
            _ => true,
        };
        if modes.contains(&identity.mode()) && policy_allows() { Ok(()) } else { Err(Error::Unauthorized) }
    }
}

/// `ctx.info`.
fn info(path: &str, segments: &[&str], operation: &str) -> Value {
    json!({
        "channel": { "path": path, "segments": segments },
        "channelNamespace": { "name": segments.first() },
        "operation": operation,
    })
}

type Sources = HashMap<String, Arc<StandaloneSource>>;

fn compile_namespace(config: &NamespaceConfig, sources: &Sources, deps: &Deps) -> Result<Namespace, Vec<Diagnostic>> {
    let code = match &config.code {
        Some(code) => {
            let compiled = deps.language.compile_events(code);
            compiled.map_err(|error| Diagnostic::of_code(&error).collect::<Vec<_>>())?
        }
        None => EventHandlers::default(),
    };
    let handler = |name: &str, code: Option<EventHandler>, around: &Option<HandlerConfig>| {
        compile_handler(name, code, around.as_ref(), sources).map_err(|message| {
            let file = format!("the channel namespace {}", config.name);
            vec![Diagnostic { file, line: 0, column: 0, message }]
        })
    };
    Ok(Namespace {
        publish_modes: config.publish_modes.clone(),
        subscribe_modes: config.subscribe_modes.clone(),
        on_publish: handler("onPublish", code.on_publish, &config.on_publish)?,
        on_subscribe: handler("onSubscribe", code.on_subscribe, &config.on_subscribe)?,
    })
}

/// The handler `name`, from its code and its configuration, which have to go together.
fn compile_handler(
    name: &str,
    code: Option<EventHandler>,
    config: Option<&HandlerConfig>,
    sources: &Sources,
) -> Result<Option<Handler>, String> {
    let source = |config: &HandlerConfig| {
        let source = sources.get(&config.data_source).cloned();
        source.ok_or_else(|| format!("{name} names the data source {}, which the API has not", config.data_source))
    };
    match (config.map(|config| (config, config.behavior)), code) {
        (Some((config, Behavior::Direct(invoke_type))), None) => {
            let source = source(config)?;
            if !source.is_lambda() {
                return Err(format!("{name} is called directly, which needs a data source of type AWS_LAMBDA"));
            }
            Ok(Some(Handler::Direct(source, invoke_type)))
        }
        (Some((_, Behavior::Direct(_))), Some(_)) => {
            Err(format!("{name} has code, so its behavior has to be CODE instead of DIRECT"))
        }
        (Some((config, Behavior::Code)), Some(EventHandler::Object(code))) => {
            Ok(Some(Handler::Object(code, source(config)?)))
        }
        (Some((_, Behavior::Code)), _) => {
            Err(format!("{name} has a data source, so the code must export it as an object with request and response"))
        }
        (None, Some(EventHandler::Object(_))) => {
            Err(format!("{name} has request and response, so its HandlerConfig must name a data source"))
        }
        (None, Some(EventHandler::Function(code))) => Ok(Some(Handler::Function(code))),
        (None, None) => Ok(None),
    }
}

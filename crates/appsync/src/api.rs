//! A GraphQL API: built once from its configuration, then asked many times.

use std::sync::Arc;

use apollo_compiler::executable::{Operation, OperationType};
use auth::Identity;
use aws_protocol::{Directory, Partition};
use clock::Clock;
use futures::future::{Either, select};
use serde_json::{Map, Value};

use crate::{
    ApiConfig, Diagnostic, GraphqlError, HttpClient, HttpTarget, Request, Response, Writes,
    authorization::Authorizer,
    build::{self, Triggers},
    cache::{self, Answer, ApiCache},
    document::{Document, Documents},
    execution::{Execution, Writer, project, response_headers},
    lifetime::Lifetime,
    limits,
    plan::Plan,
    request::Refusal,
    schema::Schema,
    trace::{Recorder, Traces},
    variables,
};

/// What an API needs from the rest of the process.
#[derive(Clone)]
pub struct Deps {
    /// The services that data sources call: `dynamodb`, `states`, `events`, `lambda` ...
    pub services: Directory,
    /// Time and randomness.
    pub clock: Arc<dyn Clock>,
    /// Compiles resolvers in JavaScript.
    pub language: Arc<dyn resolver::Language>,
    /// Sends what HTTP data sources send to elsewhere.
    pub http: Arc<dyn HttpClient>,
    /// Where finished requests go.
    pub traces: Traces,
    /// Seals page tokens; they outlive a restart if this key does.
    pub token_key: [u8; 32],
    /// What the entries of the API's cache may take together, bytes; those of least use go first.
    pub cache_bytes: u64,
    /// The writes under way through versioned data sources, those of the process's other APIs among them.
    pub writes: Writes,
}

/// A GraphQL API: one version of it. Requests finish on the version that they began with.
pub struct Api {
    pub(crate) schema: Arc<Schema>,
    pub(crate) documents: Documents,
    pub(crate) environment: Arc<Map<String, Value>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) traces: Traces,
    pub(crate) resolver_count_limit: u32,
    pub(crate) lifetime: Arc<Lifetime>,
    /// Counts the versions of one life.
    pub(crate) version: u64,
    triggers: Triggers,
    pub(crate) cache: Option<ApiCache>,
    partition: Partition,
    api_id: String,
}

/// A request that is ready to run.
pub(crate) struct Prepared {
    pub(crate) document: Arc<Document>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) variables: Map<String, Value>,
}

impl Api {
    /// Compiles the schema and every resolver of an API that is new.
    ///
    /// # Errors
    /// Everything that is wrong with them, with file, line and column where there is one.
    pub fn build(config: ApiConfig, deps: Deps) -> Result<Arc<Self>, Vec<Diagnostic>> {
        let api = Self::compile(config, deps, Arc::default())?;
        api.lifetime.put_in_force(&api);
        Ok(api)
    }

    /// Compiles the next version of this API. This one stays in force until [`Self::take_over`] of the other.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn rebuild(&self, config: ApiConfig, deps: Deps) -> Result<Arc<Self>, Vec<Diagnostic>> {
        Self::compile(config, deps, self.lifetime.clone())
    }

    fn compile(config: ApiConfig, deps: Deps, lifetime: Arc<Lifetime>) -> Result<Arc<Self>, Vec<Diagnostic>> {
        let schema = Arc::new(Schema::build(&config.schema)?);
        let (resolvers, triggers) = build::resolvers_and_triggers(&config, &deps, &schema)?;
        let cache = ApiCache::build(&config, &deps)?;
        let documents = Documents::new(
            schema.clone(),
            Arc::new(resolvers),
            Authorizer::new(&config),
            usize::try_from(config.query_depth_limit).unwrap_or(usize::MAX),
            config.introspection,
        );
        let limit = if config.resolver_count_limit == 0 { limits::RESOLVER_COUNT } else { config.resolver_count_limit };
        Ok(Arc::new(Self {
            schema,
            documents,
            environment: Arc::new(config.environment),
            clock: deps.clock,
            traces: deps.traces,
            resolver_count_limit: limit,
            version: lifetime.next_version(),
            lifetime,
            triggers,
            cache,
            partition: config.partition,
            api_id: config.api_id,
        }))
    }

    /// The API's id, which is also what hosts and ARNs name it by.
    pub fn id(&self) -> &str {
        &self.api_id
    }

    /// Answers a query or mutation; publishes to subscribers what mutations triggered. The answer's `x-amzn-RequestId`
    /// is the id of its trace.
    pub async fn execute(&self, request: &Request) -> Response {
        self.execute_from(None, request).await
    }

    /// As [`Self::execute`], for a request that came over HTTP.
    pub async fn execute_over(&self, http: HttpTarget, request: &Request) -> Response {
        self.execute_from(Some(http), request).await
    }

    async fn execute_from(&self, http: Option<HttpTarget>, request: &Request) -> Response {
        let recorder = Arc::new(Recorder::begin(&self.traces, &self.clock, &self.api_id));
        recorder.came_over(http);
        recorder.asked(request);
        let unanswered = recorder.unanswered(&request.headers);
        let mut response = self.answer(request, &recorder).await;
        unanswered.answered(&mut response);
        response
    }

    /// Gives a request that is refused at the door an id and a trace, as [`Self::execute_over`] does.
    pub fn refuse(&self, http: HttpTarget, headers: &[(String, String)], mut refused: Response) -> Response {
        let recorder = Recorder::begin(&self.traces, &self.clock, &self.api_id);
        recorder.came_over(Some(http));
        recorder.turned_away(&refused);
        recorder.finish(headers, &mut refused);
        refused
    }

    async fn answer(&self, request: &Request, recorder: &Arc<Recorder>) -> Response {
        let prepared = match self.prepare(request) {
            Ok(prepared) => prepared,
            Err(refusal) => {
                recorder.refused(&refusal);
                return refusal.into_response();
            }
        };
        recorder.planned(&prepared.plan);
        if prepared.plan.operation == OperationType::Subscription {
            let message = "Subscriptions are served over the real-time endpoint only.";
            return recorder.not_executed(GraphqlError::of_request("OperationNotSupported", message));
        }
        let deadline = self.clock.sleep_until(self.clock.now().plus_millis(limits::REQUEST_MILLIS));
        match select(Box::pin(self.cached_or_run(request, prepared, recorder)), deadline).await {
            Either::Left((response, _)) => response,
            Either::Right(_) => {
                recorder.not_executed(GraphqlError::of_request("ExecutionTimeout", "Execution timed out."))
            }
        }
    }

    /// What the cache has for a query, or what running it gives.
    async fn cached_or_run(&self, request: &Request, prepared: Prepared, recorder: &Arc<Recorder>) -> Response {
        let is_query = prepared.plan.operation == OperationType::Query;
        let run = self.run(request, prepared, recorder);
        match self.cache.as_ref().and_then(ApiCache::operations).filter(|_| is_query) {
            Some(cache) => {
                let (response, hit) = cache.or_run(request, run).await;
                recorder.cache(hit);
                response
            }
            None => run.await.response,
        }
    }

    async fn run(&self, request: &Request, prepared: Prepared, recorder: &Arc<Recorder>) -> Answer {
        let Prepared { document, plan, variables } = prepared;
        let execution = Execution::new(self, request, &plan, variables, recorder);
        let fetched = execution.fetch().await;
        let mut errors = Vec::new();
        let introspection = execution.introspect(&document, &mut errors);
        let writer = Writer::new(&request.identity, &introspection, &fetched, errors);
        let mut output = writer.response(&plan, &Value::Null);
        let side = execution.take_side();
        if plan.operation == OperationType::Mutation {
            for (position, field) in plan.root.fields.iter().enumerate() {
                let present = output.present.get(position) == Some(&true);
                if present && let Some(listening) = self.triggers.get(field.name.as_str()) {
                    self.lifetime.hub.publish(listening, &project::root(field, position, &fetched), recorder);
                }
            }
            self.lifetime.hub.invalidate(&side.extensions);
        }
        let successful = output.errors.is_empty();
        recorder.failed(output.errors);
        cache::report_deleted(&mut output.body, side.cache_entries_deleted);
        Answer { response: Response::ok(output.body, response_headers(side.headers)), successful }
    }

    /// Everything before execution: parsing, validation, variables, the plan, IAM.
    pub(crate) fn prepare(&self, request: &Request) -> Result<Prepared, Refusal> {
        let body = &request.body;
        let document = self.documents.document(&body.query).map_err(Refusal::Errors)?;
        let operation = document.operation(body.operation_name.as_deref()).map_err(|message| Refusal::Status {
            status: 400,
            error_type: "BadRequestException",
            message,
        })?;
        let sources = &document.executable.sources;
        let variables = variables::coerce(&self.schema, operation, sources, &body.variables)
            .map_err(|error| Refusal::Errors(vec![error]))?;
        let plan =
            self.documents.plan(&document, operation, &variables).map_err(|error| Refusal::Errors(vec![error.0]))?;
        if !self.iam_allows(&request.identity, operation, &plan) {
            let message = "Permission denied".to_owned();
            return Err(Refusal::Status { status: 401, error_type: "UnauthorizedException", message });
        }
        Ok(Prepared { document, plan, variables })
    }

    /// Whether an IAM caller's policies allow every top-level field; other callers need no policy.
    fn iam_allows(&self, identity: &Identity, operation: &Operation, plan: &Plan) -> bool {
        let Identity::Iam(iam) = identity else { return true };
        plan.root.fields.iter().filter(|field| !field.name.starts_with("__")).all(|field| {
            let resource = format!("apis/{}/types/{}/fields/{}", self.api_id, operation.object_type(), field.name);
            iam.policy.allows("appsync:GraphQL", &self.partition.arn("appsync", &resource))
        })
    }
}

//! An API in the middle of a test: scripted services around it, identities to ask it with.

use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock},
};

use appsync::trace::Traces;
use appsync::{
    Api, ApiConfig, DataSourceConfig, DataSourceKind, Deps, HttpClient, HttpRequest, HttpResponse, LambdaOptions,
    ResolverConfig, ResolverKind, Writes,
};
use auth::{AuthMode, Identity, identity, policy::Policy};
use aws_protocol::{BoxFuture, Caller, Directory, Partition, Service, ServiceError};
use clock::{SimulatedClock, Timestamp};
use parking_lot::Mutex;
use resolver::{Source, javascript::JavaScript};
use serde_json::{Map, Value, json};

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = Timestamp(1_767_225_600_000);

/// One for all tests: its engines take milliseconds to make.
static LANGUAGE: LazyLock<Arc<JavaScript>> = LazyLock::new(Arc::default);

/// A service that expects certain calls, in order, and answers as told.
pub(crate) struct Scripted {
    name: &'static str,
    script: Mutex<VecDeque<Call>>,
}

/// A call that a [`Scripted`] service expects.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) operation: String,
    /// What must arrive; anything where `None`.
    pub(crate) input: Option<Value>,
    pub(crate) answer: Result<Value, ServiceError>,
}

impl Scripted {
    pub(crate) fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self { name, script: Mutex::default() })
    }

    pub(crate) fn expect(&self, call: Call) {
        self.script.lock().push_back(call);
    }

    /// The calls that never came.
    pub(crate) fn outstanding(&self) -> Vec<String> {
        self.script.lock().iter().map(|call| format!("{}.{}", self.name, call.operation)).collect()
    }
}

impl Service for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        let call = self.script.lock().pop_front();
        Box::pin(async move {
            let call = call.unwrap_or_else(|| panic!("unexpected {}.{operation} {input}", self.name));
            assert_eq!(call.operation, operation, "{input}");
            if let Some(expected) = call.input {
                assert_eq!(input, expected, "input of {}.{operation}", self.name);
            }
            call.answer
        })
    }
}

/// Answers every HTTP request with what it was asked.
pub(crate) struct Echo;

impl HttpClient for Echo {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
        Box::pin(async move {
            if request.url.contains("unreachable") {
                return Err("connection refused".to_owned());
            }
            let headers = request.headers.iter().map(|(name, value)| format!("{name}: {value}"));
            let body = json!({
                "method": request.method,
                "url": request.url,
                "headers": headers.collect::<Vec<_>>(),
                "body": String::from_utf8_lossy(&request.body),
                "signed": request.signing.map(|signing| signing.service),
            });
            Ok(HttpResponse {
                status: 418,
                headers: vec![("content-type".into(), "application/json".into())],
                body: body.to_string().into(),
            })
        })
    }
}

/// A configuration with this schema, one data source (`none`) and no resolvers.
pub(crate) fn config(schema: &str) -> ApiConfig {
    ApiConfig {
        api_id: "abcdefghijklmnopqrstuvwxyz".into(),
        name: "test".into(),
        partition: Partition::new("us-east-1", "000000000000"),
        schema: Source { name: "schema.graphql".into(), code: schema.into() },
        default_mode: AuthMode::ApiKey,
        deny_by_default: false,
        additional_modes: Vec::new(),
        data_sources: vec![DataSourceConfig { name: "none".into(), role_arn: None, kind: DataSourceKind::None }],
        functions: Vec::new(),
        resolvers: Vec::new(),
        environment: Map::new(),
        introspection: true,
        query_depth_limit: 0,
        resolver_count_limit: 0,
        cache: None,
        coalesce_get_items: false,
    }
}

/// What an API needs, with these services and a clock that stands still.
pub(crate) fn deps(services: Directory) -> Deps {
    Deps {
        services,
        clock: Arc::new(SimulatedClock::new(NOW, 1)),
        language: LANGUAGE.clone(),
        http: Arc::new(Echo),
        traces: Traces::default(),
        token_key: [7; 32],
        cache_bytes: appsync::CACHE_BYTES,
        writes: Writes::default(),
    }
}

/// The API of a configuration that is expected to be right.
pub(crate) fn api(config: ApiConfig, deps: Deps) -> Arc<Api> {
    Api::build(config, deps).unwrap_or_else(|wrong| panic!("{wrong:#?}"))
}

/// An identity by name: `api-key`, `iam`, `iam:Type.field`, `oidc`, `pool`, `pool:group,group`, `lambda`, `lambda:Type.field`.
pub(crate) fn identity(name: &str) -> Identity {
    let (mode, list) = name.split_once(':').unwrap_or((name, ""));
    let list: Vec<String> = list.split(',').filter(|each| !each.is_empty()).map(str::to_owned).collect();
    match mode {
        "api-key" => Identity::ApiKey,
        "iam" => Identity::Iam(Arc::new(iam(&list))),
        "oidc" => Identity::Oidc(Arc::new(identity::OidcIdentity {
            sub: "sub-1".into(),
            issuer: "https://issuer.example".into(),
            claims: Map::new(),
        })),
        "pool" => Identity::UserPool(Arc::new(identity::UserPoolIdentity {
            sub: "sub-1".into(),
            issuer: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_test".into(),
            username: "ada".into(),
            groups: list,
            claims: Map::new(),
            source_ip: vec!["127.0.0.1".into()],
            default_auth_strategy: Some("ALLOW"),
        })),
        "lambda" => {
            Identity::Lambda(Arc::new(identity::LambdaIdentity { resolver_context: Map::new(), denied_fields: list }))
        }
        other => panic!("no identity called {other}"),
    }
}

/// A principal that may do what a list of top-level fields says, such as `Query.order`; everything where it is empty.
fn iam(fields: &[String]) -> identity::IamIdentity {
    principal(policy(fields))
}

/// A principal with this policy.
pub(crate) fn iam_with(policy: Policy) -> Identity {
    Identity::Iam(Arc::new(principal(policy)))
}

fn principal(policy: Policy) -> identity::IamIdentity {
    identity::IamIdentity {
        account: "000000000000".into(),
        user_arn: "arn:aws:iam::000000000000:user/demo".into(),
        username: "AIDADEMO".into(),
        source_ip: vec!["127.0.0.1".into()],
        cognito: None,
        policy,
    }
}

fn policy(fields: &[String]) -> Policy {
    if fields.is_empty() {
        return Policy::allow_all();
    }
    let arn = |field: &String| {
        let (ty, field) = field.split_once('.').expect("Type.field");
        format!("arn:aws:appsync:us-east-1:000000000000:apis/*/types/{ty}/fields/{field}")
    };
    let resources: Vec<String> = fields.iter().map(arn).collect();
    let statement = json!({ "Effect": "Allow", "Action": "appsync:GraphQL", "Resource": resources });
    let mut policy = Policy::default();
    policy.add(&json!({ "Version": "2012-10-17", "Statement": [statement] })).expect("a valid document");
    policy
}

/// A resolver of `Type.field` that always gives this JavaScript value.
pub(crate) fn constant(field: &str, value: &str) -> ResolverConfig {
    let request = format!("export function request(ctx) {{ return {{ payload: {value} }} }}");
    resolver(field, &format!("{request}\nexport function response(ctx) {{ return ctx.result }}"))
}

/// A unit resolver of `Type.field` on the data source `none`.
pub(crate) fn resolver(field: &str, code: &str) -> ResolverConfig {
    let (type_name, field_name) = field.split_once('.').expect("Type.field");
    let code = Source { name: format!("{field}.js"), code: code.into() };
    ResolverConfig {
        type_name: type_name.into(),
        field_name: field_name.into(),
        kind: ResolverKind::Unit { data_source: "none".into(), code: Some(code.into()) },
        lambda: LambdaOptions::default(),
        caching: None,
        conflict_handler: None,
    }
}

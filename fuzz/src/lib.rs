//! What the fuzz targets share: an API whose data sources answer what they are told, and the question that must be
//! answered rightly after whatever came before.

use std::sync::Arc;

use appsync::{
    Api, ApiConfig, Body, CACHE_BYTES, DataSourceConfig, DataSourceKind, Deps, Diagnostic, HttpClient, HttpRequest,
    HttpResponse, LambdaOptions, Request, ResolverConfig, ResolverKind, Writes, trace::Traces,
};
use auth::{AuthMode, Identity};
use aws_protocol::{BoxFuture, Caller, Directory, Partition, Service, ServiceError};
use bytes::Bytes;
use clock::{SimulatedClock, Timestamp};
use futures::executor::block_on;
use parking_lot::Mutex;
use resolver::{Code, Source, javascript::JavaScript};
use serde_json::{Map, Value, json};

/// 2026-01-01T00:00:00Z.
pub const NOW: Timestamp = Timestamp(1_767_225_600_000);

/// A schema with something of everything.
pub const SCHEMA: &str = r#"
type Query {
  ping(text: String = "pong"): String
  echo(input: Input!, list: [[Int]], any: AWSJSON): Echo
  node(id: ID!): Node
  nodes(kind: Kind, at: AWSDateTime): [Node!]!
  item(id: ID!): Item
  page: Page
  call: AWSJSON
  fetch: AWSJSON
}
type Mutation { put(input: Input!): Echo }
type Subscription { onPut(text: String): Echo @aws_subscribe(mutations: ["put"]) }
interface Node { id: ID! }
type Item implements Node { id: ID! name: String price: Float tags: [String!] more: AWSJSON item: Item }
type Echo implements Node { id: ID! text: String number: Int echo: Echo either: Either }
type Page { items: [Item] nextToken: String scannedCount: Int }
union Either = Item | Echo
enum Kind { SMALL LARGE }
input Input { text: String number: Int kind: Kind mail: AWSEmail inner: Input list: [Input!] }
"#;

/// A service, and an HTTP client, that answer every call with the same bytes.
#[derive(Default)]
pub struct Told(Mutex<Vec<u8>>);

struct Named(&'static str, Arc<Told>);

impl Told {
    /// Says what is answered from now on.
    pub fn tell(&self, answer: &[u8]) {
        *self.0.lock() = answer.to_vec();
    }
}

impl Service for Named {
    fn name(&self) -> &'static str {
        self.0
    }

    fn call<'a>(&'a self, _: &'a str, _: Value, _: &'a Caller) -> BoxFuture<'a, Result<Value, ServiceError>> {
        let answer = serde_json::from_slice(&self.1.0.lock()).unwrap_or_default();
        Box::pin(async { Ok(answer) })
    }
}

impl HttpClient for Told {
    fn send(&self, _: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
        let body = Bytes::from(self.0.lock().clone());
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Box::pin(async { Ok(HttpResponse { status: 200, headers, body }) })
    }
}

/// The API of [`SCHEMA`], and who tells its data sources what to answer.
pub struct Subject {
    api: Arc<Api>,
    pub told: Arc<Told>,
}

impl Default for Subject {
    fn default() -> Self {
        let told = Arc::new(Told::default());
        let api = build(SCHEMA, resolvers(), &told).expect("the schema and the resolvers are right");
        Self { api, told }
    }
}

impl Subject {
    /// Asks; the answer is JSON with `data` or `errors`, whatever the question was.
    pub fn ask(&self, query: &str, variables: Map<String, Value>) -> Value {
        let body = Body { query: query.into(), variables, operation_name: None };
        let request = Request { body, headers: Vec::new(), domain_name: None, identity: Identity::ApiKey };
        let response = block_on(self.api.execute(&request));
        let answer: Value = serde_json::from_slice(&response.body).expect("an answer is JSON");
        assert!(answer.get("data").is_some() || answer.get("errors").is_some(), "neither data nor errors: {answer}");
        answer
    }

    /// The request after whatever came before finds everything as it was.
    pub fn still_answers(&self) {
        let answer = self.ask("{ ping }", Map::new());
        assert_eq!(answer, json!({ "data": { "ping": "pong" } }));
    }
}

/// An API with this schema; what is wrong with it.
///
/// # Errors
/// Everything that is wrong with the schema and the resolvers.
pub fn build(schema: &str, resolvers: Vec<ResolverConfig>, told: &Arc<Told>) -> Result<Arc<Api>, Vec<Diagnostic>> {
    let services = Directory::default();
    for name in ["dynamodb", "lambda"] {
        services.register(Arc::new(Named(name, told.clone())));
    }
    let deps = Deps {
        services,
        clock: Arc::new(SimulatedClock::new(NOW, 1)),
        language: Arc::new(JavaScript::default()),
        http: told.clone(),
        traces: Traces::default(),
        token_key: [7; 32],
        cache_bytes: CACHE_BYTES,
        writes: Writes::default(),
    };
    Api::build(config(schema, resolvers), deps)
}

fn config(schema: &str, resolvers: Vec<ResolverConfig>) -> ApiConfig {
    let source = |name: &str, kind| DataSourceConfig { name: name.to_owned(), role_arn: None, kind };
    ApiConfig {
        api_id: "abcdefghijklmnopqrstuvwxyz".into(),
        name: "fuzz".into(),
        partition: Partition::new("us-east-1", "000000000000"),
        schema: Source { name: "schema.graphql".into(), code: schema.into() },
        default_mode: AuthMode::ApiKey,
        deny_by_default: false,
        additional_modes: Vec::new(),
        data_sources: vec![
            source("none", DataSourceKind::None),
            source("table", DataSourceKind::DynamoDb { table: "items".into() }),
            source("function", DataSourceKind::Lambda { function_arn: "arn:aws:lambda:us-east-1:0:function:f".into() }),
            source("web", DataSourceKind::Http { endpoint: "http://example.com".into(), signing: None }),
        ],
        functions: Vec::new(),
        resolvers,
        environment: Map::new(),
        introspection: true,
        query_depth_limit: 0,
        resolver_count_limit: 0,
        cache: None,
        coalesce_get_items: false,
    }
}

fn resolvers() -> Vec<ResolverConfig> {
    let each = [
        ("Query.ping", "none", "{ payload: ctx.args.text }"),
        ("Query.echo", "none", "{ payload: { id: 1, ...ctx.args.input, echo: ctx.args } }"),
        ("Query.node", "none", "{ payload: { __typename: 'Echo', id: ctx.args.id, either: { __typename: 'Item' } } }"),
        ("Query.nodes", "none", "{ payload: [{ __typename: ctx.args.kind, id: 1 }] }"),
        ("Query.item", "table", "{ operation: 'GetItem', key: { id: { S: ctx.args.id } } }"),
        ("Query.page", "table", "{ operation: 'Scan' }"),
        ("Query.call", "function", "{ operation: 'Invoke', payload: {} }"),
        ("Query.fetch", "web", "{ method: 'GET', resourcePath: '/' }"),
        ("Mutation.put", "none", "{ payload: { id: 1, ...ctx.args.input } }"),
        ("Echo.echo", "none", "{ payload: { id: 2, text: ctx.source.text } }"),
    ];
    each.into_iter().map(|(field, source, request)| resolver(field, source, request)).collect()
}

fn resolver(field: &str, source: &str, request: &str) -> ResolverConfig {
    let (type_name, field_name) = field.split_once('.').expect("Type.field");
    let code = format!(
        "export function request(ctx) {{ return {request} }}\nexport function response(ctx) {{ return ctx.result }}"
    );
    let code = Code::JavaScript(Source { name: format!("{field}.js"), code });
    let kind = ResolverKind::Unit { data_source: source.into(), code: Some(code) };
    ResolverConfig {
        type_name: type_name.into(),
        field_name: field_name.into(),
        kind,
        lambda: LambdaOptions::default(),
        caching: None,
        conflict_handler: None,
    }
}

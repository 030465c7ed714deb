//! CPU time per request of the executor alone: a list of 20 objects with 6 fields, and one object with 3.
//!
//! `cargo run --release -p stepwell-appsync --example plan`. Resolvers are Rust closures, so what is measured is
//! parsing (cached), planning (cached), variables, fetching, completion and writing; JSON in, bytes out.

use std::{fs, sync::Arc};

use appsync::trace::Traces;
use appsync::{
    Api, ApiConfig, DataSourceConfig, DataSourceKind, Deps, HttpClient, HttpRequest, HttpResponse, LambdaOptions,
    Request, ResolverConfig, ResolverKind, Writes, parse_body,
};
use auth::{AuthMode, Identity};
use aws_protocol::{BoxFuture, Directory, Partition};
use clock::RealClock;
use resolver::{CompileError, Context, End, Evaluation, Handler, Handlers, Language, Source};
use serde_json::{Map, Value, json};

const SCHEMA: &str = "
    type Query { products(n: Int!): [Product!]! product(id: ID!): Product }
    type Product { id: ID! name: String! price: Float! stock: Int! tags: [String!]! sold: Boolean }";

const LIST: &str =
    r#"{"query":"query L($n: Int!) { products(n: $n) { id name price stock tags sold } }","variables":{"n":20}}"#;
const ONE: &str = r#"{"query":"query O($id: ID!) { product(id: $id) { id name price } }","variables":{"id":"7"}}"#;

/// A language whose only program gives products.
struct Products;

impl Language for Products {
    fn compile(&self, _: &Source) -> Result<Arc<dyn Handlers>, CompileError> {
        Ok(Arc::new(Self))
    }
}

impl Handlers for Products {
    fn invoke(&self, handler: Handler, context: &Context) -> Evaluation {
        let value = match handler {
            Handler::Request => match context.arguments.get("n").and_then(Value::as_i64) {
                Some(n) => json!({ "payload": (0..n).map(product).collect::<Vec<_>>() }),
                None => json!({ "payload": product(7) }),
            },
            Handler::Response => context.result.as_deref().cloned().unwrap_or_default(),
        };
        Evaluation {
            end: End::Returned(Some(value)),
            stash: Map::new(),
            changed_arguments: None,
            appended_errors: Vec::new(),
            logs: Vec::new(),
            response_headers: Vec::new(),
            extensions: Vec::new(),
        }
    }
}

fn product(n: i64) -> Value {
    json!({ "id": n, "name": format!("Product {n}"), "price": 9.5, "stock": n, "tags": ["a", "b"], "sold": false })
}

/// No data source here sends anything.
struct Offline;

impl HttpClient for Offline {
    fn send(&self, _: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
        Box::pin(std::future::ready(Err("offline".to_owned())))
    }
}

fn api() -> Arc<Api> {
    let code = Source { name: "products".into(), code: String::new() };
    let resolver = |field: &str| ResolverConfig {
        type_name: "Query".into(),
        field_name: field.into(),
        kind: ResolverKind::Unit { data_source: "none".into(), code: Some(code.clone().into()) },
        lambda: LambdaOptions::default(),
        caching: None,
        conflict_handler: None,
    };
    let config = ApiConfig {
        api_id: "abcdefghijklmnopqrstuvwxyz".into(),
        name: "plan".into(),
        partition: Partition::new("us-east-1", "000000000000"),
        schema: Source { name: "schema.graphql".into(), code: SCHEMA.into() },
        default_mode: AuthMode::ApiKey,
        deny_by_default: false,
        additional_modes: Vec::new(),
        data_sources: vec![DataSourceConfig { name: "none".into(), role_arn: None, kind: DataSourceKind::None }],
        functions: Vec::new(),
        resolvers: vec![resolver("products"), resolver("product")],
        environment: Map::new(),
        introspection: true,
        query_depth_limit: 0,
        resolver_count_limit: 0,
        cache: None,
        coalesce_get_items: false,
    };
    let deps = Deps {
        services: Directory::default(),
        clock: Arc::new(RealClock),
        language: Arc::new(Products),
        http: Arc::new(Offline),
        traces: Traces::default(),
        token_key: [0; 32],
        cache_bytes: 0,
        writes: Writes::default(),
    };
    Api::build(config, deps).unwrap_or_else(|wrong| panic!("{wrong:#?}"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let api = api();
    for (name, body) in [("list", LIST), ("one", ONE)] {
        let rounds = if cfg!(debug_assertions) { 2_000 } else { 50_000 };
        let mut bytes = 0;
        let started = cpu_microseconds();
        for _ in 0..rounds {
            let body = parse_body(body.as_bytes()).expect("a well-formed body");
            let request = Request { body, headers: Vec::new(), domain_name: None, identity: Identity::ApiKey };
            bytes = api.execute(&request).await.body.len();
        }
        let each = (cpu_microseconds() - started) / f64::from(rounds);
        println!("{name}: {each:.1} us of CPU per request, {bytes} bytes");
    }
}

/// CPU time of this thread, from the kernel's scheduler statistics (nanoseconds on Linux).
fn cpu_microseconds() -> f64 {
    let statistics =
        fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux kernel with scheduler statistics");
    let nanoseconds = statistics.split_whitespace().next().and_then(|field| field.parse::<f64>().ok());
    nanoseconds.expect("nanoseconds come first") / 1_000.0
}

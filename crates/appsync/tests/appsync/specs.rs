//! Runs `tests/specs/*.md`: each file is one API with its schema, resolvers, the calls its services expect, and
//! requests with the answers they must get. Fenced blocks count, the words after their backticks say what they are:
//!
//! - `graphql schema`; `json api` (modes, limits, data sources); `js unit TYPE.FIELD SOURCE`;
//!   `js function NAME SOURCE`; `js pipeline TYPE.FIELD NAME,NAME`; the same with `vtl`: a request template, a line
//!   of dashes, a response template, of which one may be `(none)` for a Lambda data source; `direct` has no code.
//!   `batch=N` at the end of a unit resolver or function is its `MaxBatchSize`
//! - `json service NAME OPERATION`: `{"input", "output" | "error": {"code", "message", ...members}}`, in order
//! - `graphql request [as IDENTITY]`, then `json variables` and `json headers` if any, then `json response [STATUS]`
//! - `graphql subscribe NAME [as IDENTITY]`, then `json refused` if it must be; `json delivered NAME`

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use crate::harness::{self, Call, Scripted};
use appsync::{
    Api, ApiConfig, Body, DataSourceConfig, DataSourceKind, Delivery, FunctionConfig, LambdaOptions,
    RelationalDatabase, Request, ResolverConfig, ResolverKind, Signing, Subscription,
};
use aws_protocol::{Directory, ServiceError};
use futures::FutureExt;
use resolver::{Code, Source, Templates};
use serde_json::{Map, Value};

const SERVICES: [&str; 7] =
    ["dynamodb", "states", "events", "lambda", "rds-data", "stepwell:opensearch", "bedrock-runtime"];

struct Block {
    words: Vec<String>,
    text: String,
    line: usize,
}

impl Block {
    fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", String::as_str)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("line {}: {error}", self.line))
    }
}

#[tokio::test]
async fn specs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/specs");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failed = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        let run = std::panic::AssertUnwindSafe(run(&name, &text)).catch_unwind();
        if run.await.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "failed specs: {failed:?} (see above)");
}

async fn run(name: &str, text: &str) {
    let blocks = blocks(text);
    let services: Vec<Arc<Scripted>> = SERVICES.into_iter().map(Scripted::new).collect();
    let directory = Directory::default();
    services.iter().for_each(|service| directory.register(service.clone()));
    let api = harness::api(config(&blocks), harness::deps(directory));
    let mut subscriptions: HashMap<String, Subscription> = HashMap::new();
    let mut at = 0;
    while at < blocks.len() {
        let block = &blocks[at];
        let place = format!("{name}:{}", block.line);
        at += 1;
        match (block.word(0), block.word(1)) {
            ("json", "service") => expect(&services, block),
            ("graphql", "request") => {
                let request = request(&blocks, &mut at, block);
                let answer = &blocks[at];
                at += 1;
                assert_eq!((answer.word(0), answer.word(1)), ("json", "response"), "{place}");
                let response = api.execute(&request).await;
                let body: Value = serde_json::from_slice(&response.body).unwrap();
                same(&place, &body, &answer.json());
                let status = answer.words.get(2).map_or(200, |status| status.parse().unwrap());
                assert_eq!(response.status, status, "{place}");
                let outstanding: Vec<_> = services.iter().flat_map(|service| service.outstanding()).collect();
                assert!(outstanding.is_empty(), "{place}: calls that never came: {outstanding:?}");
            }
            ("graphql", "subscribe") => {
                let request = request(&blocks, &mut at, block);
                let refused = blocks.get(at).filter(|next| next.word(1) == "refused");
                subscribe(&api, &place, block, &request, refused, &mut subscriptions).await;
                at += usize::from(refused.is_some());
            }
            ("json", "delivered") => {
                let subscription = subscriptions.get_mut(block.word(2)).expect("a subscription of this name");
                let delivery = subscription.next().now_or_never().flatten();
                let Some(Delivery::Data(payload)) = delivery else { panic!("{place}: got {delivery:?}") };
                same(&place, &serde_json::from_slice(&payload).unwrap(), &block.json());
            }
            ("graphql", "schema") | ("json", "api") | ("js" | "vtl" | "direct", _) => {}
            other => panic!("{place}: unknown block {other:?}"),
        }
    }
    for (subscriber, mut subscription) in subscriptions {
        let rest = subscription.next().now_or_never();
        assert!(rest.is_none(), "{name}: {subscriber} got more than expected: {rest:?}");
    }
}

async fn subscribe(
    api: &Arc<Api>,
    place: &str,
    block: &Block,
    request: &Request,
    refused: Option<&Block>,
    subscriptions: &mut HashMap<String, Subscription>,
) {
    match (api.subscribe(request).await, refused) {
        (Ok(subscription), None) => {
            subscriptions.insert(block.word(2).to_owned(), subscription);
        }
        (Err(errors), Some(expected)) => {
            let errors: Value = errors.iter().map(|error| error.to_json()).collect();
            same(place, &errors, &expected.json());
        }
        (Ok(_), Some(_)) => panic!("{place}: should have been refused"),
        (Err(errors), None) => panic!("{place}: {errors:?}"),
    }
}

/// Compares as JSON text, so that a failure shows what differs; UUIDs read `<uuid>`.
fn same(place: &str, actual: &Value, expected: &Value) {
    let uuid = regex::Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").unwrap();
    let actual: Value = serde_json::from_str(&uuid.replace_all(&actual.to_string(), "<uuid>")).unwrap();
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    assert!(
        pretty(&actual) == pretty(expected),
        "{place}\nactual: {}\nexpected: {}",
        pretty(&actual),
        pretty(expected)
    );
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let words = info.split_whitespace().map(str::to_owned).collect();
                open = Some(Block { words, text: String::new(), line: index + 1 });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

fn expect(services: &[Arc<Scripted>], block: &Block) {
    let position = SERVICES.iter().position(|name| *name == block.word(2)).expect("a known service");
    let mut call = block.json();
    let answer = match call.get_mut("error").map(Value::take) {
        Some(Value::Object(mut error)) => {
            let mut text = |name: &str| error.remove(name).and_then(|text| text.as_str().map(str::to_owned)).unwrap();
            let (code, message) = (text("code"), text("message"));
            Err(error
                .into_iter()
                .fold(ServiceError::new(code, message), |built, (name, member)| built.with_member(name, member)))
        }
        _ => Ok(call["output"].take()),
    };
    let input = call.get("input").cloned();
    services[position].expect(Call { operation: block.word(3).to_owned(), input, answer });
}

fn request(blocks: &[Block], at: &mut usize, block: &Block) -> Request {
    let identity = block.words.iter().skip_while(|word| *word != "as").nth(1);
    let mut request = Request {
        body: Body { query: block.text.trim_end().into(), variables: Map::new(), operation_name: None },
        headers: Vec::new(),
        domain_name: None,
        identity: harness::identity(identity.map_or("api-key", String::as_str)),
    };
    while let Some(next) = blocks.get(*at).filter(|next| matches!(next.word(1), "variables" | "headers")) {
        let Value::Object(object) = next.json() else { panic!("line {}: not an object", next.line) };
        if next.word(1) == "variables" {
            request.body.variables = object;
        } else {
            let text = |value: Value| value.as_str().unwrap().to_owned();
            request.headers = object.into_iter().map(|(name, value)| (name, text(value))).collect();
        }
        *at += 1;
    }
    request
}

fn config(blocks: &[Block]) -> ApiConfig {
    let schema = blocks.iter().find(|block| block.word(1) == "schema").expect("a schema");
    let mut config = harness::config(&schema.text);
    for block in blocks {
        let code = || code(block);
        let optional = || (block.word(0) != "direct").then(code);
        let words = |index: usize| block.word(index).to_owned();
        match (block.word(0), block.word(1)) {
            ("json", "api") => configure(&mut config, &block.json()),
            ("js" | "vtl" | "direct", "function") => config.functions.push(FunctionConfig {
                id: words(2),
                name: words(2),
                data_source: words(3),
                code: optional(),
                lambda: lambda(block),
                conflict_handler: None,
            }),
            ("js" | "vtl" | "direct", kind) => {
                let (type_name, field_name) = block.word(2).split_once('.').expect("TYPE.FIELD");
                let kind = match kind {
                    "unit" => ResolverKind::Unit { data_source: words(3), code: optional() },
                    _ => ResolverKind::Pipeline {
                        functions: words(3).split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
                        code: code(),
                    },
                };
                let (type_name, field_name) = (type_name.to_owned(), field_name.to_owned());
                config.resolvers.push(ResolverConfig {
                    type_name,
                    field_name,
                    kind,
                    lambda: lambda(block),
                    caching: None,
                    conflict_handler: None,
                });
            }
            _ => {}
        }
    }
    config
}

fn code(block: &Block) -> Code {
    let source =
        |extension: &str, text: &str| Source { name: format!("{}.{extension}", block.word(2)), code: text.into() };
    if block.word(0) == "js" {
        return Code::JavaScript(source("js", &block.text));
    }
    let (request, response) = block.text.split_once("\n---\n").expect("a line of dashes between two templates");
    Code::Templates(Templates { request: source("request.vtl", request), response: source("response.vtl", response) })
}

fn lambda(block: &Block) -> LambdaOptions {
    let size = block.words.iter().find_map(|word| word.strip_prefix("batch="));
    let template = |index: usize| block.text.split("\n---\n").nth(index).map(str::trim);
    LambdaOptions {
        max_batch_size: size.map_or(0, |size| size.parse().unwrap()),
        whole_context: template(0) == Some("(none)"),
        plain_response: template(1) == Some("(none)"),
    }
}

fn configure(config: &mut ApiConfig, settings: &Value) {
    for (name, value) in settings.as_object().expect("an object") {
        match name.as_str() {
            "defaultMode" => config.default_mode = serde_json::from_value(value.clone()).unwrap(),
            "additionalModes" => config.additional_modes = serde_json::from_value(value.clone()).unwrap(),
            "denyByDefault" => config.deny_by_default = value.as_bool().unwrap(),
            "introspection" => config.introspection = value.as_bool().unwrap(),
            "queryDepthLimit" => config.query_depth_limit = value.as_u64().unwrap() as u32,
            "resolverCountLimit" => config.resolver_count_limit = value.as_u64().unwrap() as u32,
            "environment" => config.environment = value.as_object().unwrap().clone(),
            "dataSources" => config.data_sources.extend(value.as_object().unwrap().iter().map(data_source)),
            other => panic!("unknown setting {other}"),
        }
    }
}

fn data_source((name, source): (&String, &Value)) -> DataSourceConfig {
    let text = |name: &str| source[name].as_str().unwrap_or_default().to_owned();
    let kind = match source["type"].as_str().unwrap() {
        "AMAZON_DYNAMODB" => DataSourceKind::DynamoDb { table: text("table") },
        "HTTP" => DataSourceKind::Http {
            endpoint: text("endpoint"),
            signing: source["signFor"]
                .as_str()
                .map(|service| Signing { region: "us-east-1".into(), service: service.into() }),
        },
        "AWS_LAMBDA" => DataSourceKind::Lambda { function_arn: text("functionArn") },
        "AMAZON_EVENTBRIDGE" => DataSourceKind::EventBridge { event_bus_arn: text("eventBusArn") },
        "RELATIONAL_DATABASE" => DataSourceKind::RelationalDatabase(RelationalDatabase {
            cluster: text("cluster"),
            secret_arn: text("secret"),
            database: source["database"].as_str().map(str::to_owned),
        }),
        "AMAZON_OPENSEARCH_SERVICE" => DataSourceKind::OpenSearch { endpoint: text("endpoint") },
        "AMAZON_BEDROCK_RUNTIME" => DataSourceKind::BedrockRuntime,
        other => panic!("unknown data source type {other}"),
    };
    DataSourceConfig { name: name.clone(), role_arn: None, kind }
}

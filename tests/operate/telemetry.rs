//! What other tools are told: spans to a collector of OpenTelemetry, metrics to Prometheus, lines to the log.

use std::{collections::HashMap, process::Stdio};

use axum::{Router, body::Bytes, routing::post};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    sync::mpsc,
};

use crate::support::{PATIENCE, Server, command};

/// A collector on a port of its own, and the spans that it gets.
async fn collector() -> (String, mpsc::UnboundedReceiver<Value>) {
    let (sender, spans) = mpsc::unbounded_channel();
    let take = move |body: Bytes| {
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        for resource in body["resourceSpans"].as_array().expect("a list") {
            for scope in resource["scopeSpans"].as_array().expect("a list") {
                for span in scope["spans"].as_array().expect("a list") {
                    sender.send(span.clone()).expect("the test listens");
                }
            }
        }
        async { "{}" }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/traces", post(take))).await });
    (url, spans)
}

fn attributes(span: &Value) -> HashMap<&str, &Value> {
    let attributes = span["attributes"].as_array().expect("a list");
    attributes.iter().map(|each| (each["key"].as_str().expect("a key"), &each["value"])).collect()
}

fn nanos(span: &Value, name: &str) -> u128 {
    span[name].as_str().expect("a text").parse().expect("a number")
}

#[tokio::test]
async fn requests_are_spans_of_the_callers_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let (url, mut received) = collector().await;
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*url), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")];
    let server = Server::start_in(folder.path(), &["run"], &variables).await;
    let query = "query Stock { stock(sku: \"tea\") { quantity } }";
    let request = server.client.post(format!("{}/graphql", server.http)).header("x-api-key", server.output("ApiKey"));
    let request = request.header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let answer = request.json(&json!({ "query": query })).send().await.expect("an answer");
    assert!(answer.status().is_success());
    assert!(server.stop().await.success(), "what has not been sent is sent at the end");

    let mut spans = Vec::new();
    while let Ok(span) = received.try_recv() {
        spans.push(span);
    }
    let mine: Vec<&Value> = spans.iter().filter(|span| span["traceId"] == "0af7651916cd43dd8448eb211c80319c").collect();
    let named =
        |name: &str| mine.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("no {name} in {spans:#?}"));
    let root = named("query Stock");
    assert_eq!(root["parentSpanId"], "b7ad6b7169203331");
    let told = attributes(root);
    assert_eq!(told["graphql.operation.type"], &json!({ "stringValue": "query" }));
    assert_eq!(told["graphql.document"], &json!({ "stringValue": query }));
    for (name, value) in [("http.request.method", "POST"), ("http.route", "/graphql"), ("url.path", "/graphql")] {
        assert_eq!(told[name], &json!({ "stringValue": value }), "{name}");
    }
    assert_eq!(told["http.response.status_code"], &json!({ "intValue": "200" }));
    let resolver = named("Query.stock");
    assert_eq!(resolver["parentSpanId"], root["spanId"]);
    let call = named("DynamoDB GetItem");
    assert_eq!(call["parentSpanId"], resolver["spanId"]);
    let told = attributes(call);
    assert_eq!(told["rpc.method"], &json!({ "stringValue": "GetItem" }));
    let tables = &told["aws.dynamodb.table_names"]["arrayValue"]["values"];
    assert!(tables[0]["stringValue"].as_str().is_some_and(|table| table.starts_with("stepwell-")), "{call:#}");
    assert!(nanos(root, "startTimeUnixNano") <= nanos(call, "startTimeUnixNano"));
    assert!(nanos(call, "endTimeUnixNano") <= nanos(root, "endTimeUnixNano"));
}

/// The samples of an exposition: `name{labels}` and value.
fn samples(text: &str) -> HashMap<&str, f64> {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
            (name, value.parse().unwrap_or_else(|_| panic!("no number: {line}")))
        })
        .collect()
}

#[tokio::test]
async fn metrics_count_requests_resolvers_and_executions() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    for query in ["{ ping }", "{ stock(sku: \"tea\") { quantity } }", "{ nothing }"] {
        server.graphql(query, json!({})).await;
    }
    let scraped = server.client.get(format!("{}/metrics", server.http)).send().await.expect("an answer");
    let text = scraped.text().await.expect("a text");
    let samples = samples(&text);
    let sum = |name: &str, parts: &[&str]| -> f64 {
        let wanted = |key: &str| key.starts_with(name) && parts.iter().all(|part| key.contains(part));
        samples.iter().filter(|(key, _)| wanted(key)).map(|(_, value)| value).sum()
    };
    let http = ["http_route=\"/graphql\"", "http_response_status_code=\"200\"", "http_request_method=\"POST\""];
    assert_eq!(sum("http_server_request_duration_seconds_count", &http), 3.0, "{text}");
    assert_eq!(sum("graphql_server_operation_duration_seconds_count", &["outcome=\"ok\""]), 2.0);
    assert_eq!(sum("graphql_server_operation_duration_seconds_count", &["outcome=\"error\""]), 1.0);
    assert_eq!(sum("appsync_resolver_duration_seconds_count", &["field_name=\"ping\""]), 1.0);
    let read = ["data_source_type=\"AMAZON_DYNAMODB\"", "operation=\"GetItem\""];
    assert_eq!(sum("appsync_data_source_duration_seconds_count", &read), 1.0);
    assert_eq!(sum("appsync_errors_total", &[]), 1.0);
    assert_eq!(sum("states_executions_running", &[]), 0.0);

    let page = server.client.get(format!("{}/metrics", server.http)).header("origin", "https://evil.example");
    assert_eq!(page.send().await.expect("an answer").status(), 403, "it is guarded as the operator's API is");
}

const LOGGING: &str = r#"
Resources:
  Api:
    Type: AWS::AppSync::GraphQLApi
    Properties:
      Name: logging
      AuthenticationType: API_KEY
      LogConfig: { CloudWatchLogsRoleArn: "arn:aws:iam::000000000000:role/log", FieldLogLevel: ALL }
  Schema:
    Type: AWS::AppSync::GraphQLSchema
    Properties: { ApiId: !GetAtt Api.ApiId, Definition: "type Query { ping: String }" }
  Key:
    Type: AWS::AppSync::ApiKey
    Properties: { ApiId: !GetAtt Api.ApiId }
  None:
    Type: AWS::AppSync::DataSource
    Properties: { ApiId: !GetAtt Api.ApiId, Name: none, Type: NONE }
  Ping:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !GetAtt Api.ApiId
      TypeName: Query
      FieldName: ping
      DataSourceName: !GetAtt None.Name
      Runtime: { Name: APPSYNC_JS, RuntimeVersion: 1.0.0 }
      Code: |
        export function request(ctx) { console.log("asked"); return { payload: "pong" } }
        export function response(ctx) { return ctx.result }
Outputs:
  ApiKey: { Value: !GetAtt Key.ApiKey }
"#;

#[tokio::test]
async fn the_log_has_what_an_api_is_to_log_and_a_line_for_each_request_where_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let template = folder.path().join("template.yaml");
    std::fs::write(&template, LOGGING).expect("written");
    let arguments = ["run", template.to_str().expect("a text"), "--port", "0", "--tls", "false"];
    let mut command = command(folder.path(), &arguments);
    command.env("STEPWELL_LOG_FORMAT", "json").env("STEPWELL_LOG", "stepwell::requests=info,stepwell::api_log=info");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut err = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    while !out.next_line().await.expect("readable").expect("a line").contains("Ctrl-C") {}
    let endpoints = std::fs::read(folder.path().join("endpoints.json")).expect("the endpoints");
    let endpoints: Value = serde_json::from_slice(&endpoints).expect("JSON");
    let url = format!("{}/graphql", endpoints["http"].as_str().expect("an address"));
    let key = endpoints["outputs"]["ApiKey"].as_str().expect("a key");
    let request = reqwest::Client::new().post(url).header("x-api-key", key);
    let answer = request.body("{\"query\":\"query Q { ping }\"}").send().await.expect("an answer");
    let id = answer.headers()["x-amzn-requestid"].to_str().expect("a text").to_owned();

    let mut lines = Vec::new();
    while lines.len() < 4 {
        let line = tokio::time::timeout(PATIENCE, err.next_line()).await.expect("in time");
        lines.push(serde_json::from_str::<Value>(&line.expect("readable").expect("a line")).expect("JSON"));
    }
    let [request, log, field, summary] = &lines[..] else { panic!("four lines") };
    assert_eq!((&request["request_id"], &request["operation_name"]), (&json!(id), &json!("Q")), "{request}");
    let entry = |line: &Value| serde_json::from_str::<Value>(line["message"].as_str().expect("a text")).expect("JSON");
    assert!(
        log["message"]
            .as_str()
            .is_some_and(|text| text.starts_with(&format!("{id} INFO - ")) && text.contains("asked")),
        "{log}"
    );
    let field = entry(field);
    assert_eq!(
        (&field["logType"], &field["path"], &field["requestId"]),
        (&json!("Tracing"), &json!(["ping"]), &json!(id))
    );
    let summary = entry(summary);
    assert_eq!((&summary["logType"], &summary["statusCode"]), (&json!("RequestSummary"), &json!(200)));
    child.kill().await.expect("killed");
}

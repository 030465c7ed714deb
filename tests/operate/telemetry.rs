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

#[tokio::test]
async fn the_log_has_a_line_for_each_request_where_it_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = command(folder.path(), &["run", "--port", "0", "--tls", "false"]);
    command.env("STEPWELL_LOG_FORMAT", "json").env("STEPWELL_LOG", "stepwell::requests=info").stderr(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut err = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    while !out.next_line().await.expect("readable").expect("a line").contains("Ctrl-C") {}
    let read = |name: &str| std::fs::read(folder.path().join(name)).expect(name);
    let endpoints: Value = serde_json::from_slice(&read("endpoints.json")).expect("JSON");
    let url = format!("{}/graphql", endpoints["http"].as_str().expect("an address"));
    let request =
        reqwest::Client::new().post(url).header("x-api-key", endpoints["outputs"]["ApiKey"].as_str().expect("a key"));
    let answer = request.body("{\"query\":\"query Q { ping }\"}").send().await.expect("an answer");
    let line =
        tokio::time::timeout(PATIENCE, err.next_line()).await.expect("in time").expect("readable").expect("a line");
    let line: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(line["request_id"], answer.headers()["x-amzn-requestid"].to_str().expect("a text"));
    assert_eq!(
        (&line["operation_name"], &line["status"], &line["message"]),
        (&json!("Q"), &json!(200), &json!("request"))
    );
    child.kill().await.expect("killed");
}

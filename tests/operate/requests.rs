//! Requests seen after the fact: by the id that their client got, from the execution that they started, as they finish,
//! and as a timeline on the command line.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
};

use crate::support::{PATIENCE, Server, command, run};

const PLACE: &str = "mutation Place($input: PlaceOrderInput!) { placeOrder(input: $input) { id executionArn } }";

/// Places an order and answers the request's id and the answer.
async fn place(server: &Server) -> (String, Value) {
    let item = json!({ "sku": "tea", "quantity": 1, "price": 1 });
    let body = json!({ "query": PLACE, "variables": { "input": { "customer": "you", "items": [item] } } });
    let request = server.client.post(format!("{}/graphql", server.http)).header("x-api-key", server.output("ApiKey"));
    let answer = request.json(&body).send().await.expect("an answer");
    let id = answer.headers()["x-amzn-requestid"].to_str().expect("an id").to_owned();
    (id, answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_request_is_seen_by_its_id_with_what_ran_and_the_execution_that_it_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    let (id, answer) = place(&server).await;
    let arn = answer["data"]["placeOrder"]["executionArn"].clone();
    assert!(arn.is_string(), "{answer}");

    let query = "query Request($id: String!) { request(id: $id) {
        id operationType operationName query variables headers authorizationMode status response micros resolvers executionArns
        fields { path typeName kind before { evaluated } after { end } error { message }
          steps { name dataSource { type target } call { operation micros response } before { stash evaluated } } } } }";
    let request = server.operate(query, json!({ "id": id })).await["request"].clone();
    assert_eq!(request["operationType"], "MUTATION", "{request:#}");
    assert_eq!((&request["operationName"], &request["status"]), (&json!("Place"), &json!(200)));
    assert_eq!((&request["authorizationMode"], &request["headers"]["x-api-key"]), (&json!("API_KEY"), &json!("***")));
    assert_eq!(request["response"], answer);
    assert_eq!(request["executionArns"], json!([arn]));
    let field = &request["fields"][0];
    assert_eq!(
        (&field["path"], &field["kind"], &field["after"]["end"]),
        (&json!("placeOrder"), &json!("PIPELINE"), &json!("RETURNED"))
    );
    let steps: Vec<_> = field["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| (&step["dataSource"]["type"], &step["call"]["operation"]))
        .collect();
    assert_eq!(steps, [(&json!("AMAZON_DYNAMODB"), &json!("PutItem")), (&json!("HTTP"), &json!("StartExecution"))]);
    assert!(field["steps"][0]["before"]["stash"]["order"].is_object(), "{field:#}");
    let took = request["micros"].as_u64().expect("a number");
    assert!(field["steps"][0]["call"]["micros"].as_u64().expect("a number") <= took);

    let query = "query From($arn: String!) { execution(arn: $arn) { request { id } } }";
    let execution = server.operate(query, json!({ "arn": arn })).await["execution"].clone();
    assert_eq!(execution["request"]["id"], json!(id));
}

#[tokio::test]
async fn requests_are_filtered_and_paged() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    for query in ["query A { ping }", "{ nothing }", "query B { ping }"] {
        server.graphql(query, json!({})).await;
    }
    let refused =
        server.client.post(format!("{}/graphql", server.http)).header("x-api-key", "da2-wrong").body("{}").send().await;
    assert_eq!(refused.expect("an answer").status(), 401);

    let list = async |filter: &str| {
        let query = format!("{{ requests(filter: {filter}) {{ operationName status errors }} }}");
        server.operate(&query, json!({})).await["requests"].as_array().expect("a list").clone()
    };
    let names =
        |requests: &[Value]| requests.iter().map(|request| request["operationName"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&list("{ field: \"Query.ping\" }").await), [json!("B"), json!("A")]);
    assert_eq!(names(&list("{ operationName: \"A\" }").await), [json!("A")]);
    assert_eq!(list("{ failed: true }").await.len(), 2);
    let refused = list("{ errorType: \"UnauthorizedException\" }").await;
    assert_eq!((refused.len(), &refused[0]["status"]), (1, &json!(401)));

    let first = server.operate("{ requests(first: 2) { id } }", json!({})).await["requests"].clone();
    let query = "query Page($before: String) { requests(before: $before, first: 1) { errors } }";
    let second = server.operate(query, json!({ "before": first[1]["id"] })).await["requests"].clone();
    assert_eq!(second[0]["errors"].as_array().map(Vec::len), Some(1), "{second}");
}

#[tokio::test]
async fn the_command_line_shows_a_request_and_follows_those_to_come() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    let (id, _) = place(&server).await;
    let (status, last, err) = run(folder.path(), &["trace"]).await;
    assert!(status.success() && last.contains("  200  "), "{err}{last}");
    let (status, out, err) = run(folder.path(), &["trace", &id]).await;
    assert!(status.success(), "{err}");
    assert!(
        out.starts_with("mutation  Place  200  ") && out.lines().next().is_some_and(|line| line.ends_with(&id)),
        "{out}"
    );
    for part in ["placeOrder  Mutation.placeOrder", "PutItem", "AMAZON_DYNAMODB", "started arn:aws:states:"] {
        assert!(out.contains(part), "no {part} in {out}");
    }
    let (status, same, err) = run(folder.path(), &["trace", &id, "--json"]).await;
    assert!(status.success(), "{err}");
    assert_eq!(serde_json::from_str::<Value>(&same).expect("JSON")["id"], json!(id));
    let (status, _, err) = run(folder.path(), &["trace", "r-none"]).await;
    assert!(!status.success() && err.contains("no request r-none is kept"), "{err}");

    let mut following =
        command(folder.path(), &["trace", "--follow"]).stdout(std::process::Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(following.stdout.take().expect("a pipe")).lines();
    // When it listens cannot be seen from outside: ask until it has heard one.
    let heard = async {
        loop {
            tokio::select! {
                line = lines.next_line() => return line.expect("readable").expect("a line"),
                _ = server.graphql("query Heard { ping }", json!({})) => {}
            }
        }
    };
    let line = tokio::time::timeout(PATIENCE, heard).await.expect("in time");
    assert!(line.starts_with("query  Heard  200  "), "{line}");
    following.kill().await.expect("killed");
}

/// An API whose field waits for a server that says nothing.
const SLOW: &str = r#"
Resources:
  Api:
    Type: AWS::AppSync::GraphQLApi
    Properties: { Name: slow, AuthenticationType: API_KEY }
  Schema:
    Type: AWS::AppSync::GraphQLSchema
    Properties: { ApiId: !GetAtt Api.ApiId, Definition: "type Query { slow: String }" }
  Key:
    Type: AWS::AppSync::ApiKey
    Properties: { ApiId: !GetAtt Api.ApiId }
  Silence:
    Type: AWS::AppSync::DataSource
    Properties: { ApiId: !GetAtt Api.ApiId, Name: silence, Type: HTTP, HttpConfig: { Endpoint: "ENDPOINT" } }
  Slow:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !GetAtt Api.ApiId
      TypeName: Query
      FieldName: slow
      DataSourceName: !GetAtt Silence.Name
      Runtime: { Name: APPSYNC_JS, RuntimeVersion: 1.0.0 }
      Code: |
        export function request(ctx) { return { method: "GET", resourcePath: "/" } }
        export function response(ctx) { return ctx.result.body }
Outputs:
  ApiKey: { Value: !GetAtt Key.ApiKey }
"#;

#[tokio::test]
async fn a_client_that_hangs_up_leaves_a_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let silence = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", silence.local_addr().expect("an address"));
    let template = folder.path().join("template.yaml");
    std::fs::write(&template, SLOW.replace("ENDPOINT", &endpoint)).expect("written");
    let server = Server::start_with(folder.path(), &["run", template.to_str().expect("a text")]).await;
    let _kept_open = tokio::select! {
        _ = server.graphql("query Slow { slow }", json!({})) => panic!("it has no answer"),
        called = silence.accept() => called.expect("a connection"),
    };
    // The request is dropped now, and its connection with it. When the server notices cannot be seen from outside.
    let query = "{ requests { operationName status cancelled errors fields { path error { errorType } } } }";
    let noticed = async {
        loop {
            let requests = server.operate(query, json!({})).await["requests"].clone();
            if requests.as_array().is_some_and(|requests| !requests.is_empty()) {
                return requests;
            }
        }
    };
    let requests = tokio::time::timeout(PATIENCE, noticed).await.expect("in time");
    let expected = json!([{
        "operationName": "Slow", "status": 499, "cancelled": true, "errors": [],
        "fields": [{ "path": "slow", "error": { "errorType": "Interrupted" } }],
    }]);
    assert_eq!(requests, expected);
    let (status, last, err) = run(folder.path(), &["trace"]).await;
    assert!(status.success() && last.contains("the client hung up"), "{err}{last}");
}

//! Files of the application change while it runs.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    Server,
    operator::Changes,
    realtime::{Socket, connect, receive, send},
};

const TEMPLATE: &str = "\
Resources:
  Api:
    Type: AWS::AppSync::GraphQLApi
    Properties: { Name: api, AuthenticationType: API_KEY }
  Key:
    Type: AWS::AppSync::ApiKey
    Properties: { ApiId: !GetAtt Api.ApiId }
  Schema:
    Type: AWS::AppSync::GraphQLSchema
    Properties: { ApiId: !GetAtt Api.ApiId, DefinitionS3Location: schema.graphql }
  Nothing:
    Type: AWS::AppSync::DataSource
    Properties: { ApiId: !GetAtt Api.ApiId, Name: Nothing, Type: NONE }
  Hello:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !GetAtt Api.ApiId
      TypeName: Query
      FieldName: hello
      DataSourceName: !GetAtt Nothing.Name
      Runtime: { Name: APPSYNC_JS, RuntimeVersion: 1.0.0 }
      CodeS3Location: hello.js
  Tell:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !GetAtt Api.ApiId
      TypeName: Mutation
      FieldName: tell
      DataSourceName: !GetAtt Nothing.Name
      RequestMappingTemplate: '{ \"version\": \"2018-05-29\", \"payload\": $util.toJson($context.arguments) }'
      ResponseMappingTemplate: $util.toJson($context.result)
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: machine
      RoleArn: arn:aws:iam::000000000000:role/r
      DefinitionS3Location: machine.asl.json
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: table
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
Outputs:
  ApiKey: { Value: !GetAtt Key.ApiKey }
";

const SCHEMA: &str = "\
type Query { hello: String }
type Mutation { tell(text: String): Note }
type Subscription { told: Note @aws_subscribe(mutations: [\"tell\"]) }
type Note { text: String more: String }
";

const MACHINE: &str = r#"{ "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } } }"#;

/// A resolver that gives this text.
fn hello(text: &str) -> String {
    format!(
        "export function request(ctx) {{ return {{ payload: '{text}' }} }}\n\
         export function response(ctx) {{ return ctx.result }}\n"
    )
}

/// A running application whose files a test changes.
struct Edited {
    folder: TempDir,
    server: Server,
    reloads: Changes,
}

impl Edited {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [("template.yaml", TEMPLATE), ("schema.graphql", SCHEMA), ("machine.asl.json", MACHINE)] {
            fs::write(folder.path().join(name), text).expect("written");
        }
        fs::write(folder.path().join("hello.js"), hello("first")).expect("written");
        let template = folder.path().join("template.yaml");
        let data = folder.path().join("data");
        let server = Server::start_with(&data, &["run", template.to_str().expect("text")]).await;
        let reloads = server.watch_reloads().await;
        Self { folder, server, reloads }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a new file in place and waits for what comes of it. In one step: a reload that still goes on for the edit before
    /// must not meet a file of which only the beginning is written.
    async fn edit(&mut self, name: &str, text: &str) -> Value {
        let beside = self.path(&format!("{name}.new"));
        fs::write(&beside, text).expect("written");
        fs::rename(beside, self.path(name)).expect("renamed");
        self.reloads.next().await
    }

    async fn hello(&self) -> Value {
        let answer = self.server.graphql("{ hello }", json!({})).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"]["hello"].clone()
    }

    async fn subscribe(&self, query: &str) -> Socket {
        let authorization = json!({ "host": self.server.http, "x-api-key": self.server.output("ApiKey") });
        let url = format!("{}/graphql/realtime", self.server.http.replace("http://", "ws://"));
        let mut socket = connect(&url, &authorization).await;
        send(&mut socket, json!({ "type": "connection_init" })).await;
        let data = json!({ "query": query }).to_string();
        let payload = json!({ "data": data, "extensions": { "authorization": authorization } });
        send(&mut socket, json!({ "id": "1", "type": "start", "payload": payload })).await;
        while receive(&mut socket).await.expect("an answer")["type"] != "start_ack" {}
        socket
    }

    async fn tell(&self) {
        let answer = self.server.graphql("mutation { tell(text: \"news\") { text more } }", json!({})).await;
        assert_eq!(answer["data"]["tell"]["text"], "news", "{answer}");
    }
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "the latency of a reload is what is measured")]
async fn an_edited_resolver_answers_at_once() {
    let mut edited = Edited::start().await;
    assert_eq!(edited.hello().await, "first");
    let mut latencies = Vec::new();
    for n in 0..20 {
        let text = format!("edit {n}");
        let written = Instant::now();
        let reload = edited.edit("hello.js", &hello(&text)).await;
        assert_eq!(edited.hello().await, text);
        latencies.push(written.elapsed());
        assert_eq!((&reload["number"], &reload["succeeded"]), (&json!(n + 1), &json!(true)), "{reload}");
        assert_eq!(reload["resources"], json!(["the GraphQL API Api"]));
        assert!(reload["files"][0].as_str().expect("a file").ends_with("hello.js"), "{reload}");
    }
    latencies.sort();
    let median = latencies[latencies.len() / 2];
    println!("from the write of a resolver to its first answer: median {median:?}, slowest {:?}", latencies[19]);
    assert!(median < Duration::from_millis(500), "median {median:?}");
}

#[tokio::test]
async fn editors_that_put_a_new_file_in_place_are_understood() {
    let mut edited = Edited::start().await;
    // Visual Studio Code and others: a new file is renamed over the old one.
    fs::write(edited.path("hello.js.tmp"), hello("renamed")).expect("written");
    fs::rename(edited.path("hello.js.tmp"), edited.path("hello.js")).expect("renamed");
    assert_eq!(edited.reloads.next().await["succeeded"], true);
    assert_eq!(edited.hello().await, "renamed");
    // nano and others: the file is written where it is.
    fs::write(edited.path("hello.js"), hello("in place")).expect("written");
    assert_eq!(edited.reloads.next().await["succeeded"], true);
    assert_eq!(edited.hello().await, "in place");
    // vim: the old file goes aside, a new one is written, the old one is removed.
    fs::rename(edited.path("hello.js"), edited.path("hello.js~")).expect("renamed");
    fs::write(edited.path("hello.js"), hello("written anew")).expect("written");
    fs::remove_file(edited.path("hello.js~")).expect("removed");
    assert_eq!(edited.reloads.next().await["succeeded"], true);
    assert_eq!(edited.hello().await, "written anew");
}

#[tokio::test]
async fn a_mistake_is_shown_and_what_ran_before_goes_on() {
    let mut edited = Edited::start().await;
    let at = edited.folder.path().display().to_string();
    for (name, text, expected) in [
        (
            "hello.js",
            hello("broken").replace("payload:", "payload"),
            "AT/hello.js:1:49: Expected `,` or `}` but found `string`\n\
             1 | export function request(ctx) { return { payload 'broken' } }\n  |                                                 ^",
        ),
        ("schema.graphql", format!("{SCHEMA}type"), "AT/schema.graphql:"),
        ("machine.asl.json", MACHINE.replace("\"A\",", "\"B\","), "AT/machine.asl.json:1:"),
        ("template.yaml", TEMPLATE.replace("BillingMode", "BilingMode"), "did you mean 'BillingMode'?"),
    ] {
        let before = fs::read_to_string(edited.path(name)).expect("read");
        let reload = edited.edit(name, &text).await;
        assert_eq!(reload["succeeded"], false, "{name}: {reload}");
        let reason = reload["reason"].as_str().expect("a reason").replace(&at, "AT");
        assert!(reason.contains(expected), "{name}, expected:\n{expected}\nfound:\n{reason}");
        assert_eq!(edited.hello().await, "first");
        let last = edited.server.operate("{ lastReload { succeeded number } }", json!({})).await;
        assert_eq!(last["lastReload"]["number"], reload["number"]);
        let mended = edited.edit(name, &before).await;
        assert_eq!((&mended["succeeded"], &mended["resources"]), (&json!(true), &json!([])), "{mended}");
    }
}

#[tokio::test]
async fn subscriptions_stay_open_over_a_reload_until_their_field_is_gone() {
    let mut edited = Edited::start().await;
    let mut socket = edited.subscribe("subscription { told { text more } }").await;
    edited.edit("hello.js", &hello("second")).await;
    edited.edit("schema.graphql", &format!("{SCHEMA}type Unused {{ a: String }}\n")).await;
    edited.tell().await;
    let heard = receive(&mut socket).await.expect("a payload");
    assert_eq!(heard["payload"]["data"]["told"], json!({ "text": "news", "more": null }));
    edited.edit("schema.graphql", &SCHEMA.replace(" more: String", "")).await;
    let ended = receive(&mut socket).await.expect("an error");
    assert_eq!((&ended["type"], &ended["id"]), (&json!("error"), &json!("1")), "{ended}");
    let message = &ended["payload"]["errors"][0]["message"];
    assert!(message.as_str().expect("a text").contains("Field 'more' in type 'Note' is undefined"), "{ended}");
    assert_eq!(receive(&mut socket).await.expect("an end")["type"], "complete");
}

#[tokio::test]
async fn state_machines_apis_and_new_files_are_taken_over_and_tables_want_a_restart() {
    let mut edited = Edited::start().await;
    let reload = edited.edit("machine.asl.json", &MACHINE.replace("\"A\"", "\"Begin\"")).await;
    assert_eq!(reload["resources"], json!(["the state machine Machine"]));
    let arn = "arn:aws:states:us-east-1:000000000000:stateMachine:machine";
    let (_, described) = edited
        .server
        .try_wire("AWSStepFunctions.DescribeStateMachine", &json!({ "stateMachineArn": arn }))
        .await
        .expect("an answer");
    assert!(described["definition"].as_str().expect("a definition").contains("Begin"), "{described}");

    // A file that the template names before it is there.
    let template = TEMPLATE.replace("CodeS3Location: hello.js", "CodeS3Location: other.js");
    assert_eq!(edited.edit("template.yaml", &template).await["succeeded"], false);
    assert_eq!(edited.edit("other.js", &hello("other")).await["succeeded"], true);
    assert_eq!(edited.hello().await, "other");

    let another = template.replace("TableName: table", "TableName: another");
    let reload = edited.edit("template.yaml", &another).await;
    assert_eq!(reload["needsRestart"], json!(["Table (AWS::DynamoDB::Table)"]), "{reload}");
    let reload = edited.edit("template.yaml", &template).await;
    assert_eq!(reload["needsRestart"], json!([]), "{reload}");
}

#[tokio::test]
async fn what_a_failed_reload_could_not_write_the_next_one_writes() {
    let mut edited = Edited::start().await;
    let file = edited.path("data/endpoints.json");
    fs::remove_file(&file).expect("it was there");
    fs::create_dir(&file).expect("a folder in its place");
    let template = format!("{TEMPLATE}  More: {{ Value: more }}\n");
    let reload = edited.edit("template.yaml", &template).await;
    assert_eq!(reload["succeeded"], false, "{reload}");
    fs::remove_dir(&file).expect("an empty folder");
    let reload = edited.edit("template.yaml", &format!("{template}  Most: {{ Value: most }}\n")).await;
    assert_eq!(reload["succeeded"], true, "{reload}");
    let written = fs::read_to_string(&file).expect("the file is back");
    assert!(written.contains("\"most\"") && written.contains("\"more\""), "{written}");
}

#[tokio::test]
async fn merged_apis_of_the_management_api_follow_the_template() {
    let mut edited = Edited::start().await;
    let source = edited.server.endpoints["apis"][0]["id"].as_str().expect("an id").to_owned();
    let merged = json!({ "name": "all", "authenticationType": "API_KEY", "apiType": "MERGED",
        "mergedApiExecutionRoleArn": "arn:aws:iam::000000000000:role/merged" });
    let merged = edited.server.post_managing("/v1/apis", &merged).await["graphqlApi"]["apiId"].take();
    let merged = merged.as_str().expect("an id");
    let path = format!("/v1/mergedApis/{merged}/sourceApiAssociations");
    let wanted = json!({ "sourceApiIdentifier": source, "sourceApiAssociationConfig": { "mergeType": "AUTO_MERGE" } });
    let association = edited.server.post_managing(&path, &wanted).await["sourceApiAssociation"]["associationId"].take();
    let path = format!("{path}/{}", association.as_str().expect("an id"));

    let schema = SCHEMA.replace("more: String", "more: String added: Int");
    assert_eq!(edited.edit("schema.graphql", &schema).await["succeeded"], true);
    let note = format!("/v1/apis/{merged}/types/Note");
    let note = async |edited: &Edited| edited.server.manage("default", &note).await.2["type"]["definition"].to_string();
    assert!(note(&edited).await.contains("added"), "it is merged when the reload is told");

    // The same API under another name is another one, with another id.
    let renamed = TEMPLATE.replace("Api:\n", "Other:\n").replace("Api.ApiId", "Other.ApiId");
    assert_eq!(edited.edit("template.yaml", &renamed).await["succeeded"], true);
    let lost = edited.server.manage("default", &path).await.2["sourceApiAssociation"].take();
    assert_eq!(lost["sourceApiAssociationStatus"], "MERGE_FAILED");
    let detail = format!("The source API {source} does not exist any more.");
    assert_eq!(lost["sourceApiAssociationStatusDetail"], detail);
    assert!(note(&edited).await.contains("added"), "what was merged last is served still");

    assert_eq!(edited.edit("template.yaml", TEMPLATE).await["succeeded"], true);
    let found = edited.server.manage("default", &path).await.2["sourceApiAssociation"].take();
    assert_eq!(found["sourceApiAssociationStatus"], "MERGE_SUCCESS");
}

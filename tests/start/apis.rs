//! Several GraphQL APIs of one template.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::{
    Server,
    realtime::{connect, receive, send},
};

/// An API whose only field says its name.
const API: &str = r#"
  NAME:
    Type: AWS::AppSync::GraphQLApi
    Properties: { Name: NAME, AuthenticationType: API_KEY }
  NAMEKey:
    Type: AWS::AppSync::ApiKey
    Properties: { ApiId: !GetAtt NAME.ApiId }
  NAMESchema:
    Type: AWS::AppSync::GraphQLSchema
    Properties:
      ApiId: !GetAtt NAME.ApiId
      Definition: |
        type Query { name: String }
        type Mutation { tell(text: String): Note }
        type Subscription { told: Note @aws_subscribe(mutations: ["tell"]) }
        type Note { text: String }
  NAMENothing:
    Type: AWS::AppSync::DataSource
    Properties: { ApiId: !GetAtt NAME.ApiId, Name: Nothing, Type: NONE }
  NAMEName:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !GetAtt NAME.ApiId
      TypeName: Query
      FieldName: name
      DataSourceName: !GetAtt NAMENothing.Name
      RequestMappingTemplate: '{ "version": "2018-05-29", "payload": "NAME" }'
      ResponseMappingTemplate: $util.toJson($context.result)
  NAMETell:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !GetAtt NAME.ApiId
      TypeName: Mutation
      FieldName: tell
      DataSourceName: !GetAtt NAMENothing.Name
      RequestMappingTemplate: '{ "version": "2018-05-29", "payload": $util.toJson($context.arguments) }'
      ResponseMappingTemplate: $util.toJson($context.result)
"#;

async fn start(folder: &Path) -> Server {
    let mut template = "Resources:".to_owned();
    for name in ["One", "Two"] {
        template.push_str(&API.replace("NAME", name));
    }
    template.push_str("Outputs:\n");
    for name in ["One", "Two"] {
        for (output, value) in [("Key", "Key.ApiKey"), ("Url", ".GraphQLUrl"), ("Realtime", ".RealtimeUrl")] {
            template.push_str(&format!("  {name}{output}: {{ Value: !GetAtt {name}{value} }}\n"));
        }
    }
    fs::write(folder.join("template.yaml"), template).expect("written");
    let template = folder.join("template.yaml");
    Server::start_with(&folder.join("data"), &["run", template.to_str().expect("text")]).await
}

/// Asks for the name at `url` with a key and perhaps a host.
async fn name(server: &Server, url: &str, key: &str, host: Option<&str>) -> (u16, Value) {
    let mut request = server.client.post(url).header("x-api-key", key).json(&json!({ "query": "{ name }" }));
    if let Some(host) = host {
        request = request.header("host", host);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn apis_of_one_template_are_found_by_path_and_host_and_know_their_own_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(folder.path()).await;
    let (one, two) = (server.output("OneKey"), server.output("TwoKey"));
    let (url_one, url_two) = (server.output("OneUrl"), server.output("TwoUrl"));
    let plain = format!("{}/graphql", server.http);
    let id = server.endpoints["apis"][1]["id"].as_str().expect("an id");
    assert_eq!(url_two, format!("{}/apis/{id}/graphql", server.http));
    let host = format!("{id}.appsync-api.us-east-1.amazonaws.com");
    for (url, key, host, expected) in [
        (&plain, &one, None, "One"),
        (&url_one, &one, None, "One"),
        (&url_two, &two, None, "Two"),
        (&plain, &two, Some(host.as_str()), "Two"),
    ] {
        let answer = name(&server, url, key, host).await;
        assert_eq!(answer, (200, json!({ "data": { "name": expected } })), "{url} {host:?}");
    }
    let (status, answer) = name(&server, &url_two, &one, None).await;
    assert_eq!((status, &answer["errors"][0]["errorType"]), (401, &json!("UnauthorizedException")));
    let unknown = url_two.replace(id, "abcdefghijklmnopqrstuvwxyz");
    let (status, answer) = name(&server, &unknown, &one, None).await;
    assert_eq!((status, &answer["errors"][0]["errorType"]), (404, &json!("NotFoundException")));
    let explorer = server.client.get(format!("{}/graphiql?api={id}", server.http)).send().await.expect("a page");
    let page = explorer.text().await.expect("text");
    assert!(page.contains(&format!("data-endpoint=\"/apis/{id}/graphql\"")) && page.contains(&two), "{page}");
}

#[tokio::test]
async fn subscribers_hear_of_their_own_api_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(folder.path()).await;
    let mut socket = None;
    for api in ["One", "Two"] {
        let authorization = json!({ "host": server.http, "x-api-key": server.output(&format!("{api}Key")) });
        let mut opened = connect(&server.output(&format!("{api}Realtime")), &authorization).await;
        send(&mut opened, json!({ "type": "connection_init" })).await;
        let data = json!({ "query": "subscription { told { text } }" }).to_string();
        let payload = json!({ "data": data, "extensions": { "authorization": authorization } });
        send(&mut opened, json!({ "id": "1", "type": "start", "payload": payload })).await;
        while receive(&mut opened).await.expect("an answer")["type"] != "start_ack" {}
        socket = Some(opened);
    }
    for api in ["One", "Two"] {
        let query = json!({ "query": format!("mutation {{ tell(text: \"{api}\") {{ text }} }}") });
        let url = server.output(&format!("{api}Url"));
        let request = server.client.post(url).header("x-api-key", server.output(&format!("{api}Key"))).json(&query);
        let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(answer["data"]["tell"]["text"], api);
    }
    let heard = receive(socket.as_mut().expect("a socket")).await.expect("a payload");
    assert_eq!(heard["payload"]["data"]["told"]["text"], "Two");
}

//! Applications with a mistake: `check` and `run` end with the same text, which has the place and a caret below it.

use std::{fs, path::Path};

use crate::support::run;

const TABLE: &str = r#"
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: NAME
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
"#;

const MACHINE: &str = "\
Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::000000000000:role/r
      DefinitionS3Location: machine.asl.json
";

const API: &str = "\
Resources:
  Api:
    Type: AWS::AppSync::GraphQLApi
    Properties: { Name: api, AuthenticationType: API_KEY }
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
";

const SCHEMA: &str = "type Query {\n  hello: String\n}\n";

fn table(name: &str) -> String {
    TABLE.replace("NAME", name)
}

/// Runs both commands on an application of these files, the template first; each must end with `expected`, in which
/// `AT` stands for the folder.
async fn refused(files: &[(&str, String)], expected: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let template = folder.path().join(files[0].0);
    for command in ["check", "run"] {
        let (success, err) = complaint(folder.path(), command, &template).await;
        assert!(!success, "{command} of {expected}");
        assert!(err.contains(expected), "{command}, expected:\n{expected}\nfound:\n{err}");
        assert_eq!(err.matches(expected).count(), 1, "{command} says it twice:\n{err}");
    }
}

async fn complaint(folder: &Path, command: &str, template: &Path) -> (bool, String) {
    let data = folder.join("data");
    let template = template.to_str().expect("text");
    let (status, _, err) = run(&data, &[command, template, "--port", "0", "--tls-port", "0"]).await;
    (status.success(), err.replace(&folder.display().to_string(), "AT"))
}

#[tokio::test]
async fn resources_that_need_each_other() {
    let template = format!("Resources:\n  A:{}  B:{}", table("!Sub ${B}-a"), table("!Sub ${A}-b"));
    let expected = "\
these resources need each other: A -> B -> A
  --> AT/template.yaml:12:18
   |
12 |       TableName: !Sub ${A}-b
   |                  ^^^^^^^^^^^
   = help: one of these references has to go";
    refused(&[("template.yaml", template)], expected).await;
}

#[tokio::test]
async fn a_property_that_does_not_exist() {
    let template = format!("Resources:\n  A:{}", table("a").replace("BillingMode", "BilingMode"));
    let expected = "\
AWS::DynamoDB::Table has no property 'BilingMode'
 --> AT/template.yaml:8:7
  |
8 |       BilingMode: PAY_PER_REQUEST
  |       ^^^^^^^^^^
  = help: did you mean 'BillingMode'?";
    refused(&[("template.yaml", template)], expected).await;
}

#[tokio::test]
async fn a_reference_to_nothing() {
    let template = format!("Resources:\n  A:{}", table("!Ref Nobody"));
    let expected = "\
there is no parameter or resource 'Nobody'
 --> AT/template.yaml:5:18
  |
5 |       TableName: !Ref Nobody
  |                  ^^^^^^^^^^^";
    refused(&[("template.yaml", template)], expected).await;
}

#[tokio::test]
async fn a_file_that_is_not_there() {
    let expected = "\
there is no file 'machine.asl.json'
 --> AT/template.yaml:6:29
  |
6 |       DefinitionS3Location: machine.asl.json
  |                             ^^^^^^^^^^^^^^^^
  = help: a path is relative to the folder of the template";
    refused(&[("template.yaml", MACHINE.to_owned())], expected).await;
}

#[tokio::test]
async fn a_state_machine_with_a_transition_to_nowhere() {
    let machine = "{\n  \"StartAt\": \"A\",\n  \"States\": { \"A\": { \"Type\": \"Pass\", \"Next\": \"B\" } }\n}\n";
    let expected = "\
AT/machine.asl.json:3:46: MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next
3 |   \"States\": { \"A\": { \"Type\": \"Pass\", \"Next\": \"B\" } }
  |                                              ^";
    refused(&[("template.yaml", MACHINE.to_owned()), ("machine.asl.json", machine.to_owned())], expected).await;
}

#[tokio::test]
async fn a_schema_that_does_not_parse() {
    let expected = "\
AT/schema.graphql:2:17: syntax error: expected R_CURLY, got EOF
2 |   hello: String
  |                 ^";
    let files = [("template.yaml", API), ("schema.graphql", "type Query {\n  hello: String\n"), ("hello.js", RESOLVER)];
    refused(&files.map(|(name, text)| (name, text.to_owned())), expected).await;
}

const RESOLVER: &str = "\
export function request(ctx) { return { payload: 1 } }
export function response(ctx) { return ctx.result }
";

#[tokio::test]
async fn a_resolver_that_does_not_compile() {
    let code = RESOLVER.replace("payload: 1 }", "payload 1 }");
    let expected = "\
1 | export function request(ctx) { return { payload 1 } }
  |                                                 ^";
    let files = [("template.yaml", API.to_owned()), ("schema.graphql", SCHEMA.to_owned()), ("hello.js", code)];
    refused(&files, expected).await;
    refused(&files, "AT/hello.js:1:49: ").await;
}

#[tokio::test]
async fn code_that_aws_refuses_is_valid_in_the_relaxed_dialect() {
    let code = RESOLVER.replace("return { payload: 1 }", "let n = 0; while (n < 3) { n += 1 } return { payload: n }");
    let files = [("template.yaml", API.to_owned()), ("schema.graphql", SCHEMA.to_owned()), ("hello.js", code)];
    refused(&files, "AT/hello.js:1:").await;
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in &files {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let template = folder.path().join("template.yaml");
    let arguments = ["check", template.to_str().expect("text"), "--resolver-dialect", "relaxed"];
    let (status, _, err) = run(&folder.path().join("data"), &arguments).await;
    assert!(status.success(), "{err}");
}

#[tokio::test]
async fn the_same_application_without_a_mistake_is_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("template.yaml", API), ("schema.graphql", SCHEMA), ("hello.js", RESOLVER)] {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let (success, err) = complaint(folder.path(), "check", &folder.path().join("template.yaml")).await;
    assert!(success, "{err}");
}

/// Texts that stand in the template: a resolver, the code of a channel namespace and a state machine.
#[tokio::test]
async fn mistakes_in_inline_code_are_at_their_lines_of_the_template() {
    let code = "      Code: |
        export function request(ctx) {
          return { payload 1 }
        }
";
    let template = API.replace("      CodeS3Location: hello.js\n", code);
    let expected = "\
AT/template.yaml:21:28: Expected `,` or `}` but found `decimal`
21 |           return { payload 1 }
   |                            ^";
    refused(&[("template.yaml", template), ("schema.graphql", SCHEMA.to_owned())], expected).await;

    let events = "\
Resources:
  Live:
    Type: AWS::AppSync::Api
    Properties:
      Name: live
      EventConfig:
        AuthProviders: [{ AuthType: API_KEY }]
        ConnectionAuthModes: [{ AuthType: API_KEY }]
        DefaultPublishAuthModes: [{ AuthType: API_KEY }]
        DefaultSubscribeAuthModes: [{ AuthType: API_KEY }]
  Chat:
    Type: AWS::AppSync::ChannelNamespace
    Properties:
      ApiId: !GetAtt Live.ApiId
      Name: chat
      CodeHandlers: |
        export function onPublish(ctx) {
          return ctx.events ctx
        }
";
    let expected = "\
18 |           return ctx.events ctx
   |                            ^";
    refused(&[("template.yaml", events.to_owned())], expected).await;
    let quoted = events.split("      CodeHandlers").next().expect("a part").to_owned()
        + "      CodeHandlers: \"export function onPublish(ctx) {\\n  return ctx.events ctx }\"\n";
    refused(&[("template.yaml", quoted)], "AT/template.yaml:16:21: ").await;

    let machine = "{ \"StartAt\": \"A\",\n          \"States\": { \"A\": { \"Type\": \"Pass\", \"Next\": \"B\" } } }";
    let machine = MACHINE.replace("S3Location: machine.asl.json", &format!("String: |\n        {machine}"));
    let expected = "\
8 |           \"States\": { \"A\": { \"Type\": \"Pass\", \"Next\": \"B\" } } }
  |                                                      ^";
    refused(&[("template.yaml", machine)], expected).await;
}

//! Stacks in stacks: parameters go in, outputs come out, and resources of the same name stay apart.

use std::{collections::HashMap, io, path::Path};

use template::{Application, Derived, Error, Files, Handler, LambdaCode, Options, load};

/// Files by their paths.
struct Folder(HashMap<&'static str, String>);

impl Files for Folder {
    fn read(&self, path: &Path) -> io::Result<String> {
        let text = path.to_str().and_then(|path| self.0.get(path));
        text.cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn load_from<const N: usize>(root: &str, files: [(&'static str, &str); N]) -> Result<Application, Error> {
    let options = Options {
        region: "us-east-1".to_owned(),
        account: "123456789012".to_owned(),
        stack_name: "app".to_owned(),
        parameters: Default::default(),
    };
    let values = Derived { region: options.region.clone(), stack_name: options.stack_name.clone() };
    let files = Folder(files.map(|(path, text)| (path, text.to_owned())).into());
    load(Path::new(root), &options, &values, &files).map(|loaded| loaded.application)
}

fn loaded<const N: usize>(root: &str, files: [(&'static str, &str); N]) -> Application {
    load_from(root, files).unwrap_or_else(|error| panic!("{error}"))
}

const ROOT: &str = r#"
Parameters:
  Stage: { Type: String, Default: dev }
Conditions:
  Never: !Equals [a, b]
Resources:
  Api:
    Type: AWS::AppSync::GraphQLApi
    Properties: { Name: a, AuthenticationType: API_KEY }
  Schema:
    Type: AWS::AppSync::GraphQLSchema
    Properties: { ApiId: !GetAtt Api.ApiId, Definition: "type Query { f: String }" }
  First:
    Type: AWS::CloudFormation::Stack
    DependsOn: [Schema]
    Properties:
      TemplateURL: stacks/models.yaml
      Parameters: { Model: !Sub "${Stage}-first", ApiId: !GetAtt Api.ApiId }
  Second:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: stacks/models.yaml
      Parameters: { Model: !Select [1, !Split ["/", !GetAtt First.Outputs.TableArn]], ApiId: !GetAtt Api.ApiId }
  Left:
    Type: AWS::CloudFormation::Stack
    Condition: Never
    Properties: { TemplateURL: stacks/none.yaml }
Outputs:
  Deep: { Value: !GetAtt Second.Outputs.Deep }
"#;

const MODELS: &str = r#"
Parameters:
  Model: { Type: String }
  ApiId: { Type: String }
  Index: { Type: Number, Default: 1 }
Mappings:
  Names: { Sources: { One: table } }
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub "${Model}-t"
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
  Source:
    Type: AWS::AppSync::DataSource
    Properties: { ApiId: !Ref ApiId, Name: !Sub "${Table}_source", Type: NONE }
  Function:
    Type: AWS::AppSync::FunctionConfiguration
    Properties:
      ApiId: !Ref ApiId
      Name: f
      DataSourceName: !GetAtt Source.Name
      RequestMappingTemplateS3Location: ../resolvers/request.vtl
      ResponseMappingTemplate: "$util.toJson($ctx.result)"
  Named:
    Type: AWS::StepFunctions::Activity
    Properties: { Name: !Ref AWS::StackName }
  Guests:
    Type: AWS::Cognito::IdentityPool
    Properties: { AllowUnauthenticatedIdentities: true }
  Roles:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties: { IdentityPoolId: !Ref Guests, Roles: { unauthenticated: !Sub "arn:aws:iam::1:role/${Model}" } }
  Deeper:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: deeper.json, Parameters: { Index: !Ref Index } }
Outputs:
  TableArn: { Value: !GetAtt Table.Arn }
  Deep: { Value: !Join ["/", [!GetAtt Deeper.Outputs.Index, !FindInMap [Names, Sources, One]]] }
"#;

const DEEPER: &str = r#"{
  "Parameters": {"Index": {"Type": "Number"}},
  "Resources": {},
  "Outputs": {"Index": {"Value": {"Ref": "Index"}}}
}"#;

const REQUEST: (&str, &str) = ("t/resolvers/request.vtl", "{}");

fn nested() -> Application {
    let files = [("t/root.yaml", ROOT), ("t/stacks/models.yaml", MODELS), ("t/stacks/deeper.json", DEEPER), REQUEST];
    loaded("t/root.yaml", files)
}

#[test]
fn a_nested_stack_has_its_parameters_and_its_outputs() {
    let application = nested();
    let tables: Vec<_> = application.tables.iter().map(|table| (&*table.logical_id, &*table.name)).collect();
    assert_eq!(tables, [("First.Table", "dev-first-t"), ("Second.Table", "dev-first-t-t")]);
    assert_eq!(application.outputs[0].value, "1/table");
    assert!(application.on_aws_only.is_empty(), "{:?}", application.on_aws_only);
}

#[test]
fn stacks_of_one_template_stay_apart() {
    let application = nested();
    let names: Vec<&str> = application.activities.iter().map(|activity| &*activity.name).collect();
    assert!(names[0].starts_with("app-First-") && names[1].starts_with("app-Second-"), "{names:?}");
    let roles: Vec<_> = application.identity_pools.iter().map(|pool| pool.roles["unauthenticated"].as_str()).collect();
    assert_eq!(roles, [Some("arn:aws:iam::1:role/dev-first"), Some("arn:aws:iam::1:role/dev-first-t")]);
    assert_ne!(application.identity_pools[0].id, application.identity_pools[1].id);
    let [first, second] = &application.apis[0].functions[..] else { panic!("two functions") };
    assert_ne!(first.id, second.id);
    assert_eq!((&*first.data_source_name, &*second.data_source_name), ("dev-first-t_source", "dev-first-t-t_source"));
}

#[test]
fn files_are_relative_to_the_template_that_names_them() {
    let application = nested();
    let Handler::Templates { request: Some(request), response: Some(response) } =
        &application.apis[0].functions[0].handler
    else {
        panic!("two templates")
    };
    assert_eq!((&*request.text, request.path.to_str()), ("{}", Some("t/resolvers/request.vtl")));
    assert_eq!(response.path.to_str(), Some("t/stacks/models.yaml"));
}

#[test]
fn what_the_cdk_synthesizes_finds_its_assets() {
    let root = r#"{"Resources": {"Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL":
        {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}, "/",
            {"Fn::Sub": "cdk-assets-${AWS::AccountId}-${AWS::Region}"}, "/0f.json"]]}}}}}"#;
    let nested = r#"{"Resources": {"Post": {"Type": "Custom::AmplifyDynamoDBTable", "Properties": {
        "ServiceToken": "arn", "tableName": "Post", "attributeDefinitions": [{"attributeName": "id",
        "attributeType": "S"}], "keySchema": [{"attributeName": "id", "keyType": "HASH"}]}}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Post", "TableArn"]}}}}"#;
    let manifest = r#"{"files": {"0f": {"source": {"path": "Nested.nested.template.json"},
        "destinations": {"here": {"objectKey": "0f.json"}}}}}"#;
    let files = [
        ("cdk.out/Blog.template.json", root),
        ("cdk.out/Blog.assets.json", manifest),
        ("cdk.out/Nested.nested.template.json", nested),
    ];
    let application = loaded("cdk.out/Blog.template.json", files);
    assert_eq!(application.tables[0].create_table["KeySchema"][0]["AttributeName"], "id");
    assert_eq!(application.tables[0].arn, "arn:aws:dynamodb:us-east-1:123456789012:table/Post");
}

#[test]
fn a_definition_may_be_an_asset_in_a_bucket() {
    let root = r#"{"Resources": {"Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
        "RoleArn": "r", "DefinitionS3Location": {"Bucket": "b", "Key": "0f.json"}}},
        "Table": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"TableName": "t", "BillingMode": "PROVISIONED",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "Replicas": [{"Region": "us-east-1"}]}}}}"#;
    let application =
        loaded("Flow.template.json", [("Flow.template.json", root), ("asset.0f.json", "{\"States\": {}}")]);
    assert_eq!(&*application.state_machines[0].definition.text, "{\"States\": {}}");
    assert_eq!(application.tables[0].create_table["BillingMode"], "PAY_PER_REQUEST");
}

#[test]
fn the_code_of_a_function_is_the_folder_that_was_to_be_packed() {
    let root = r#"{"Resources": {"Shout": {"Type": "AWS::Lambda::Function", "Properties": {"Role": "r",
        "Code": {"S3Bucket": "b", "S3Key": "0f.zip"}}}}}"#;
    let application = loaded("out/Shout.template.json", [("out/Shout.template.json", root)]);
    let LambdaCode::Folder(folders) = &application.functions[0].code else { panic!("a folder") };
    assert_eq!(folders[0], Path::new("out/asset.0f"));
}

#[test]
fn stacks_that_multiply_end_at_a_limit() {
    let stacks = |number: usize, url: &str| {
        let stack = |index: usize| {
            format!("  N{index}: {{ Type: 'AWS::CloudFormation::Stack', Properties: {{ TemplateURL: {url} }} }}\n")
        };
        format!("Resources:\n{}", (0..number).map(stack).collect::<String>())
    };
    let (wide, itself) = (stacks(400, "wide.yaml"), stacks(2, "t.yaml"));
    let error = load_from("t/t.yaml", [("t/t.yaml", &itself)]).expect_err("refused").to_string();
    assert!(error.contains("stacks nest deeper than 10 levels"), "{error}");
    let error = load_from("t/wide.yaml", [("t/wide.yaml", &wide)]).expect_err("refused").to_string();
    assert!(error.contains("at most 2500 resources together"), "{error}");
}

//! What intrinsic functions, Ref and GetAtt give: a table of expressions, each as the value of an output.

#[path = "values/event_api.rs"]
mod event_api;
#[path = "values/nested.rs"]
mod nested;

use std::{io, path::Path};

use template::{Derived, Files, Loaded, Options, Source, load};

struct Text(String);

impl Files for Text {
    fn read(&self, path: &Path) -> io::Result<String> {
        if path == Path::new("t/template.yaml") { Ok(self.0.clone()) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

fn loaded(text: &str) -> Loaded {
    let options = Options {
        region: "us-east-1".to_owned(),
        account: "123456789012".to_owned(),
        stack_name: "app".to_owned(),
        parameters: [("Stage".to_owned(), "prod".to_owned())].into_iter().collect(),
    };
    let values = Derived { region: options.region.clone(), stack_name: options.stack_name.clone() };
    let files = Text(text.to_owned());
    load(Path::new("t/template.yaml"), &options, &values, &files).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn a_merged_api_has_its_sources() {
    let loaded = loaded(
        "
Parameters:
  Stage: { Type: String }
Resources:
  Shop:
    Type: AWS::AppSync::GraphQLApi
    Properties: { Name: shop, ApiType: MERGED, AuthenticationType: API_KEY }
  FromOrders:
    Type: AWS::AppSync::SourceApiAssociation
    Properties:
      MergedApiIdentifier: !GetAtt Shop.ApiId
      SourceApiIdentifier: !GetAtt Orders.Arn
      SourceApiAssociationConfig: { MergeType: AUTO_MERGE }
  Orders:
    Type: AWS::AppSync::GraphQLApi
    Properties: { Name: orders, AuthenticationType: API_KEY }
  Schema:
    Type: AWS::AppSync::GraphQLSchema
    Properties: { ApiId: !GetAtt Orders.ApiId, Definition: 'type Query { a: ID }' }
Outputs:
  Source: { Value: !GetAtt FromOrders.SourceApiId }
  Association: { Value: !Ref FromOrders }
",
    );
    let apis = &loaded.application.apis;
    let shop = apis.iter().find(|api| api.name == "shop").expect("the merged API");
    let orders = apis.iter().find(|api| api.name == "orders").expect("the source API");
    assert_eq!(orders.sources, None);
    let [source] = shop.sources.as_deref().expect("a merged API") else { panic!("{:?}", shop.sources) };
    assert_eq!((&*source.logical_id, &*source.merge_type, &source.api), ("FromOrders", "AUTO_MERGE", orders));
    assert!(orders.schema.is_some());
    let output = |name: &str| &loaded.application.outputs.iter().find(|output| output.name == name).unwrap().value;
    assert_eq!(*output("Source"), orders.id);
    assert!(output("Association").starts_with(&format!("{}/sourceApiAssociations/", shop.arn)));
}

const TEMPLATE: &str = r#"
Parameters:
  Stage: { Type: String, Default: dev }
  Names: { Type: CommaDelimitedList, Default: "a, b,c" }
  Port: { Type: Number, Default: 8080 }
Mappings:
  Sizes: { prod: { small: 1, list: [x, y] } }
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  Both: !And [!Condition IsProd, !Or [!Condition IsDev, !Equals [!Ref Port, 8080]]]
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      StreamSpecification: { StreamViewType: NEW_IMAGE }
  Named:
    Type: AWS::StepFunctions::StateMachine
    Properties: { StateMachineName: named, RoleArn: !GetAtt Role.Arn, DefinitionString: "{}" }
  Work:
    Type: AWS::StepFunctions::Activity
    Properties: { Name: work }
  Role:
    Type: AWS::IAM::Role
    Properties: { RoleName: r, Path: /p/, AssumeRolePolicyDocument: {} }
  Api:
    Type: AWS::AppSync::GraphQLApi
    Properties: { Name: a, AuthenticationType: API_KEY }
  Key:
    Type: AWS::AppSync::ApiKey
    Properties: { ApiId: !GetAtt Api.ApiId }
  Source:
    Type: AWS::AppSync::DataSource
    Properties: { ApiId: !GetAtt Api.ApiId, Name: s, Type: NONE }
  Resolver:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !GetAtt Api.ApiId
      TypeName: Query
      FieldName: f
      DataSourceName: !GetAtt Source.Name
      Runtime: { Name: APPSYNC_JS, RuntimeVersion: 1.0.0 }
      Code: |
        export const request = 1
        export const response = 2
  Pool:
    Type: AWS::Cognito::UserPool
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties: { UserPoolId: !Ref Pool }
  Bucket:
    Type: AWS::S3::Bucket
    Properties: { BucketName: data-sets }
  Rule:
    Type: AWS::Events::Rule
    Properties: { Name: r, EventBusName: bus, EventPattern: { source: [x] } }
  Bus:
    Type: AWS::Lambda::Function
    Properties: { FunctionName: fn, Role: r, Code: { ZipFile: x } }
Outputs:
  Value: { Value: VALUE }
"#;

#[test]
fn functions_give_what_cloudformation_gives() {
    let cases = [
        ("!Ref Stage", "prod"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
        ("!Select [1, !Ref Names]", "b"),
        ("!Select ['0', !Split ['/', x/y]]", "x"),
        ("!Join ['-', [a, !Ref Port, true]]", "a-8080-true"),
        ("!Join ['', !If [IsProd, [p, q], []]]", "pq"),
        ("!If [IsDev, dev, !If [Both, both, one]]", "both"),
        ("!Sub '${Stage}.${AWS::AccountId}.${!Kept}.$${Port}'", "prod.123456789012.${Kept}.$8080"),
        ("!Sub ['${A}${B}', { A: 1, B: !Ref Stage }]", "1prod"),
        ("!FindInMap [Sizes, !Ref Stage, small]", "1"),
        ("!Join [',', !FindInMap [Sizes, prod, list]]", "x,y"),
        ("!FindInMap [Sizes, prod, no, { DefaultValue: d }]", "d"),
        ("!Base64 abc", "YWJj"),
        ("!Select [1, !Cidr [10.0.0.0/16, 2, 8]]", "10.0.1.0/24"),
        ("!Select [2, !GetAZs '']", "us-east-1c"),
        ("Fn::Length: !Ref Names", "3"),
        ("Fn::ToJsonString: { a: [1, !Ref Stage] }", r#"{"a":[1,"prod"]}"#),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn ref_and_get_att_give_what_aws_gives() {
    let api = value("!GetAtt Api.ApiId");
    let pool = value("!Ref Pool");
    let table = value("!Ref Table");
    let key = value("!GetAtt Key.ApiKey");
    assert!(table.starts_with("app-Table-") && table.len() == 22, "{table}");
    assert!(api.len() == 26 && key.starts_with("da2-") && key.len() == 30, "{api} {key}");
    assert!(pool.starts_with("us-east-1_") && pool.len() == 19, "{pool}");
    let arn = |service: &str, resource: String| format!("arn:aws:{service}:us-east-1:123456789012:{resource}");
    let cases = [
        ("!GetAtt Table.Arn", arn("dynamodb", format!("table/{table}"))),
        ("!GetAtt Table.StreamArn", arn("dynamodb", format!("table/{table}/stream/1970-01-01T00:00:00.000"))),
        ("!Ref Named", arn("states", "stateMachine:named".to_owned())),
        ("!GetAtt Named.Name", "named".to_owned()),
        ("!Ref Work", arn("states", "activity:work".to_owned())),
        ("!GetAtt Role.Arn", "arn:aws:iam::123456789012:role/p/r".to_owned()),
        ("!Ref Role", "r".to_owned()),
        ("!Ref Api", arn("appsync", format!("apis/{api}"))),
        ("!GetAtt Api.GraphQLEndpointArn", arn("appsync", format!("endpoints/graphql-api/{api}"))),
        ("!GetAtt Api.GraphQLUrl", format!("https://{api}.appsync-api.us-east-1.amazonaws.com/graphql")),
        ("!GetAtt Api.GraphQLDns", format!("{api}.appsync-api.us-east-1.amazonaws.com")),
        ("!Ref Key", arn("appsync", format!("apis/{api}/apikeys/{key}"))),
        ("!Ref Source", arn("appsync", format!("apis/{api}/datasources/s"))),
        ("!Ref Resolver", arn("appsync", format!("apis/{api}/types/Query/resolvers/f"))),
        ("!GetAtt Pool.Arn", arn("cognito-idp", format!("userpool/{pool}"))),
        ("!GetAtt Pool.ProviderName", format!("cognito-idp.us-east-1.amazonaws.com/{pool}")),
        ("!GetAtt Pool.ProviderURL", format!("https://cognito-idp.us-east-1.amazonaws.com/{pool}")),
        ("!Ref Client", value("!GetAtt Client.ClientId")),
        ("!Ref Bucket", "data-sets".to_owned()),
        ("!GetAtt Bucket.Arn", "arn:aws:s3:::data-sets".to_owned()),
        ("!GetAtt Bucket.RegionalDomainName", "data-sets.s3.us-east-1.amazonaws.com".to_owned()),
        ("!Ref Rule", "bus|r".to_owned()),
        ("!GetAtt Rule.Arn", arn("events", "rule/bus/r".to_owned())),
        ("!GetAtt Bus.Arn", arn("lambda", "function:fn".to_owned())),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

fn value(expression: &str) -> String {
    let loaded = loaded(&TEMPLATE.replace("{ Value: VALUE }", &format!("\n    Value:\n      {expression}")));
    loaded.application.outputs[0].value.clone()
}

#[test]
fn inline_code_knows_its_first_line() {
    let application = loaded(TEMPLATE).application;
    let resolver = &application.apis[0].resolvers[0];
    let template::Handler::Code(Source { path, first_line, text, .. }) = &resolver.handler else { panic!("code") };
    let line = TEMPLATE.lines().nth(*first_line as usize - 1).expect("within the template");
    assert_eq!(line.trim(), text.lines().next().expect("a line"));
    assert_eq!(path, Path::new("t/template.yaml"));
}

#[test]
fn a_short_template_cannot_fill_the_memory() {
    // Each name is twice the one before: without a bound the last has 2^60 characters.
    let mut text =
        String::from("Resources:\n  A0:\n    Type: AWS::StepFunctions::Activity\n    Properties: { Name: x }\n");
    for index in 1..60 {
        let before = index - 1;
        text.push_str(&format!(
            "  A{index}:\n    Type: AWS::StepFunctions::Activity\n    Properties: {{ Name: !Sub \"${{A{before}.Name}}${{A{before}.Name}}\" }}\n"
        ));
    }
    let options = Options {
        region: "us-east-1".to_owned(),
        account: "123456789012".to_owned(),
        stack_name: "app".to_owned(),
        parameters: Default::default(),
    };
    let values = Derived { region: options.region.clone(), stack_name: options.stack_name.clone() };
    let error = load(Path::new("t/template.yaml"), &options, &values, &Text(text)).expect_err("refused");
    assert!(error.to_string().contains("produce more than 16 MB"), "{error}");
}

//! Who may read which field: every field of a schema asked for by every identity, as one readable table
//! (`tests/authorization.txt`). `UPDATE_GOLDEN=1` writes the table anew.
//!
//! Not covered here: group claims in other claim names, and `deniedFields` as ARNs (`auth` has those).

use std::{fmt::Write, fs, path::Path};

use appsync::{ApiConfig, Body, Request};
use auth::{AuthMode, Policy};
use aws_protocol::Directory;
use serde_json::{Map, Value, json};

use crate::harness;

const SCHEMA: &str = r#"
type Query {
  plain: Thing
  key: Thing @aws_api_key
  iam: Thing @aws_iam
  oidc: Thing @aws_oidc
  lambda: Thing @aws_lambda
  pool: Thing @aws_cognito_user_pools
  admins: Thing @aws_cognito_user_pools(cognito_groups: ["admins"])
  keyAndAdmins: Thing @aws_api_key @aws_cognito_user_pools(cognito_groups: ["admins", "staff"])
  legacy: Thing @aws_auth(cognito_groups: ["admins"])
}
type Thing @aws_api_key @aws_iam @aws_cognito_user_pools @aws_oidc @aws_lambda {
  open: String
  iamOnly: String @aws_iam
}
"#;

/// Everybody may come to the types; what they have is guarded by the type, by the field, or by the default mode.
const TYPES: &str = r#"
type Query { any: Any @aws_api_key @aws_iam @aws_oidc @aws_lambda @aws_cognito_user_pools }
type Any @aws_api_key @aws_iam @aws_oidc @aws_lambda @aws_cognito_user_pools { plain: Plain keyed: Keyed pooled: Pooled }
type Plain { open: String iam: String @aws_iam }
type Keyed @aws_api_key @aws_oidc { open: String iam: String @aws_iam both: String @aws_api_key @aws_iam }
type Pooled @aws_cognito_user_pools(cognito_groups: ["admins"]) {
  open: String
  all: String @aws_cognito_user_pools
  staff: String @aws_cognito_user_pools(cognito_groups: ["staff"])
}
"#;

const TYPE_FIELDS: [&str; 8] =
    ["plain.open", "plain.iam", "keyed.open", "keyed.iam", "keyed.both", "pooled.open", "pooled.all", "pooled.staff"];

const FIELDS: [&str; 9] = ["plain", "key", "iam", "oidc", "lambda", "pool", "admins", "keyAndAdmins", "legacy"];

const IDENTITIES: [&str; 10] = [
    "api-key",
    "iam",
    "iam:Query.plain",
    "oidc",
    "lambda",
    "lambda:Query.lambda",
    "lambda:Plain.open",
    "pool",
    "pool:staff",
    "pool:admins",
];

const EVERY_MODE: [AuthMode; 5] = [
    AuthMode::ApiKey,
    AuthMode::AwsIam,
    AuthMode::OpenidConnect,
    AuthMode::AmazonCognitoUserPools,
    AuthMode::AwsLambda,
];

#[tokio::test]
async fn table() {
    let mut table = String::new();
    for (title, default_mode, alone, deny) in [
        ("API_KEY by default, every mode allowed", AuthMode::ApiKey, false, false),
        ("AWS_IAM by default, every mode allowed", AuthMode::AwsIam, false, false),
        ("OPENID_CONNECT by default, every mode allowed", AuthMode::OpenidConnect, false, false),
        ("AWS_LAMBDA by default, every mode allowed", AuthMode::AwsLambda, false, false),
        ("AMAZON_COGNITO_USER_POOLS by default, every mode allowed", AuthMode::AmazonCognitoUserPools, false, false),
        (
            "AMAZON_COGNITO_USER_POOLS by default, default action DENY, every mode allowed",
            AuthMode::AmazonCognitoUserPools,
            false,
            true,
        ),
        ("AMAZON_COGNITO_USER_POOLS alone", AuthMode::AmazonCognitoUserPools, true, false),
        ("AMAZON_COGNITO_USER_POOLS alone, default action DENY", AuthMode::AmazonCognitoUserPools, true, true),
    ] {
        let with_modes = |schema: &str| {
            let mut config = harness::config(schema);
            config.default_mode = default_mode;
            config.deny_by_default = deny;
            if !alone {
                config.additional_modes = EVERY_MODE.into_iter().filter(|mode| *mode != default_mode).collect();
            }
            config
        };
        let queries = FIELDS.map(|field| (field, format!("{{ {field} {{ open }} }}")));
        add(&mut table, title, with_modes(SCHEMA), &queries).await;
        let mut nested = with_modes(TYPES);
        nested.resolvers.push(harness::constant("Query.any", "{ plain: {}, keyed: {}, pooled: {} }"));
        let queries = TYPE_FIELDS.map(|path| {
            let (ty, field) = path.split_once('.').expect("type.field");
            (path, format!("{{ any {{ {ty} {{ {field} }} }} }}"))
        });
        add(&mut table, &format!("{title}: types"), nested, &queries).await;
    }
    golden("authorization.txt", &table);
}

/// What policies of IAM callers say about top-level fields. Further down only directives count.
#[tokio::test]
async fn policies() {
    let schema = "type Query { a: Thing b: Thing } type Mutation { a: Thing } type Thing { t: String }";
    let mut config = harness::config(schema);
    config.default_mode = AuthMode::AwsIam;
    let api = harness::api(config, harness::deps(Directory::default()));
    let arn = "arn:aws:appsync:us-east-1:000000000000:apis/abcdefghijklmnopqrstuvwxyz";
    let allow = |resource: String| json!({ "Effect": "Allow", "Action": "appsync:GraphQL", "Resource": resource });
    let deny = |resource: String| json!({ "Effect": "Deny", "Action": "appsync:*", "Resource": resource });
    let rows = [
        ("nothing", vec![]),
        ("apis/ID/*", vec![allow(format!("{arn}/*"))]),
        ("apis/ID", vec![allow(arn.to_owned())]),
        ("apis/OTHER/*", vec![allow("arn:aws:appsync:us-east-1:000000000000:apis/other/*".to_owned())]),
        ("types/Query/*", vec![allow(format!("{arn}/types/Query/*"))]),
        ("types/Query/fields/a", vec![allow(format!("{arn}/types/Query/fields/a"))]),
        ("types/Mutation/fields/*", vec![allow(format!("{arn}/types/Mutation/fields/*"))]),
        ("types/Thing/fields/t", vec![allow(format!("{arn}/types/Thing/fields/t"))]),
        ("all but Query.b", vec![allow("*".to_owned()), deny(format!("{arn}/types/Query/fields/b"))]),
        ("all but Thing.t", vec![allow("*".to_owned()), deny(format!("{arn}/types/Thing/fields/t"))]),
        ("another action", vec![json!({ "Effect": "Allow", "Action": "appsync:GetGraphqlApi", "Resource": "*" })]),
        (
            "a condition",
            vec![
                json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "Bool": { "x": "true" } } }),
            ],
        ),
    ];
    let queries =
        [("a", "{ a { t } }"), ("b", "{ b { t } }"), ("a b", "{ a { t } b { t } }"), ("m", "mutation { a { t } }")];
    let mut table = format!("{:26}", "");
    queries.iter().for_each(|(name, _)| write!(table, "{name:6}").unwrap());
    table = format!("{}\n", table.trim_end());
    for (name, statements) in rows {
        let mut policy = Policy::default();
        policy.add(&json!({ "Statement": statements })).unwrap();
        write!(table, "{name:26}").unwrap();
        for (_, query) in queries {
            let mut request = request(query, "iam");
            request.identity = harness::iam_with(policy.clone());
            let response = api.execute(&request).await;
            let body: Value = serde_json::from_slice(&response.body).unwrap();
            let denied = body["errors"][0]["message"] == "Permission denied";
            assert_eq!(response.status, if denied { 401 } else { 200 });
            write!(table, "{:6}", if denied { "401" } else { "yes" }).unwrap();
        }
        table = format!("{}\n", table.trim_end());
    }
    golden("policies.txt", &table);
}

fn golden(name: &str, table: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, table).unwrap();
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    assert!(table == golden, "{name} has changed:\n{table}");
}

async fn add(table: &mut String, title: &str, config: ApiConfig, queries: &[(&str, String)]) {
    let api = harness::api(config, harness::deps(Directory::default()));
    let mut head = format!("{:22}", "");
    queries.iter().for_each(|(name, _)| write!(head, "{name:14}").unwrap());
    writeln!(table, "{title}\n{}", head.trim_end()).unwrap();
    for name in IDENTITIES {
        let mut row = format!("  {name:20}");
        for (column, query) in queries {
            let response = api.execute(&request(query, name)).await;
            let body: Value = serde_json::from_slice(&response.body).unwrap();
            write!(row, "{:14}", verdict(column, &body)).unwrap();
        }
        writeln!(table, "{}", row.trim_end()).unwrap();
    }
    table.push('\n');
}

/// `column` is a field of `Query`, or `property.field` below `Query.any`.
fn verdict(column: &str, body: &Value) -> String {
    let error = &body["errors"][0];
    let (parent, field) = match column.split_once('.') {
        Some((property, field)) => (property[..1].to_uppercase() + &property[1..], field),
        None => ("Query".to_owned(), column),
    };
    match error["errorType"].as_str() {
        None => "yes".to_owned(),
        Some("UnauthorizedException") => "401".to_owned(),
        Some("Unauthorized") => {
            assert_eq!(error["message"], format!("Not Authorized to access {field} on type {parent}"));
            "no".to_owned()
        }
        Some(other) => other.to_owned(),
    }
}

#[tokio::test]
async fn nested_types_are_guarded_too_and_siblings_still_resolve() {
    let schema = r#"
        type Query { order: Order @aws_api_key @aws_iam }
        type Order { id: ID @aws_api_key total: Float @aws_iam owner: String }"#;
    let mut config = harness::config(schema);
    config.default_mode = AuthMode::AwsIam;
    config.additional_modes = vec![AuthMode::ApiKey];
    config.resolvers.push(harness::constant("Query.order", r#"{ id: '1', total: 5, owner: 'ada' }"#));
    let api = harness::api(config, harness::deps(Directory::default()));
    let response = api
        .execute(&request("{ order { id total owner __typename } __schema { queryType { name } } }", "api-key"))
        .await;
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    let expected = r#"{"order":{"id":"1","total":null,"owner":null,"__typename":"Order"},"__schema":{"queryType":{"name":"Query"}}}"#;
    assert_eq!(body["data"].to_string(), expected);
    let messages: Vec<_> = body["errors"].as_array().unwrap().iter().map(|error| error["message"].clone()).collect();
    assert_eq!(
        messages,
        ["Not Authorized to access total on type Order", "Not Authorized to access owner on type Order"]
    );
}

fn request(query: &str, identity: &str) -> Request {
    Request {
        body: Body { query: query.into(), variables: Map::new(), operation_name: None },
        headers: Vec::new(),
        domain_name: None,
        identity: harness::identity(identity),
    }
}

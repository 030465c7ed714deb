//! Who may read which field: every field of a schema asked for by every identity, as one readable table
//! (`tests/authorization.txt`). `UPDATE_GOLDEN=1` writes the table anew.
//!
//! Not covered here: group claims in other claim names, and `deniedFields` as ARNs of other APIs.

use std::{fmt::Write, fs, path::Path};

use appsync::{ApiConfig, Body, Request};
use auth::AuthMode;
use aws_protocol::Directory;
use serde_json::{Map, Value};

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

const FIELDS: [&str; 9] = ["plain", "key", "iam", "oidc", "lambda", "pool", "admins", "keyAndAdmins", "legacy"];

const IDENTITIES: [&str; 9] =
    ["api-key", "iam", "iam:Query.plain", "oidc", "lambda", "lambda:Query.lambda", "pool", "pool:staff", "pool:admins"];

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
        ("AMAZON_COGNITO_USER_POOLS by default, every mode allowed", AuthMode::AmazonCognitoUserPools, false, false),
        ("AMAZON_COGNITO_USER_POOLS alone", AuthMode::AmazonCognitoUserPools, true, false),
        ("AMAZON_COGNITO_USER_POOLS alone, default action DENY", AuthMode::AmazonCognitoUserPools, true, true),
    ] {
        let mut config = harness::config(SCHEMA);
        config.default_mode = default_mode;
        config.deny_by_default = deny;
        if !alone {
            config.additional_modes = EVERY_MODE.into_iter().filter(|mode| *mode != default_mode).collect();
        }
        add(&mut table, title, config).await;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/authorization.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, &table).unwrap();
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    assert!(table == golden, "the table has changed:\n{table}");
}

async fn add(table: &mut String, title: &str, config: ApiConfig) {
    let api = harness::api(config, harness::deps(Directory::default()));
    write!(table, "{title}\n{:22}", "").unwrap();
    FIELDS.iter().for_each(|field| write!(table, "{field:14}").unwrap());
    table.push('\n');
    for name in IDENTITIES {
        write!(table, "  {name:20}").unwrap();
        for field in FIELDS {
            let request = request(&format!("{{ {field} {{ open }} }}"), name);
            let response = api.execute(&request).await;
            let body: Value = serde_json::from_slice(&response.body).unwrap();
            write!(table, "{:14}", verdict(field, &body)).unwrap();
        }
        *table = format!("{}\n", table.trim_end());
    }
    table.push('\n');
}

fn verdict(field: &str, body: &Value) -> String {
    let error = &body["errors"][0];
    match error["errorType"].as_str() {
        None => "yes".to_owned(),
        Some("UnauthorizedException") => "401".to_owned(),
        Some("Unauthorized") => {
            assert_eq!(error["message"], format!("Not Authorized to access {field} on type Query"));
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

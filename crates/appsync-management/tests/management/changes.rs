//! A change is served, durable and seen, or none of these.
//!
//! Exceptions are those that AppSync's API reference lists for each operation, limits those of "AppSync endpoints and quotas".
//! No text is recorded on AWS [M], nor are these: that a data source in use cannot be deleted, that the case of a domain name
//! says nothing, how many entries a page has whose size nobody names.

use std::sync::Arc;

use serde_json::{Value, json};
use store::{Fault, FaultyStore, MemoryStore};

use super::harness::Harness;

const SDL: &str = "type Query { a: String b: String } type Mutation { c: String }";
const CODE: &str = "export function request() { return {} }\nexport function response() {}";

fn resolver(api_id: &str, field: &str) -> Value {
    json!({ "apiId": api_id, "typeName": "Query", "fieldName": field, "dataSourceName": "none", "code": CODE,
        "runtime": { "name": "APPSYNC_JS", "runtimeVersion": "1.0.0" } })
}

fn served_fields(harness: &Harness, id: &str) -> Vec<String> {
    let served = harness.recorder.served.lock().unwrap();
    served[id].resolvers.iter().map(|resolver| resolver.field_name.clone()).collect()
}

#[tokio::test]
async fn what_was_acknowledged_is_served_after_a_restart() {
    let store = Arc::new(MemoryStore::default());
    let first = Harness::open(store.clone()).await;
    let id = first.api(SDL).await;
    first.ok("CreateResolver", resolver(&id, "a")).await;
    let function = json!({ "apiId": id, "name": "f", "dataSourceName": "none", "requestMappingTemplate": "{}",
        "responseMappingTemplate": "{}" });
    let function = first.ok("CreateFunction", function).await;
    let key = first.ok("CreateApiKey", json!({ "apiId": id })).await;
    first.ok("CreateResolver", resolver(&id, "b")).await;
    first.ok("DeleteResolver", json!({ "apiId": id, "typeName": "Query", "fieldName": "b" })).await;
    let gone = first.api(SDL).await;
    first.ok("DeleteGraphqlApi", json!({ "apiId": gone })).await;

    let second = Harness::open(store).await;
    assert_eq!(served_fields(&second, &id), ["a"]);
    let served = second.recorder.served.lock().unwrap();
    assert_eq!(served.len(), 1, "the deleted API stays deleted");
    assert_eq!(Value::from(&*served[&id].functions[0].id), function["functionConfiguration"]["functionId"]);
    assert_eq!(Value::from(&*served[&id].api_keys[0].key), key["apiKey"]["id"]);
    assert_eq!(&*served[&id].schema.as_ref().expect("a schema").text, SDL);
}

#[tokio::test]
async fn a_change_that_cannot_be_made_durable_leaves_no_trace() {
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::default())));
    let harness = Harness::open(store.clone()).await;
    let id = harness.api(SDL).await;
    harness.ok("CreateResolver", resolver(&id, "a")).await;
    store.fail_at(store.commits() + 1, Fault::Refuse(store::Error::Full("test".to_owned())));
    let error = harness.call("CreateResolver", resolver(&id, "b")).await.expect_err("the disk is full");
    assert_eq!(error.code, "InternalFailureException");
    assert_eq!(served_fields(&harness, &id), ["a"]);
    let input = json!({ "apiId": id, "typeName": "Query", "fieldName": "b" });
    assert_eq!(harness.call("GetResolver", input).await.expect_err("not there").code, "NotFoundException");
}

#[tokio::test]
async fn what_cannot_be_served_is_refused_and_not_kept() {
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    let id = harness.api(SDL).await;
    *harness.recorder.refuse.lock().unwrap() = Some("no".to_owned());
    let error = harness.call("CreateResolver", resolver(&id, "a")).await.expect_err("refused");
    assert_eq!((&*error.code, error.status), ("BadRequestException", 400));
    *harness.recorder.refuse.lock().unwrap() = None;
    let listed = harness.ok("ListResolvers", json!({ "apiId": id, "typeName": "Query" })).await;
    assert_eq!(listed, json!({ "resolvers": [] }));
}

#[tokio::test]
async fn properties_that_cloudformation_refuses_are_refused() {
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    let id = harness.api(SDL).await;
    let cases = [
        ("CreateDataSource", json!({ "name": "t", "type": "AMAZON_DYNAMODB", "dynamodbConfig": { "awsRegion": "r" } })),
        ("CreateDataSource", json!({ "name": "t", "type": "NOTHING" })),
        ("CreateDataSource", json!({ "name": "a-b", "type": "NONE" })),
        ("CreateDataSource", json!({ "type": "NONE" })),
        ("CreateApiCache", json!({ "ttl": 1, "apiCachingBehavior": "SOME", "type": "SMALL" })),
        ("UpdateGraphqlApi", json!({ "name": "x", "authenticationType": "OPENID_CONNECT" })),
        ("UpdateGraphqlApi", json!({ "name": "x", "authenticationType": "API_KEY", "queryDepthLimit": 76 })),
        ("ListDataSources", json!({ "maxResults": 1000 })),
        ("ListDataSources", json!({ "nextToken": "%" })),
    ];
    for (operation, mut input) in cases {
        input["apiId"] = id.clone().into();
        let error = harness.call(operation, input.clone()).await.expect_err(operation);
        assert_eq!(error.code, "BadRequestException", "{operation} {input}: {error}");
    }
    assert_eq!(harness.ok("ListDataSources", json!({ "apiId": id })).await["dataSources"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_api_without_a_schema_is_there_and_gets_it_type_by_type() {
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    let created = harness.ok("CreateGraphqlApi", json!({ "name": "x", "authenticationType": "API_KEY" })).await;
    let id = created["graphqlApi"]["apiId"].as_str().unwrap().to_owned();
    let define = |definition: &str| json!({ "apiId": id, "format": "SDL", "definition": definition });
    harness.ok("CreateType", define("type Order { id: ID }")).await;
    assert!(harness.recorder.served.lock().unwrap()[&id].schema.is_none(), "a type is no schema");
    harness.call("CreateType", define("type Query { order: Missing }")).await.expect_err("no such type");
    harness.ok("CreateType", define("type Query { order: Order }")).await;
    assert!(harness.recorder.served.lock().unwrap()[&id].schema.is_some());
    for definition in ["type A { a: ID } type B { b: ID }", "query { a }", "", "type A {"] {
        let error = harness.call("CreateType", define(definition)).await.expect_err(definition);
        assert_eq!(error.code, "BadRequestException", "{definition}: {error}");
    }
}

#[tokio::test]
async fn an_account_has_as_many_apis_and_an_api_as_many_keys_as_aws_lets_it() {
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    let api = json!({ "name": "x", "authenticationType": "API_KEY" });
    let mut id = Value::Null;
    for _ in 0..50 {
        id = harness.ok("CreateGraphqlApi", api.clone()).await["graphqlApi"]["apiId"].take();
    }
    let error = harness.call("CreateGraphqlApi", api).await.expect_err("the 51st");
    assert_eq!(error.code, "ApiLimitExceededException");
    for _ in 0..50 {
        harness.ok("CreateApiKey", json!({ "apiId": id })).await;
    }
    let error = harness.call("CreateApiKey", json!({ "apiId": id })).await.expect_err("the 51st");
    assert_eq!(error.code, "ApiKeyLimitExceededException");
    let mut pages = Vec::new();
    let mut input = json!({ "apiId": id });
    loop {
        let page = harness.ok("ListApiKeys", input.clone()).await;
        pages.push(page["apiKeys"].as_array().expect("keys").len());
        match page.get("nextToken") {
            Some(token) => input["nextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(pages, [25, 25]);
}

#[tokio::test]
async fn a_schema_that_is_not_whole_is_bounded_too() {
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    let created = harness.ok("CreateGraphqlApi", json!({ "name": "x", "authenticationType": "API_KEY" })).await;
    let id = created["graphqlApi"]["apiId"].as_str().unwrap().to_owned();
    let define = |name: &str, bytes: usize| {
        let definition = format!("\"{}\" type {name} {{ id: ID }}", "x".repeat(bytes));
        json!({ "apiId": id, "format": "SDL", "definition": definition })
    };
    for (name, bytes) in [("First", 600_000), ("Second", 300_000)] {
        harness.ok("CreateType", define(name, bytes)).await;
    }
    for (name, bytes) in [("Third", 200_000), ("Alone", 1_000_000)] {
        let error = harness.call("CreateType", define(name, bytes)).await.expect_err(name);
        assert_eq!((&*error.code, &*error.message), ("BadRequestException", "Schema size exceeds the limit of 1 MB."));
    }
    harness.ok("CreateType", define("Third", 50_000)).await;
    let types = harness.ok("ListTypes", json!({ "apiId": id, "format": "SDL" })).await;
    assert_eq!(types["types"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_domain_name_is_one_in_whatever_case() {
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    let id = harness.api(SDL).await;
    let certificate = "arn:aws:acm:us-east-1:123456789012:certificate/a";
    let domain = |name: &str| json!({ "domainName": name, "certificateArn": certificate, "apiId": id });
    let created = harness.ok("CreateDomainName", domain("Api.Example.com")).await;
    assert_eq!(created["domainNameConfig"]["domainName"], "api.example.com");
    let error = harness.call("CreateDomainName", domain("api.EXAMPLE.com")).await.expect_err("it exists");
    assert_eq!(error.code, "BadRequestException");
    harness.ok("AssociateApi", domain("API.example.com")).await;
    let found = harness.ok("GetApiAssociation", domain("api.example.COM")).await;
    assert_eq!(found["apiAssociation"]["domainName"], "api.example.com");
    harness.ok("UpdateDomainName", domain("API.EXAMPLE.COM")).await;
    harness.ok("DisassociateApi", domain("aPi.example.com")).await;
    harness.ok("DeleteDomainName", domain("Api.example.com")).await;
    assert_eq!(harness.ok("ListDomainNames", json!({})).await["domainNameConfigs"], json!([]));
}

//! Event APIs: what they are served with, what is answered about them, and what is refused. Shapes and codes of errors are
//! those of AppSync's API reference; their texts, the numbers of the quotas and what of an update stays as it was are not
//! recorded on AWS [M].

use std::sync::Arc;

use management::Description;
use serde_json::{Value, json};
use store::{Fault, FaultyStore, MemoryStore};

use super::harness::Harness;

const CODE: &str = "export function onPublish(ctx) { return ctx.events }";

fn event_config(mode: &str) -> Value {
    let modes = json!([{ "authType": mode }]);
    json!({ "authProviders": modes, "connectionAuthModes": modes, "defaultPublishAuthModes": modes,
        "defaultSubscribeAuthModes": modes })
}

async fn event_api(harness: &Harness) -> String {
    let created = harness.ok("CreateApi", json!({ "name": "chat", "eventConfig": event_config("API_KEY") })).await;
    created["api"]["apiId"].as_str().expect("an id").to_owned()
}

fn arn(rest: &str) -> String {
    format!("arn:aws:appsync:us-east-1:000000000000:apis/{rest}")
}

/// The names of the namespaces that are served, with their code.
fn served(harness: &Harness, id: &str) -> Vec<(String, Option<String>)> {
    let served = harness.recorder.event_apis.lock().unwrap();
    let code = |namespace: &template::ChannelNamespace| namespace.code.as_ref().map(|code| code.text.to_string());
    served[id].namespaces.iter().map(|namespace| (namespace.name.clone(), code(namespace))).collect()
}

#[tokio::test]
async fn an_api_is_made_described_changed_and_deleted() {
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    let input =
        json!({ "name": "chat", "ownerContact": "me", "tags": { "a": "b" }, "eventConfig": event_config("API_KEY") });
    let created = harness.ok("CreateApi", input).await["api"].take();
    let id = created["apiId"].as_str().expect("an id").to_owned();
    let host = format!("localhost/apis/{id}");
    let expected = json!({ "apiId": id, "apiArn": arn(&id), "name": "chat", "ownerContact": "me", "tags": { "a": "b" },
        "dns": { "HTTP": host, "REALTIME": host }, "created": created["created"], "xrayEnabled": false,
        "eventConfig": event_config("API_KEY") });
    assert_eq!(created, expected);
    assert!(created["created"].is_i64());
    assert_eq!(harness.ok("GetApi", json!({ "apiId": id })).await["api"], expected);
    assert_eq!(harness.ok("ListApis", json!({})).await, json!({ "apis": [expected] }));
    assert_eq!(harness.ok("ListGraphqlApis", json!({})).await, json!({ "graphqlApis": [] }));

    let input = json!({ "apiId": id, "name": "talk", "eventConfig": event_config("AWS_IAM") });
    let updated = harness.ok("UpdateApi", input).await["api"].take();
    assert_eq!((&updated["name"], &updated["eventConfig"]), (&json!("talk"), &event_config("AWS_IAM")));
    assert_eq!((&updated["tags"], &updated["created"]), (&json!({ "a": "b" }), &created["created"]));
    assert!(updated.get("ownerContact").is_none(), "an update says everything that it can say");
    assert_eq!(harness.recorder.event_apis.lock().unwrap()[&id].name, "talk");
    harness.ok("DeleteApi", json!({ "apiId": id })).await;
    assert!(harness.recorder.event_apis.lock().unwrap().is_empty());
    assert_eq!(harness.call("GetApi", json!({ "apiId": id })).await.expect_err("gone").code, "NotFoundException");
}

#[tokio::test]
async fn keys_data_sources_and_tags_are_shared_with_graphql_apis() {
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    let id = event_api(&harness).await;
    let key = harness.ok("CreateApiKey", json!({ "apiId": id })).await["apiKey"]["id"].take();
    harness.ok("CreateDataSource", json!({ "apiId": id, "name": "none", "type": "NONE" })).await;
    let lambda = json!({ "lambdaFunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f" });
    let role = "arn:aws:iam::000000000000:role/r";
    let source =
        json!({ "apiId": id, "name": "direct", "type": "AWS_LAMBDA", "lambdaConfig": lambda, "serviceRoleArn": role });
    harness.ok("CreateDataSource", source).await;
    let handler = json!({ "behavior": "DIRECT", "integration": {
        "dataSourceName": "direct", "lambdaConfig": { "invokeType": "REQUEST_RESPONSE" } } });
    let namespace =
        json!({ "apiId": id, "name": "ns", "handlerConfigs": { "onPublish": handler }, "tags": { "x": "y" } });
    let created = harness.ok("CreateChannelNamespace", namespace).await["channelNamespace"].take();
    assert_eq!(created["handlerConfigs"], json!({ "onPublish": handler }));
    {
        let served = harness.recorder.event_apis.lock().unwrap();
        assert_eq!(served[&id].api_keys[0].key, key);
        let names: Vec<&str> = served[&id].data_sources.iter().map(|source| &*source.name).collect();
        assert_eq!(names, ["direct", "none"]);
        assert_eq!(served[&id].namespaces[0].on_publish.as_ref().expect("a handler").data_source_name, "direct");
    }
    let refused = harness.call("DeleteDataSource", json!({ "apiId": id, "name": "direct" })).await;
    assert_eq!(refused.expect_err("it is used").code, "BadRequestException");
    harness.ok("DeleteDataSource", json!({ "apiId": id, "name": "none" })).await;

    let resource = created["channelNamespaceArn"].clone();
    assert_eq!(resource, arn(&format!("{id}/channelNamespace/ns")));
    harness.ok("TagResource", json!({ "resourceArn": resource, "tags": { "z": "1" } })).await;
    harness.ok("UntagResource", json!({ "resourceArn": resource, "tagKeys": ["x"] })).await;
    let listed = harness.ok("ListTagsForResource", json!({ "resourceArn": resource })).await;
    assert_eq!(listed, json!({ "tags": { "z": "1" } }));
    harness.ok("TagResource", json!({ "resourceArn": arn(&id), "tags": { "api": "1" } })).await;
    assert_eq!(harness.ok("GetApi", json!({ "apiId": id })).await["api"]["tags"], json!({ "api": "1" }));
}

#[tokio::test]
async fn namespaces_are_served_durable_and_seen_or_none_of_these() {
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::default())));
    let harness = Harness::open(store.clone()).await;
    let id = event_api(&harness).await;
    let named = |name: &str| json!({ "apiId": id, "name": name });
    let with_code = json!({ "apiId": id, "name": "coded", "codeHandlers": CODE });
    let created = harness.ok("CreateChannelNamespace", with_code).await;
    harness.ok("CreateChannelNamespace", named("plain")).await;
    harness.ok("CreateChannelNamespace", named("gone")).await;
    harness.ok("DeleteChannelNamespace", named("gone")).await;
    let expected = [("coded".to_owned(), Some(CODE.to_owned())), ("plain".to_owned(), None)];
    assert_eq!(served(&harness, &id), expected);

    store.fail_at(store.commits() + 1, Fault::Refuse(store::Error::Full("test".to_owned())));
    let error = harness.call("UpdateChannelNamespace", named("coded")).await.expect_err("the disk is full");
    assert_eq!(error.code, "InternalFailureException");
    assert_eq!(served(&harness, &id), expected);

    let second = Harness::open(store).await;
    assert_eq!(served(&second, &id), expected, "after a restart");
    assert_eq!(second.ok("GetChannelNamespace", named("coded")).await, created);
    let updated = second.ok("UpdateChannelNamespace", named("coded")).await["channelNamespace"].take();
    assert!(updated.get("codeHandlers").is_none(), "an update says everything that it can say");
    assert_eq!(updated["created"], created["channelNamespace"]["created"]);
    let listed = second.ok("ListChannelNamespaces", json!({ "apiId": id })).await["channelNamespaces"].take();
    let names: Vec<&Value> = listed.as_array().expect("namespaces").iter().map(|space| &space["name"]).collect();
    assert_eq!(names, ["coded", "plain"]);
}

#[tokio::test]
async fn an_api_of_the_template_is_described_and_not_changed() {
    let made = Harness::open(Arc::new(MemoryStore::default())).await;
    let pool = json!({ "userPoolId": "us-east-1_abc", "awsRegion": "us-east-1" });
    let mut config = event_config("API_KEY");
    config["authProviders"] =
        json!([{ "authType": "API_KEY" }, { "authType": "AMAZON_COGNITO_USER_POOLS", "cognitoConfig": pool }]);
    let created = made.ok("CreateApi", json!({ "name": "chat", "eventConfig": config })).await["api"].take();
    let id = created["apiId"].as_str().expect("an id").to_owned();
    made.ok("CreateDataSource", json!({ "apiId": id, "name": "none", "type": "NONE" })).await;
    let code = "export const onPublish = { request(ctx) { return {} }, response(ctx) { return ctx.events } }";
    let handler = json!({ "behavior": "CODE", "integration": { "dataSourceName": "none" } });
    let namespace = json!({ "apiId": id, "name": "ns", "codeHandlers": code, "handlerConfigs": { "onPublish": handler },
        "publishAuthModes": [{ "authType": "AMAZON_COGNITO_USER_POOLS" }] });
    let namespace = made.ok("CreateChannelNamespace", namespace).await["channelNamespace"].take();

    let other = Harness::open(Arc::new(MemoryStore::default())).await;
    let api = made.recorder.event_apis.lock().unwrap()[&id].clone();
    other.recorder.template.lock().unwrap().push(Description::Events(Box::new(api)));
    let untimed = |mut record: Value| {
        record.as_object_mut().expect("a record").retain(|name, _| name != "created" && name != "lastModified");
        record
    };
    assert_eq!(other.ok("GetApi", json!({ "apiId": id })).await["api"], untimed(created));
    let named = json!({ "apiId": id, "name": "ns" });
    assert_eq!(other.ok("GetChannelNamespace", named.clone()).await["channelNamespace"], untimed(namespace));
    assert_eq!(other.ok("ListApis", json!({})).await["apis"][0]["apiId"], id);
    assert_eq!(other.ok("ListDataSources", json!({ "apiId": id })).await["dataSources"][0]["name"], "none");
    for (operation, input) in [("DeleteChannelNamespace", &named), ("DeleteApi", &json!({ "apiId": id }))] {
        assert_eq!(other.call(operation, input.clone()).await.expect_err(operation).code, "ConflictException");
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_not_kept() {
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    let (id, graphql) = (event_api(&harness).await, harness.api("type Query { a: String }").await);
    harness.ok("CreateChannelNamespace", json!({ "apiId": id, "name": "ns" })).await;
    let config = event_config("API_KEY");
    let mut no_provider = config.clone();
    no_provider["connectionAuthModes"] = json!([{ "authType": "AWS_IAM" }]);
    let absent = json!({ "behavior": "CODE", "integration": { "dataSourceName": "absent" } });
    let cases = [
        ("CreateApi", json!({ "name": "a" }), "BadRequestException"),
        ("CreateApi", json!({ "name": "", "eventConfig": config }), "BadRequestException"),
        ("CreateApi", json!({ "name": "a/b", "eventConfig": config }), "BadRequestException"),
        ("CreateApi", json!({ "name": "a".repeat(51), "eventConfig": config }), "BadRequestException"),
        ("CreateApi", json!({ "name": "a", "eventConfig": "x" }), "BadRequestException"),
        ("CreateApi", json!({ "name": "a", "eventConfig": no_provider }), "BadRequestException"),
        ("UpdateApi", json!({ "apiId": "none", "name": "a", "eventConfig": config }), "NotFoundException"),
        ("UpdateApi", json!({ "apiId": graphql, "name": "a", "eventConfig": config }), "NotFoundException"),
        ("DeleteApi", json!({ "apiId": graphql }), "NotFoundException"),
        ("DeleteGraphqlApi", json!({ "apiId": id }), "NotFoundException"),
        ("ListResolvers", json!({ "apiId": id, "typeName": "Query" }), "NotFoundException"),
        ("CreateChannelNamespace", json!({ "apiId": graphql, "name": "a" }), "NotFoundException"),
        ("CreateChannelNamespace", json!({ "apiId": id, "name": "ns" }), "ConflictException"),
        ("CreateChannelNamespace", json!({ "apiId": id, "name": "a_b" }), "BadRequestException"),
        (
            "CreateChannelNamespace",
            json!({ "apiId": id, "name": "a", "codeHandlers": "throw 1" }),
            "BadRequestException",
        ),
        (
            "CreateChannelNamespace",
            json!({ "apiId": id, "name": "a", "codeHandlers": CODE, "handlerConfigs": { "onPublish": absent } }),
            "BadRequestException",
        ),
        ("UpdateChannelNamespace", json!({ "apiId": id, "name": "none" }), "NotFoundException"),
        ("DeleteChannelNamespace", json!({ "apiId": id, "name": "none" }), "NotFoundException"),
        (
            "ListTagsForResource",
            json!({ "resourceArn": arn(&format!("{id}/channelNamespace/x")) }),
            "NotFoundException",
        ),
        ("ListTagsForResource", json!({ "resourceArn": arn(&format!("{id}/other/ns")) }), "BadRequestException"),
    ];
    for (operation, input, code) in cases {
        let error = harness.call(operation, input.clone()).await.expect_err(operation);
        assert_eq!(error.code, code, "{operation} {input}: {error}");
    }
    assert_eq!(served(&harness, &id), [("ns".to_owned(), None)]);
    for number in 1..50 {
        harness.ok("CreateChannelNamespace", json!({ "apiId": id, "name": format!("ns{number}") })).await;
    }
    let error = harness.call("CreateChannelNamespace", json!({ "apiId": id, "name": "more" })).await;
    assert_eq!(error.expect_err("the 51st").code, "ServiceQuotaExceededException");
}

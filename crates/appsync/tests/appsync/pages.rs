//! Page tokens from one request to the next: opaque, and of no use with another field.

use appsync::{Api, Body, DataSourceConfig, DataSourceKind, Request, ResolverKind};
use aws_protocol::Directory;
use resolver::Source;
use serde_json::{Map, Value, json};

use crate::harness::{self, Call, Scripted};

const SCAN: &str = "export function request(ctx) { return { operation: 'Scan', nextToken: ctx.args.nextToken } }
export function response(ctx) { return ctx.result }";

const SCHEMA: &str = "
    type Query { orders(nextToken: String): Page users(nextToken: String): Page }
    type Page { items: [Order] nextToken: String }
    type Order { id: ID }";

async fn page(api: &Api, field: &str, token: &Value) -> Value {
    let query =
        format!("query Q($token: String) {{ page: {field}(nextToken: $token) {{ items {{ id }} nextToken }} }}");
    let variables = Map::from_iter([("token".to_owned(), token.clone())]);
    let request = Request {
        body: Body { query: query.into(), variables, operation_name: None },
        headers: Vec::new(),
        domain_name: None,
        identity: harness::identity("api-key"),
    };
    serde_json::from_slice(&api.execute(&request).await.body).unwrap()
}

#[tokio::test]
async fn a_token_continues_its_own_query_only() {
    let table = Scripted::new("dynamodb");
    let directory = Directory::default();
    directory.register(table.clone());
    let mut config = harness::config(SCHEMA);
    let kind = DataSourceKind::DynamoDb { table: "T".into() };
    config.data_sources.push(DataSourceConfig { name: "table".into(), role_arn: None, kind });
    for field in ["Query.orders", "Query.users"] {
        let mut resolver = harness::constant(field, "1");
        let code = Some(Source { name: field.into(), code: SCAN.into() }.into());
        resolver.kind = ResolverKind::Unit { data_source: "table".into(), code };
        config.resolvers.push(resolver);
    }
    let api = harness::api(config, harness::deps(directory));
    let expect = |input: Value, output: Value| {
        table.expect(Call { operation: "Scan".into(), input: Some(input), answer: Ok(output) });
    };
    let key = json!({ "id": { "S": "order-1" } });
    expect(json!({ "TableName": "T" }), json!({ "Items": [key], "LastEvaluatedKey": key }));
    let first = page(&api, "orders", &Value::Null).await;
    let token = first["data"]["page"]["nextToken"].clone();
    assert!(token.is_string() && !token.to_string().contains("order-1"), "{first}");

    expect(json!({ "TableName": "T", "ExclusiveStartKey": key }), json!({ "Items": [] }));
    let second = page(&api, "orders", &token).await;
    assert_eq!(second["data"]["page"], json!({ "items": [], "nextToken": null }));

    let refused = page(&api, "users", &token).await;
    assert_eq!(refused["errors"][0]["errorType"], "MappingTemplate", "{refused}");
    assert!(table.outstanding().is_empty());
}

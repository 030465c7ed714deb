//! `coalesce_get_items`: fewer calls of DynamoDB, the same answers.

use std::{collections::BTreeMap, sync::Arc};

use appsync::{Body, DataSourceConfig, DataSourceKind, Request, ResolverKind};
use aws_protocol::{BoxFuture, Caller, Directory, Service, ServiceError};
use parking_lot::Mutex;
use resolver::Source;
use serde_json::{Map, Value, json};

use crate::harness;

const SCHEMA: &str = "
    type Query { orders: [Order] one: Person }
    type Order { id: Int customer: Person seller: Person name: Person fresh: Person wrong: Person }
    type Person { id: ID name: String age: Int friend: Person }";

const RESPONSE: &str = "\nexport function response(ctx) { return ctx.error ? { name: ctx.error.type } : ctx.result }";

/// A table of people, and a record of how it was asked.
#[derive(Default)]
struct Table {
    calls: Mutex<BTreeMap<String, usize>>,
    /// How many keys of a batch it gets to; all of them where 0.
    at_once: usize,
    refuses: Option<&'static str>,
}

impl Table {
    fn person(key: &Value, input: &Value) -> Result<Option<Value>, ServiceError> {
        let id = key["id"]["S"].as_str().ok_or_else(|| {
            ServiceError::new("ValidationException", "The provided key element does not match the schema")
        })?;
        let number: u32 = id.parse().unwrap_or(0);
        let whole = json!({ "id": { "S": id }, "name": { "S": format!("n{id}") }, "age": { "N": number.to_string() },
            "friendId": { "S": ((number + 1) % 10).to_string() } });
        let item = match input["ProjectionExpression"].as_str() {
            None => whole,
            Some(projection) => {
                let names = projection.split(',').map(|part| {
                    let part = part.trim();
                    input["ExpressionAttributeNames"][part].as_str().unwrap_or(part)
                });
                Value::Object(names.map(|name| (name.to_owned(), whole[name].clone())).collect())
            }
        };
        Ok((number < 90).then_some(item))
    }

    fn batch(&self, input: &Value) -> Result<Value, ServiceError> {
        let (mut found, mut left) = (Vec::new(), Vec::new());
        let part = &input["RequestItems"]["People"];
        let keys = part["Keys"].as_array().expect("keys");
        assert!((2..=100).contains(&keys.len()));
        for (position, key) in keys.iter().enumerate() {
            if self.at_once > 0 && position >= self.at_once {
                left.push(key.clone());
            } else {
                found.extend(Self::person(key, part)?);
            }
        }
        found.reverse();
        let unprocessed = if left.is_empty() { json!({}) } else { json!({ "People": { "Keys": left } }) };
        Ok(json!({ "Responses": { "People": found }, "UnprocessedKeys": unprocessed }))
    }
}

impl Service for Table {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        *self.calls.lock().entry(operation.to_owned()).or_default() += 1;
        Box::pin(async move {
            if let Some(code) = self.refuses {
                return Err(ServiceError::new(code, "no"));
            }
            match operation {
                "GetItem" => {
                    let item = Self::person(&input["Key"], &input)?;
                    Ok(item.map_or_else(|| json!({}), |item| json!({ "Item": item })))
                }
                "BatchGetItem" => self.batch(&input),
                other => panic!("unexpected {other}"),
            }
        })
    }
}

/// A GetItem whose key is this expression of JavaScript, with further members.
fn get(key: &str, more: &str) -> String {
    format!(
        "export function request(ctx) {{ return {{ operation: 'GetItem', key: {{ id: {key} }}{more} }} }}{RESPONSE}"
    )
}

/// The calls that a query made and its answer.
async fn run(table: Table, orders: usize, query: &str, coalesce: bool) -> (BTreeMap<String, usize>, Value) {
    let table = Arc::new(table);
    let directory = Directory::default();
    directory.register(table.clone());
    let mut config = harness::config(SCHEMA);
    config.coalesce_get_items = coalesce;
    let kind = DataSourceKind::DynamoDb { table: "People".into() };
    config.data_sources.push(DataSourceConfig { name: "people".into(), role_arn: None, kind });
    let projection = ", projection: { expression: '#n, age', expressionNames: { '#n': 'name' } }";
    for (field, code) in [
        ("Query.one", get("{ S: '1' }", "")),
        ("Order.customer", get("{ S: `${ctx.source.id}` }", "")),
        ("Order.seller", get("{ S: `${ctx.source.id % 7}` }", "")),
        ("Order.name", get("{ S: `${ctx.source.id}` }", projection)),
        ("Order.fresh", get("{ S: `${ctx.source.id}` }", ", consistentRead: true")),
        ("Order.wrong", get("ctx.source.id % 2 ? { BOOL: true } : { S: '4' }", "")),
        ("Person.friend", get("{ S: ctx.source.friendId }", "")),
    ] {
        let mut resolver = harness::constant(field, "1");
        let code = Some(Source { name: format!("{field}.js"), code }.into());
        resolver.kind = ResolverKind::Unit { data_source: "people".into(), code };
        config.resolvers.push(resolver);
    }
    let items: Vec<_> = (0..orders).map(|id| json!({ "id": id })).collect();
    config.resolvers.push(harness::constant("Query.orders", &Value::from(items).to_string()));
    let api = harness::api(config, harness::deps(directory));
    let request = Request {
        body: Body { query: query.into(), variables: Map::new(), operation_name: None },
        headers: Vec::new(),
        domain_name: None,
        identity: harness::identity("api-key"),
    };
    let answer = serde_json::from_slice(&api.execute(&request).await.body).unwrap();
    let calls = table.calls.lock().clone();
    (calls, answer)
}

fn calls(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(operation, number)| ((*operation).to_owned(), *number)).collect()
}

#[tokio::test]
async fn a_list_of_a_hundred_needs_one_call_and_has_the_same_answer() {
    let cases = [
        ("{ orders { customer { id name } } }", 100, 100, &[("BatchGetItem", 1)][..]),
        // Fields of one kind go together, and what is below goes when it is known.
        ("{ orders { customer { name } seller { name friend { name } } } }", 50, 150, &[("BatchGetItem", 2)]),
        ("{ orders { customer { name } name { name age } fresh { name } } }", 20, 60, &[("BatchGetItem", 3)]),
        ("{ one { name friend { name } } }", 0, 2, &[("GetItem", 2)]),
        // Two keys of ten orders, of which one is wrong.
        ("{ orders { wrong { name } } }", 10, 10, &[("BatchGetItem", 1), ("GetItem", 2)]),
        // Not more than a hundred at once.
        ("{ orders { customer { name } } }", 250, 250, &[("BatchGetItem", 3)]),
    ];
    for (query, orders, alone, together) in cases {
        let (made, plain) = run(Table::default(), orders, query, false).await;
        assert_eq!(made, calls(&[("GetItem", alone)]), "{query}");
        let (made, coalesced) = run(Table::default(), orders, query, true).await;
        assert_eq!(made, calls(together), "{query}");
        assert_eq!(without_ids(&plain), without_ids(&coalesced), "{query}");
    }
}

/// DynamoDB's request ids differ from call to call.
fn without_ids(answer: &Value) -> String {
    let uuid = regex::Regex::new("[0-9a-f-]{36}").unwrap();
    uuid.replace_all(&answer.to_string(), "<uuid>").into_owned()
}

#[tokio::test]
async fn what_dynamodb_does_not_get_to_is_asked_again() {
    let query = "{ orders { customer { id name } } }";
    let (_, plain) = run(Table::default(), 100, query, false).await;
    let (made, answer) = run(Table { at_once: 30, ..Table::default() }, 100, query, true).await;
    assert_eq!(made, calls(&[("BatchGetItem", 4)]));
    assert_eq!(answer, plain);
}

#[tokio::test]
async fn the_failure_of_a_batch_is_the_failure_of_each() {
    let query = "{ orders { customer { name } } }";
    let refusing = || Table { refuses: Some("ThrottlingException"), ..Table::default() };
    let (_, plain) = run(refusing(), 3, query, false).await;
    let (made, answer) = run(refusing(), 3, query, true).await;
    assert_eq!(made, calls(&[("BatchGetItem", 1)]));
    assert_eq!(answer, plain);
    assert_eq!(answer["data"]["orders"][2]["customer"]["name"], "DynamoDB:ThrottlingException");
}

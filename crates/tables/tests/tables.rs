//! The embedded DynamoDB through the `Service` trait: what data sources, Task states and the wire see.

use std::sync::Arc;

use aws_protocol::{Caller, Service, ServiceError};
use clock::{SimulatedClock, Timestamp};
use serde_json::{Value, json};
use tables::{Rehearsal, Tables};

async fn call(tables: &Tables, operation: &str, input: Value) -> Result<Value, ServiceError> {
    tables.call(operation, input, &Caller::anonymous()).await
}

fn orders_table() -> Value {
    json!({
        "TableName": "orders",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

async fn in_memory() -> Tables {
    let tables = Tables::in_memory().expect("tables in memory");
    assert!(tables.put_table(orders_table()).await.expect("the table is valid"));
    tables
}

#[tokio::test]
async fn an_item_comes_back_as_it_was_put() {
    let tables = in_memory().await;
    let item = json!({ "id": { "S": "1" }, "amount": { "N": "12.5" }, "tags": { "L": [{ "BOOL": true }] } });
    call(&tables, "PutItem", json!({ "TableName": "orders", "Item": item })).await.expect("put");
    let got = call(&tables, "GetItem", json!({ "TableName": "orders", "Key": { "id": { "S": "1" } } })).await;
    assert_eq!(got.expect("get")["Item"], item);
}

#[tokio::test]
async fn putting_a_table_twice_keeps_the_first() {
    let tables = in_memory().await;
    assert!(!tables.put_table(orders_table()).await.expect("still valid"));
}

#[tokio::test]
async fn a_failed_condition_is_dynamodbs_exception_with_the_item_on_request() {
    let tables = in_memory().await;
    let put = json!({
        "TableName": "orders",
        "Item": { "id": { "S": "1" } },
        "ConditionExpression": "attribute_not_exists(id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    call(&tables, "PutItem", put.clone()).await.expect("the first put");
    let error = call(&tables, "PutItem", put).await.expect_err("the second put");
    assert_eq!(error.code, "ConditionalCheckFailedException");
    assert_eq!(error.message, "The conditional request failed");
    assert_eq!(error.status, 400);
    assert_eq!(error.members["Item"], json!({ "id": { "S": "1" } }));
}

#[tokio::test]
async fn a_cancelled_transaction_carries_its_reasons() {
    let tables = in_memory().await;
    let check = json!({ "ConditionCheck": {
        "TableName": "orders", "Key": { "id": { "S": "none" } }, "ConditionExpression": "attribute_exists(id)" } });
    let put = json!({ "Put": { "TableName": "orders", "Item": { "id": { "S": "2" } } } });
    let error = call(&tables, "TransactWriteItems", json!({ "TransactItems": [check, put] })).await.expect_err("fails");
    assert_eq!(error.code, "TransactionCanceledException");
    let codes: Vec<_> = error.members["CancellationReasons"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|reason| reason["Code"].as_str().expect("a code"))
        .collect();
    assert_eq!(codes, ["ConditionalCheckFailed", "None"]);
}

#[tokio::test]
async fn unknown_operations_and_misshapen_requests_are_refused_by_name() {
    let tables = in_memory().await;
    let error = call(&tables, "RestoreTableFromBackup", json!({})).await.expect_err("not there");
    assert_eq!(error.code, "UnknownOperationException");
    let error = call(&tables, "PutItem", json!({ "TableName": 5 })).await.expect_err("no such shape");
    assert_eq!(error.status, 400);
    assert!(["SerializationException", "ValidationException"].contains(&error.code.as_ref()), "{error}");
}

#[tokio::test]
async fn the_deepest_expression_dynamodb_allows_does_not_end_the_process() {
    let tables = in_memory().await;
    for condition in ["(".repeat(4096), format!("{}id = :v{}", "(".repeat(2000), ")".repeat(2000)), "NOT ".repeat(1024)]
    {
        let put = json!({
            "TableName": "orders",
            "Item": { "id": { "S": "1" } },
            "ConditionExpression": condition,
            "ExpressionAttributeValues": { ":v": { "S": "1" } },
        });
        let error = call(&tables, "PutItem", put).await.expect_err("no valid expression");
        assert_eq!(error.code, "ValidationException", "{error}");
    }
    let still_there = call(&tables, "DescribeTable", json!({ "TableName": "orders" })).await.expect("describe");
    assert_eq!(still_there["Table"]["TableStatus"], "ACTIVE");
}

#[tokio::test]
async fn what_was_put_survives_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tables.sqlite");
    {
        let tables = Tables::open(&path).expect("a new file");
        tables.put_table(orders_table()).await.expect("the table");
        tables.put_time_to_live("orders", "expires").await.expect("expiry");
        let put = json!({ "TableName": "orders", "Item": { "id": { "S": "kept" } } });
        call(&tables, "PutItem", put).await.expect("put");
    }
    let tables = Tables::open(&path).expect("the same file");
    assert!(!tables.put_table(orders_table()).await.expect("the table is there"));
    tables.put_time_to_live("orders", "expires").await.expect("expiry is there");
    let got = call(&tables, "GetItem", json!({ "TableName": "orders", "Key": { "id": { "S": "kept" } } })).await;
    assert_eq!(got.expect("get")["Item"]["id"]["S"], "kept");
}

async fn call_once(tables: &Tables, token: &str, operation: &str, input: Value) -> Result<Value, ServiceError> {
    tables.call_once(operation, input, &Caller::anonymous(), token).await
}

async fn quantity(tables: &Tables) -> Value {
    let get = json!({ "TableName": "orders", "Key": { "id": { "S": "tea" } } });
    call(tables, "GetItem", get).await.expect("get")["Item"]["quantity"]["N"].clone()
}

fn take(wanted: u32) -> Value {
    json!({
        "TableName": "orders",
        "Key": { "id": { "S": "tea" } },
        "UpdateExpression": "SET quantity = quantity - :wanted",
        "ConditionExpression": "quantity >= :wanted",
        "ExpressionAttributeValues": { ":wanted": { "N": wanted.to_string() } },
        "ReturnValues": "UPDATED_NEW",
    })
}

#[tokio::test]
async fn a_write_with_a_token_takes_effect_once_also_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tables.sqlite");
    let taken = json!({ "Attributes": { "quantity": { "N": "7" } } });
    {
        let tables = Tables::open(&path).expect("a new file");
        tables.put_table(orders_table()).await.expect("the table");
        let put = json!({ "TableName": "orders", "Item": { "id": { "S": "tea" }, "quantity": { "N": "10" } } });
        assert_eq!(call_once(&tables, "deliver", "PutItem", put.clone()).await, Ok(json!({})));
        assert_eq!(call_once(&tables, "take", "UpdateItem", take(3)).await, Ok(taken.clone()));
        assert_eq!(call_once(&tables, "deliver", "PutItem", put).await, Ok(json!({})));
        assert_eq!(quantity(&tables).await, "7", "the delivery was made once");
    }
    let tables = Tables::open(&path).expect("the same file");
    assert_eq!(call_once(&tables, "take", "UpdateItem", take(3)).await, Ok(taken));
    assert_eq!(quantity(&tables).await, "7");
    let old = json!({ "TableName": "orders", "Key": { "id": { "S": "tea" } }, "ReturnValues": "ALL_OLD" });
    let removed = call_once(&tables, "remove", "DeleteItem", old.clone()).await.expect("removed");
    assert_eq!(removed["Attributes"]["quantity"]["N"], "7");
    assert_eq!(call_once(&tables, "remove", "DeleteItem", old).await, Ok(removed));
}

#[tokio::test]
async fn exceptions_of_a_write_with_a_token_are_those_of_its_operation() {
    let tables = in_memory().await;
    let put = json!({ "TableName": "orders", "Item": { "id": { "S": "tea" }, "quantity": { "N": "1" } } });
    call(&tables, "PutItem", put).await.expect("put");
    let wrong_type = json!({ "TableName": "orders", "Item": { "id": { "N": "5" } } });
    let missing = json!({ "TableName": "none", "Item": { "id": { "S": "5" } } });
    let no_key = json!({ "TableName": "orders", "Key": {}, "UpdateExpression": "SET a = b" });
    for (operation, input) in
        [("UpdateItem", take(3)), ("PutItem", wrong_type), ("PutItem", missing), ("UpdateItem", no_key)]
    {
        let plain = call(&tables, operation, input.clone()).await.expect_err("refused");
        let once = call_once(&tables, "token", operation, input).await.expect_err("refused");
        assert_eq!(once, plain);
    }
    // A refused write has written nothing, and may be made with the same token once it is possible.
    assert!(call_once(&tables, "token", "UpdateItem", take(1)).await.is_ok());
    assert_eq!(quantity(&tables).await, "0");
}

#[tokio::test]
async fn a_wrong_type_for_an_index_is_refused_before_anything_is_written() {
    let tables = Tables::in_memory().expect("tables in memory");
    let mut indexed = orders_table();
    indexed["AttributeDefinitions"].as_array_mut().expect("a list").push(json!({
        "AttributeName": "customer", "AttributeType": "S" }));
    indexed["GlobalSecondaryIndexes"] = json!([{ "IndexName": "byCustomer", "Projection": { "ProjectionType": "ALL" },
        "KeySchema": [{ "AttributeName": "customer", "KeyType": "HASH" }] }]);
    tables.put_table(indexed).await.expect("the table");
    let put = json!({ "TableName": "orders", "Item": { "id": { "S": "1" }, "customer": { "N": "5" } } });
    let plain = call(&tables, "PutItem", put.clone()).await.expect_err("refused");
    let once = call_once(&tables, "token", "PutItem", put).await.expect_err("refused");
    assert_eq!(once, plain);
    let found = call(&tables, "Scan", json!({ "TableName": "orders" })).await.expect("scan");
    assert_eq!(found["Count"], 0);
}

#[tokio::test]
async fn the_table_of_markers_is_nobody_elses() {
    let tables = in_memory().await;
    let put = json!({ "TableName": "orders", "Item": { "id": { "S": "1" } } });
    call_once(&tables, "token", "PutItem", put).await.expect("put");
    assert_eq!(call(&tables, "ListTables", json!({})).await.expect("names")["TableNames"], json!(["orders"]));
    let scan = call(&tables, "Scan", json!({ "TableName": "stepwell.writes" })).await.expect_err("not there");
    assert_eq!(scan.code, "ResourceNotFoundException");
}

async fn rehearse(rehearsal: &Rehearsal, input: Value) -> Result<Value, ServiceError> {
    rehearsal.call("UpdateItem", input, &Caller::anonymous()).await
}

#[tokio::test]
async fn a_rehearsed_update_answers_the_new_item_and_keeps_nothing() {
    let rehearsal = Rehearsal::start().expect("threads");
    let add = |key: Value, item: Value| {
        json!({ "Key": key, "Item": item, "UpdateExpression": "SET #n = if_not_exists(#n, :zero) + :one",
            "ExpressionAttributeNames": { "#n": "n" },
            "ExpressionAttributeValues": { ":zero": { "N": "0" }, ":one": { "N": "1" } } })
    };
    let one = json!({ "id": { "S": "1" } });
    let two = json!({ "sk": { "N": "7" }, "pk": { "S": "a" } });
    let cases = [
        (one.clone(), json!({ "id": { "S": "1" }, "n": { "N": "4" }, "x": { "BOOL": true } }), "5"),
        (one.clone(), Value::Null, "1"),
        (two.clone(), json!({ "sk": { "N": "7" }, "pk": { "S": "a" }, "n": { "N": "0.1" } }), "1.1"),
        (two, Value::Null, "1"),
        (one.clone(), Value::Null, "1"),
    ];
    for (key, item, expected) in cases {
        let answer = rehearse(&rehearsal, add(key.clone(), item.clone())).await.expect("an item");
        let mut wanted = if item.is_null() { key } else { item };
        wanted["n"] = json!({ "N": expected });
        assert_eq!(answer["Item"], wanted);
    }
    let refused = json!({ "Key": one, "UpdateExpression": "SET size = :v" });
    assert_eq!(rehearse(&rehearsal, refused).await.expect_err("no such value").code, "ValidationException");
    let no_key = json!({ "Key": null, "UpdateExpression": "REMOVE a" });
    assert_eq!(rehearse(&rehearsal, no_key).await.expect_err("no key").code, "ValidationException");
}

/// Waits for the end of the round that is under way.
async fn round_ends(clock: &SimulatedClock) {
    while clock.next_wake().is_none() {
        tokio::task::yield_now().await;
    }
}

async fn ids(tables: &Tables, index: Option<&str>) -> Vec<String> {
    let mut scan = json!({ "TableName": "orders" });
    if let Some(index) = index {
        scan["IndexName"] = json!(index);
    }
    let found = call(tables, "Scan", scan).await.expect("scan");
    let mut ids: Vec<_> =
        found["Items"].as_array().expect("items").iter().map(|item| item["id"]["S"].clone()).collect();
    ids.sort_by_key(ToString::to_string);
    ids.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

async fn removed(tables: &Tables) -> Vec<Value> {
    let streams = call(tables, "ListStreams", json!({ "TableName": "orders" })).await.expect("streams");
    let arn = &streams["Streams"][0]["StreamArn"];
    let stream = call(tables, "DescribeStream", json!({ "StreamArn": arn })).await.expect("a stream");
    let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
    let from = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let iterator = call(tables, "GetShardIterator", from).await.expect("an iterator");
    let records = call(tables, "GetRecords", json!({ "ShardIterator": iterator["ShardIterator"] })).await;
    let records = records.expect("records")["Records"].as_array().cloned().expect("a list");
    let removed = records.into_iter().filter(|record| record["eventName"] == "REMOVE");
    removed.map(|record| record["dynamodb"]["Keys"]["id"]["S"].clone()).collect()
}

#[tokio::test]
async fn expired_items_are_removed_as_time_goes_on() {
    const NOW: i64 = 1_800_000_000;
    let clock = SimulatedClock::new(Timestamp(NOW * 1_000), 1);
    let tables = Arc::new(Tables::in_memory().expect("tables in memory"));
    let mut table = orders_table();
    table["AttributeDefinitions"].as_array_mut().expect("a list").push(json!({
        "AttributeName": "customer", "AttributeType": "S" }));
    table["GlobalSecondaryIndexes"] = json!([{ "IndexName": "byCustomer", "Projection": { "ProjectionType": "ALL" },
        "KeySchema": [{ "AttributeName": "customer", "KeyType": "HASH" }] }]);
    table["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" });
    tables.put_table(table).await.expect("the table");
    let put = async |id: &str, end: Value| {
        let item = json!({ "id": { "S": id }, "customer": { "S": "c" }, "end": end });
        call(&tables, "PutItem", json!({ "TableName": "orders", "Item": item })).await.expect("put");
    };
    let number = |seconds: i64| json!({ "N": seconds.to_string() });
    put("a text", json!({ "S": "1" })).await;
    put("six years ago", number(NOW - 6 * 365 * 86_400)).await;
    put("in milliseconds", number(NOW * 1_000)).await;
    put("in this second", number(NOW)).await;
    put("in an hour", number(NOW + 3_600)).await;
    // More than two pages.
    for second in 1..=250 {
        put(&format!("past {second}"), number(NOW - second)).await;
    }
    tokio::spawn(tables.expire(Arc::new(clock.clone())));
    let switch = async |table: &Tables, enabled: bool| {
        let specification = json!({ "AttributeName": "end", "Enabled": enabled });
        let input = json!({ "TableName": "orders", "TimeToLiveSpecification": specification });
        call(table, "UpdateTimeToLive", input).await.expect("time to live");
    };
    assert_eq!(ids(&tables, None).await.len(), 255, "nobody asked for it yet");
    switch(&tables, true).await;
    round_ends(&clock).await;
    let kept = ["a text", "in an hour", "in milliseconds", "in this second", "six years ago"];
    assert_eq!(ids(&tables, None).await, kept);
    assert_eq!(ids(&tables, Some("byCustomer")).await, kept);
    assert_eq!(removed(&tables).await.len(), 250);

    clock.advance_to(clock.next_wake().expect("a next round"));
    round_ends(&clock).await;
    let kept = ["a text", "in an hour", "in milliseconds", "six years ago"];
    assert_eq!(ids(&tables, None).await, kept);

    switch(&tables, false).await;
    clock.advance_to(Timestamp((NOW + 7_200) * 1_000));
    tokio::task::yield_now().await;
    assert_eq!(ids(&tables, None).await, kept, "nobody asks for it any more");
    switch(&tables, true).await;
    round_ends(&clock).await;
    assert_eq!(ids(&tables, None).await, ["a text", "in milliseconds", "six years ago"]);
    let last = removed(&tables).await;
    assert_eq!(last[250..], [json!("in this second"), json!("in an hour")]);
}

#[tokio::test]
async fn time_to_live_goes_by_the_attribute_that_was_said_last() {
    let tables = in_memory().await;
    for attribute in ["ends", "ends", "expires"] {
        tables.put_time_to_live("orders", attribute).await.expect("time to live");
        let described = call(&tables, "DescribeTimeToLive", json!({ "TableName": "orders" })).await.expect("described");
        let expected = json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": attribute });
        assert_eq!(described["TimeToLiveDescription"], expected);
    }
}

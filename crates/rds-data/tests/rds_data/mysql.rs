//! Types, parameters and errors on MySQL's protocol.

use std::sync::Arc;

use clock::RealClock;
use serde_json::json;

use crate::{call, execute, refused, row, servers, service};

#[tokio::test]
async fn every_type_comes_as_its_field() {
    let server = servers::mariadb();
    let service = service(&server.url, Arc::new(RealClock));
    let ddl = "create table kinds (flag boolean, tiny tinyint, big bigint unsigned, price decimal(10, 2), ratio double, \
               name varchar(20), body text, doc json, raw varbinary(4), day date, at datetime(3), clock time, \
               mood enum('sad', 'ok'), bits bit(1))";
    execute(&service, ddl, json!([])).await.expect("created");
    let insert = "insert into kinds values (true, -1, 18446744073709551615, 1.5, 0.25, 'a', 'é', '{\"a\":1}', x'00ff', \
                  '2026-01-02', '2026-01-02 03:04:05.5', '-26:00:01', 'ok', b'1')";
    let answer = execute(&service, insert, json!([])).await.expect("inserted");
    assert_eq!(answer, json!({ "numberOfRecordsUpdated": 1, "generatedFields": [] }));
    assert_eq!(
        row(&service, "select * from kinds", json!([])).await,
        json!([
            { "booleanValue": true }, { "longValue": -1 }, { "stringValue": "18446744073709551615" },
            { "stringValue": "1.50" }, { "doubleValue": 0.25 }, { "stringValue": "a" }, { "stringValue": "é" },
            { "stringValue": "{\"a\":1}" }, { "blobValue": "AP8=" }, { "stringValue": "2026-01-02" },
            { "stringValue": "2026-01-02 03:04:05.5" }, { "stringValue": "-26:00:01" }, { "stringValue": "ok" },
            { "booleanValue": true },
        ])
    );
}

#[tokio::test]
async fn parameters_are_bound_and_keys_are_told() {
    let server = servers::mariadb();
    let service = service(&server.url, Arc::new(RealClock));
    execute(
        &service,
        "create table notes (id int auto_increment primary key, text varchar(80), at datetime)",
        json!([]),
    )
    .await
    .expect("created");
    let evil = "'; drop table notes; -- \\";
    let parameters = json!([
        { "name": "text", "value": { "stringValue": evil } },
        { "name": "at", "value": { "stringValue": "2026-01-02 03:04:05" }, "typeHint": "TIMESTAMP" },
    ]);
    let sql = "insert into notes (text, at) values (:text, :at)";
    let answer = execute(&service, sql, parameters).await.expect("inserted");
    assert_eq!(answer, json!({ "numberOfRecordsUpdated": 1, "generatedFields": [{ "longValue": 1 }] }));
    let limit = json!([{ "name": "limit", "value": { "longValue": 1 } }]);
    let found = row(&service, "select text, at, ':limit' from notes limit :limit", limit).await;
    assert_eq!(
        found,
        json!([{ "stringValue": evil }, { "stringValue": "2026-01-02 03:04:05" }, { "stringValue": ":limit" }])
    );
    let (code, message) = refused(&service, "select * from nowhere", json!([])).await;
    assert_eq!(code, "DatabaseErrorException");
    assert!(message.contains("Table 'demo.nowhere' doesn't exist"), "{message}");
    let (code, _) =
        refused(&service, "select repeat('x', 1000) from information_schema.columns, notes", json!([])).await;
    assert_eq!(code, "BadRequestException");
}

#[tokio::test]
async fn transactions_are_undone() {
    let server = servers::mariadb();
    let service = service(&server.url, Arc::new(RealClock));
    execute(&service, "create table ledger (n int)", json!([])).await.expect("created");
    let begun = call(&service, "BeginTransaction", json!({})).await.expect("begun");
    let id = &begun["transactionId"];
    let insert = json!({ "sql": "insert into ledger values (1)", "transactionId": id });
    call(&service, "ExecuteStatement", insert).await.expect("inserted");
    call(&service, "RollbackTransaction", json!({ "transactionId": id })).await.expect("undone");
    assert_eq!(row(&service, "select count(*) from ledger", json!([])).await, json!([{ "longValue": 0 }]));
}

#[tokio::test]
async fn an_answer_that_is_too_large_costs_no_connection() {
    let server = servers::mariadb();
    let service = service(&server.url, Arc::new(RealClock));
    // More than the pool has connections; nobody reads what these send to its end.
    for _ in 0..20 {
        let (code, _) = refused(&service, "select repeat('x', 1000) from seq_1_to_1000000000", json!([])).await;
        assert_eq!(code, "BadRequestException");
    }
    assert_eq!(row(&service, "select 1", json!([])).await, json!([{ "longValue": 1 }]));
}

#[tokio::test]
async fn a_deadlock_ends_the_transaction() {
    let server = servers::mariadb();
    let service = service(&server.url, Arc::new(RealClock));
    execute(&service, "create table pair (n int primary key, v int)", json!([])).await.expect("created");
    execute(&service, "insert into pair values (1, 0), (2, 0)", json!([])).await.expect("inserted");
    let begin = async || call(&service, "BeginTransaction", json!({})).await.expect("begun")["transactionId"].clone();
    let ids = [begin().await, begin().await];
    let update = |id: usize, n: usize| {
        let sql = format!("update pair set v = v + 1 where n = {n}");
        call(&service, "ExecuteStatement", json!({ "sql": sql, "transactionId": ids[id] }))
    };
    update(0, 1).await.expect("locked");
    update(1, 2).await.expect("locked");
    let (first, second) = tokio::join!(update(0, 2), update(1, 1));
    let (lost, error) = match (first, second) {
        (Err(error), Ok(_)) => (0, error),
        (Ok(_), Err(error)) => (1, error),
        other => panic!("one of them is undone: {other:?}"),
    };
    assert_eq!(error.code, "DatabaseErrorException");
    assert!(error.message.contains("1213"), "{error}");
    // Otherwise what came next would not be part of any transaction.
    assert_eq!(update(lost, 1).await.expect_err("over").code, "TransactionNotFoundException");
    call(&service, "CommitTransaction", json!({ "transactionId": ids[1 - lost] })).await.expect("committed");
}

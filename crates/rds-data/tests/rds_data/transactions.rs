//! Transactions and batches on PostgreSQL.

use std::sync::Arc;

use clock::{Clock, RealClock, SimulatedClock, Timestamp};
use rds_data::RdsData;
use serde_json::{Value, json};

use crate::{call, execute, row, servers, service};

async fn begin(service: &RdsData) -> Value {
    call(service, "BeginTransaction", json!({})).await.expect("begun")["transactionId"].clone()
}

async fn run_in(service: &RdsData, id: &Value, sql: &str) -> Result<Value, aws_protocol::ServiceError> {
    call(service, "ExecuteStatement", json!({ "sql": sql, "transactionId": id })).await
}

async fn count(service: &RdsData, table: &str) -> Value {
    row(service, &format!("select count(*) from {table}"), json!([])).await[0]["longValue"].clone()
}

#[tokio::test]
async fn transactions_end_in_a_commit_or_are_undone() {
    let server = servers::postgres();
    let service = service(&server.url, Arc::new(RealClock));
    execute(&service, "create table ledger (n int)", json!([])).await.expect("created");
    let first = begin(&service).await;
    run_in(&service, &first, "insert into ledger values (1)").await.expect("inserted");
    assert_eq!(count(&service, "ledger").await, 0, "not yet committed");
    let done = call(&service, "CommitTransaction", json!({ "transactionId": first })).await.expect("committed");
    assert_eq!(done, json!({ "transactionStatus": "Transaction Committed" }));
    assert_eq!(count(&service, "ledger").await, 1);

    let second = begin(&service).await;
    run_in(&service, &second, "insert into ledger values (2)").await.expect("inserted");
    let done = call(&service, "RollbackTransaction", json!({ "transactionId": second })).await.expect("undone");
    assert_eq!(done, json!({ "transactionStatus": "Rollback Complete" }));
    assert_eq!(count(&service, "ledger").await, 1);
    let error = run_in(&service, &second, "select 1").await.expect_err("over");
    assert_eq!((&*error.code, error.status), ("TransactionNotFoundException", 404));
}

#[tokio::test]
async fn a_transaction_that_nobody_asks_for_is_rolled_back() {
    let server = servers::postgres();
    let clock = Arc::new(SimulatedClock::new(Timestamp(0), 1));
    let service = service(&server.url, clock.clone());
    let id = begin(&service).await;
    run_in(&service, &id, "create table forgotten (n int)").await.expect("created");
    clock.advance_millis(179_000);
    run_in(&service, &id, "select 1").await.expect("still open");
    let due = clock.now().plus_millis(rds_data::limits::TRANSACTION_IDLE_MILLIS);
    clock.advance_to(due);
    // The watcher runs when it is woken; until then the transaction may still be there.
    while run_in(&service, &id, "select 1").await.is_ok() {
        clock.advance_millis(rds_data::limits::TRANSACTION_IDLE_MILLIS);
        tokio::task::yield_now().await;
    }
    let error = execute(&service, "select * from forgotten", json!([])).await.expect_err("rolled back");
    assert!(error.message.contains("does not exist"), "{error}");
}

#[tokio::test]
async fn one_call_at_a_time_is_in_a_transaction() {
    let server = servers::postgres();
    let service = service(&server.url, Arc::new(RealClock));
    let id = begin(&service).await;
    let slow = run_in(&service, &id, "select pg_sleep(0.2)");
    let (slow, other) = tokio::join!(slow, run_in(&service, &id, "select 1"));
    slow.expect("done");
    assert_eq!(other.expect_err("busy").message, "Transaction is still running a query");
}

#[tokio::test]
async fn batches_are_all_or_nothing() {
    let server = servers::postgres();
    let service = service(&server.url, Arc::new(RealClock));
    execute(&service, "create table batch (n int primary key)", json!([])).await.expect("created");
    let set = |n: i64| json!([{ "name": "n", "value": { "longValue": n } }]);
    let batch = |sets: Value| {
        let input = json!({ "sql": "insert into batch values (:n)", "parameterSets": sets });
        call(&service, "BatchExecuteStatement", input)
    };
    let done = batch(json!([set(1), set(2)])).await.expect("inserted");
    assert_eq!(done, json!({ "updateResults": [{ "generatedFields": [] }, { "generatedFields": [] }] }));
    let error = batch(json!([set(3), set(1)])).await.expect_err("twice");
    assert_eq!(
        error.message,
        "ERROR: duplicate key value violates unique constraint \"batch_pkey\"; Detail: Key (n)=(1) already exists.; \
         SQLState: 23505"
    );
    assert_eq!(count(&service, "batch").await, 2);
}

#[tokio::test]
async fn what_a_database_gave_up_is_not_committed() {
    let server = servers::postgres();
    let service = service(&server.url, Arc::new(RealClock));
    execute(&service, "create table once (n int primary key)", json!([])).await.expect("created");
    let id = begin(&service).await;
    run_in(&service, &id, "insert into once values (1)").await.expect("inserted");
    run_in(&service, &id, "insert into once values (1)").await.expect_err("twice");
    let error = call(&service, "CommitTransaction", json!({ "transactionId": id })).await.expect_err("aborted");
    assert_eq!(error.code, "DatabaseErrorException");
    assert!(error.message.contains("current transaction is aborted"), "{error}");
    assert_eq!(count(&service, "once").await, 0);
}

#[tokio::test]
async fn a_transaction_that_is_over_holds_no_locks() {
    let server = servers::postgres();
    let clock = Arc::new(SimulatedClock::new(Timestamp(0), 1));
    let (holder, other) = (service(&server.url, clock.clone()), service(&server.url, Arc::new(RealClock)));
    execute(&other, "create table locked (n int)", json!([])).await.expect("created");
    execute(&other, "insert into locked values (1)", json!([])).await.expect("inserted");
    let id = begin(&holder).await;
    run_in(&holder, &id, "update locked set n = 2").await.expect("locked");
    // The watcher runs when it is woken; until then the transaction may still be there.
    while run_in(&holder, &id, "select 1").await.is_ok() {
        clock.advance_millis(rds_data::limits::TRANSACTION_IDLE_MILLIS);
        tokio::task::yield_now().await;
    }
    // Waits for the lock as long as somebody has it: until the statement times out.
    execute(&other, "update locked set n = n + 10", json!([])).await.expect("nobody has it");
    assert_eq!(row(&other, "select n from locked", json!([])).await, json!([{ "longValue": 11 }]));
}

#[tokio::test]
async fn batches_keep_no_rows() {
    let server = servers::postgres();
    let service = service(&server.url, Arc::new(RealClock));
    let set = |value: Value| json!([{ "name": "a", "value": value }]);
    // Types that change from set to set, and rows of more than one answer may hold.
    let sets = [json!({ "longValue": 1 }), json!({ "stringValue": "a" }), json!({ "isNull": true })].map(set);
    let sets: Vec<_> = sets.iter().cycle().take(30).cloned().collect();
    let input = json!({ "sql": "select :a, repeat('x', 100000)", "parameterSets": sets });
    let done = call(&service, "BatchExecuteStatement", input).await.expect("selected");
    assert_eq!(done["updateResults"].as_array().map(Vec::len), Some(30));
}

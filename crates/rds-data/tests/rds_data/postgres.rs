//! Types, parameters, errors and bounds on PostgreSQL.

use std::sync::Arc;

use clock::RealClock;
use serde_json::{Value, json};

use crate::{call, execute, refused, row, servers, service};

fn text(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": { "stringValue": value } })
}

fn hinted(name: &str, value: &str, hint: &str) -> Value {
    json!({ "name": name, "value": { "stringValue": value }, "typeHint": hint })
}

#[tokio::test]
async fn every_type_comes_as_its_field() {
    let server = servers::postgres();
    let service = service(&server.url, Arc::new(RealClock));
    execute(&service, "create type mood as enum ('sad', 'ok')", json!([])).await.expect("created");
    for (sql, field) in [
        ("true", json!({ "booleanValue": true })),
        ("1::int2", json!({ "longValue": 1 })),
        ("-2147483648", json!({ "longValue": -2_147_483_648i64 })),
        ("9223372036854775807", json!({ "longValue": i64::MAX })),
        ("0.1::float4", json!({ "doubleValue": 0.1 })),
        ("1e300::float8", json!({ "doubleValue": 1e300 })),
        ("'NaN'::float8", json!({ "doubleValue": "NaN" })),
        ("12345678901234567890.1200::numeric", json!({ "stringValue": "12345678901234567890.1200" })),
        ("-0.00012::numeric(10, 5)", json!({ "stringValue": "-0.00012" })),
        ("1e25::numeric", json!({ "stringValue": "10000000000000000000000000" })),
        ("'a'::text", json!({ "stringValue": "a" })),
        ("'a'::char(3)", json!({ "stringValue": "a  " })),
        ("'ok'::mood", json!({ "stringValue": "ok" })),
        ("'{\"a\": 1}'::json", json!({ "stringValue": "{\"a\": 1}" })),
        ("'{\"a\":1}'::jsonb", json!({ "stringValue": "{\"a\": 1}" })),
        ("'\\x00ff'::bytea", json!({ "blobValue": "AP8=" })),
        (
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
            json!({ "stringValue": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" }),
        ),
        ("'2026-02-28'::date", json!({ "stringValue": "2026-02-28" })),
        ("'0044-03-15 BC'::date", json!({ "stringValue": "0044-03-15 BC" })),
        ("'23:59:59.25'::time", json!({ "stringValue": "23:59:59.25" })),
        ("'1969-12-31 23:59:59.999999'::timestamp", json!({ "stringValue": "1969-12-31 23:59:59.999999" })),
        ("'2026-01-01 01:00:00+02'::timestamptz", json!({ "stringValue": "2025-12-31 23:00:00" })),
        ("'infinity'::timestamp", json!({ "stringValue": "infinity" })),
        ("'::1'::inet", json!({ "stringValue": "::1" })),
        ("'10.0.0.0/8'::cidr", json!({ "stringValue": "10.0.0.0/8" })),
        ("null", json!({ "isNull": true })),
        ("array[1, null, 3]", json!({ "arrayValue": { "longValues": [1, null, 3] } })),
        ("array['a', 'b']", json!({ "arrayValue": { "stringValues": ["a", "b"] } })),
        ("'{}'::bool[]", json!({ "arrayValue": { "booleanValues": [] } })),
        ("array['ok'::mood]", json!({ "arrayValue": { "stringValues": ["ok"] } })),
        ("array[1.50]::numeric[]", json!({ "arrayValue": { "stringValues": ["1.50"] } })),
    ] {
        assert_eq!(row(&service, &format!("select {sql}"), json!([])).await, json!([field]), "{sql}");
    }
    for (sql, named) in [("'1'::money", "MONEY"), ("point(1, 2)", "POINT"), ("array[[1], [2]]", "_INT4")] {
        let (code, message) = refused(&service, &format!("select {sql}"), json!([])).await;
        assert_eq!(code, "UnsupportedResultException", "{sql}");
        assert_eq!(message, format!("The result contains the unsupported data type {named}."));
    }
}

#[tokio::test]
async fn parameters_have_the_types_that_the_data_api_gives_them() {
    let server = servers::postgres();
    let service = service(&server.url, Arc::new(RealClock));
    let id = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    let ddl =
        "create table things (id uuid primary key, doc jsonb, day date, price numeric, at timestamp, n int, ok bool)";
    execute(&service, ddl, json!([])).await.expect("created");
    let (code, message) = refused(&service, "select 1 from things where id = :id", json!([text("id", id)])).await;
    assert_eq!(code, "DatabaseErrorException");
    // The form recorded on AWS.
    assert_eq!(
        message,
        "ERROR: operator does not exist: uuid = text; Hint: No operator matches the given name and argument types. You \
         might need to add explicit type casts.; Position: 31; SQLState: 42883"
    );
    let parameters = json!([
        hinted("id", id, "UUID"),
        hinted("doc", "{\"a\":[1]}", "JSON"),
        hinted("day", "2026-01-02", "DATE"),
        hinted("price", "12.50", "DECIMAL"),
        hinted("at", "2026-01-02 03:04:05.5", "TIMESTAMP"),
        { "name": "n", "value": { "longValue": 7 } },
        { "name": "ok", "value": { "isNull": true } },
    ]);
    let sql = "insert into things values (:id, :doc, :day, :price, :at, :n, :ok)";
    let answer = execute(&service, sql, parameters).await.expect("inserted");
    assert_eq!(answer, json!({ "numberOfRecordsUpdated": 1, "generatedFields": [] }));
    let answer = execute(&service, "select * from things", json!([])).await.expect("selected");
    assert_eq!(
        answer["records"],
        json!([[
            { "stringValue": id }, { "stringValue": "{\"a\": [1]}" }, { "stringValue": "2026-01-02" },
            { "stringValue": "12.50" }, { "stringValue": "2026-01-02 03:04:05.5" }, { "longValue": 7 }, { "isNull": true },
        ]])
    );
    let metadata = &answer["columnMetadata"][3];
    assert_eq!(
        (&metadata["label"], &metadata["type"], &metadata["typeName"]),
        (&json!("price"), &json!(2), &json!("numeric"))
    );
    let none =
        execute(&service, "select id from things where n = :n", json!([{ "name": "n", "value": { "longValue": 8 } }]));
    assert_eq!(none.await.expect("selected")["records"], json!([]));
}

#[tokio::test]
async fn what_is_bound_is_never_sql() {
    let server = servers::postgres();
    let service = service(&server.url, Arc::new(RealClock));
    for evil in ["'; drop table things; --", "$1", ":b", "\\'; select 1", "\u{0}"] {
        let asked = execute(&service, "select :a as a, ':a' as literal", json!([text("a", evil)])).await;
        if evil == "\u{0}" {
            assert_eq!(asked.expect_err("PostgreSQL has no such text").code, "DatabaseErrorException");
            continue;
        }
        assert_eq!(asked.expect("a row")["records"], json!([[{ "stringValue": evil }, { "stringValue": ":a" }]]));
    }
    let (code, message) = refused(&service, "select :a", json!([])).await;
    assert_eq!((&*code, &*message), ("BadRequestException", "Cannot find parameter: a"));
    let (code, message) = refused(&service, "select 1; select 2", json!([])).await;
    assert_eq!((&*code, &*message), ("ValidationException", "Multistatements aren't supported."));
}

#[tokio::test]
async fn answers_are_bounded_and_the_connection_is_good_again() {
    let server = servers::postgres();
    let service = service(&server.url, Arc::new(RealClock));
    let (code, message) = refused(&service, "select repeat('x', 1000) from generate_series(1, 1100)", json!([])).await;
    assert_eq!(code, "BadRequestException");
    assert_eq!(message, "Database returned more than the allowed response size limit");
    // What a call changes of its session is gone with the call.
    execute(&service, "set search_path to nowhere", json!([])).await.expect("set");
    execute(&service, "begin", json!([])).await.expect("begun");
    assert_ne!(row(&service, "show search_path", json!([])).await, json!([{ "stringValue": "nowhere" }]));
    let (code, _) = refused(&service, "select pg_cancel_backend(pg_backend_pid()), pg_sleep(100)", json!([])).await;
    assert_eq!(code, "StatementTimeoutException");
}

#[tokio::test]
async fn records_come_as_json_text_and_numbers_as_wished() {
    let server = servers::postgres();
    let service = service(&server.url, Arc::new(RealClock));
    let sql = "select 1 as a, 1.5::numeric as b, null as c, array[1, 2] as d";
    let answer =
        call(&service, "ExecuteStatement", json!({ "sql": sql, "formatRecordsAs": "JSON" })).await.expect("rows");
    assert_eq!(answer["formattedRecords"], json!(r#"[{"a":1,"b":"1.5","c":null,"d":[1,2]}]"#));
    assert_eq!(answer.get("records"), None);
    let options = json!({ "decimalReturnType": "DOUBLE_OR_LONG", "longReturnType": "STRING" });
    let answer =
        call(&service, "ExecuteStatement", json!({ "sql": sql, "resultSetOptions": options })).await.expect("rows");
    assert_eq!(answer["records"][0][0], json!({ "stringValue": "1" }));
    assert_eq!(answer["records"][0][1], json!({ "doubleValue": 1.5 }));
    assert_eq!(answer.get("columnMetadata"), None);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told() {
    let server = servers::postgres();
    let url = server.url.replace("/postgres?", "/nowhere?");
    let service = service(&url, Arc::new(RealClock));
    let (code, message) = refused(&service, "select 1", json!([])).await;
    assert_eq!(code, "DatabaseNotFoundException");
    assert!(message.starts_with("FATAL: database \"nowhere\" does not exist"), "{message}");
}

#[tokio::test]
async fn what_rows_become_is_bounded_too() {
    let server = servers::postgres();
    let service = service(&server.url, Arc::new(RealClock));
    // 1,000 digits of two bytes each on the wire, and rows without any column.
    for sql in ["select 1e999::numeric from generate_series(1, 1100)", "select from generate_series(1, 100000)"] {
        assert_eq!(refused(&service, sql, json!([])).await.0, "BadRequestException", "{sql}");
    }
    let long = refused(&service, "select array[1e131071::numeric]", json!([])).await;
    assert_eq!(long.0, "UnsupportedResultException", "{}", long.1);
    let exact = format!("{}.{}", "9".repeat(1000), "0".repeat(1000));
    let found = row(&service, &format!("select {exact}::numeric"), json!([])).await;
    assert_eq!(found, json!([{ "stringValue": exact }]));
}

#[tokio::test]
async fn no_call_leaves_its_role_or_its_locks_behind() {
    let server = servers::postgres();
    let (first, other) = (service(&server.url, Arc::new(RealClock)), service(&server.url, Arc::new(RealClock)));
    execute(&first, "create role visitor", json!([])).await.expect("created");
    for sql in ["set role visitor", "set session authorization visitor"] {
        execute(&first, sql, json!([])).await.expect(sql);
        let users = row(&first, "select current_user, session_user", json!([])).await;
        assert_eq!(users, json!([{ "stringValue": "postgres" }, { "stringValue": "postgres" }]), "{sql}");
    }
    execute(&first, "create sequence counted", json!([])).await.expect("created");
    execute(&first, "select nextval('counted'), pg_advisory_lock(7)", json!([])).await.expect("locked");
    let (_, message) = refused(&first, "select currval('counted')", json!([])).await;
    assert!(message.contains("is not yet defined in this session"), "{message}");
    assert_eq!(row(&other, "select pg_try_advisory_lock(7)", json!([])).await, json!([{ "booleanValue": true }]));
}

#[tokio::test]
async fn names_of_no_database_are_forgotten() {
    let server = servers::postgres();
    let service = service(&server.url.replace("/postgres?", "/?"), Arc::new(RealClock));
    let ask = |database: String| call(&service, "ExecuteStatement", json!({ "sql": "select 1", "database": database }));
    for number in 0..40 {
        let error = ask(format!("nowhere{number}")).await.expect_err("there is none");
        assert_eq!(error.code, "DatabaseNotFoundException");
    }
    ask("postgres".to_owned()).await.expect("there is one");
}

//! What writes leave behind: versions, records in the delta table, tombstones; and what is refused.

use appsync::DeltaSync;
use serde_json::{Value, json};

use super::{DAY_MINUTES, NOW, World, delete, put, update};

#[tokio::test]
async fn writes_count_versions_and_leave_a_record_of_each() {
    let world = World::new().await;
    let put = world.send("optimistic", put("1", "a")).await.unwrap();
    assert_eq!(put, json!({ "id": "1", "title": "a", "_version": 1, "_lastChangedAt": NOW }));
    world.clock.advance_millis(1_001);
    let changed = world.now();
    let updated = world.send("optimistic", update("1", 1, json!({ "title": { "S": "b" } }))).await.unwrap();
    assert_eq!(updated, json!({ "id": "1", "title": "b", "_version": 2, "_lastChangedAt": changed }));
    world.clock.advance_millis(60_000);
    let gone = world.now();
    let deleted = world.send("optimistic", delete("1", 2)).await.unwrap();
    let ttl = gone / 1_000 + 30 * DAY_MINUTES * 60;
    let tombstone =
        json!({ "id": "1", "title": "b", "_version": 3, "_lastChangedAt": gone, "_deleted": true, "_ttl": ttl });
    assert_eq!(deleted, tombstone);
    let read = json!({ "operation": "GetItem", "key": { "id": { "S": "1" } } });
    assert_eq!(world.send("read", read).await, Ok(tombstone), "reads pass through, tombstones too");

    let mut records = world.scan("Changes").await;
    records.sort_by_key(|record| record["ds_sk"]["S"].to_string() + &record["ds_pk"]["S"].to_string());
    let keys: Vec<_> = records
        .iter()
        .map(|record| {
            ["ds_pk", "ds_sk", "title", "_ttl"]
                .map(|name| record[name].as_object().unwrap().values().next().unwrap().as_str().unwrap())
        })
        .collect();
    let ttl = |at: i64| (at / 1_000 + DAY_MINUTES * 60).to_string();
    assert_eq!(
        keys,
        [
            ["PostsSource:2026-01-02", "00:00:01.001:1:3", "b", &ttl(gone)],
            ["PostsSource:2026-01-01", "23:59:00.000:1:1", "a", &ttl(NOW)],
            ["PostsSource:2026-01-01", "23:59:01.001:1:2", "b", &ttl(changed)],
        ]
    );
    assert_eq!(records[0]["_deleted"], json!({ "BOOL": true }));
}

#[tokio::test]
async fn what_only_appsync_may_set_and_what_it_cannot_do_is_refused_in_its_words() {
    let world = World::new().await;
    let mut edited = put("1", "a");
    edited["attributeValues"]["_deleted"] = json!({ "BOOL": false });
    let mut no_version = update("1", 1, json!({ "title": { "S": "b" } }));
    no_version.as_object_mut().unwrap().remove("_version");
    let supported = "(TransactGetItems,PutItem,BatchGetItem,Scan,Query,GetItem,DeleteItem,UpdateItem,Sync)";
    let cases = [
        (edited, "BadRequest", "Updating _deleted field can not be set from the client.".to_owned()),
        (
            update("1", 1, json!({ "_version": { "N": 7 } })),
            "BadRequest",
            "Updating _version field can not be set from the client.".to_owned(),
        ),
        (
            no_version,
            "BadRequest",
            "UpdateItem on versioned data source requires the _version to be provided.".to_owned(),
        ),
        (
            json!({ "operation": "UpdateItem", "key": { "id": { "S": "1" } }, "update": {}, "_version": "new" }),
            "MappingTemplate",
            "Value for field '$[_version]' must be a number.".to_owned(),
        ),
        (
            json!({ "operation": "TransactWriteItems", "transactItems": [] }),
            "UnsupportedOperation",
            format!(
                "Unsupported operation 'TransactWriteItems'. Datasource Versioning only supports the following \
                 operations {supported}."
            ),
        ),
    ];
    for (request, kind, message) in cases {
        let refused = world.send("optimistic", request).await.expect_err("refused");
        assert_eq!(refused, (kind.to_owned(), message, Value::Null));
    }
    assert!(world.scan("Posts").await.is_empty());
}

#[tokio::test]
async fn a_change_whose_record_cannot_be_written_is_not_made() {
    let delta =
        DeltaSync { base_table_ttl_minutes: 1, delta_table: "Missing".into(), delta_table_ttl_minutes: DAY_MINUTES };
    let world = World::with(delta).await;
    let (kind, ..) = world.send("optimistic", put("1", "a")).await.expect_err("no delta table");
    assert_eq!(kind, "DeltaSyncWriteError");
    assert!(world.scan("Posts").await.is_empty());
}

#[tokio::test]
async fn a_base_table_that_keeps_no_tombstones_forgets_at_once() {
    let delta =
        DeltaSync { base_table_ttl_minutes: 0, delta_table: "Changes".into(), delta_table_ttl_minutes: DAY_MINUTES };
    let world = World::with(delta).await;
    world.send("optimistic", put("1", "a")).await.unwrap();
    let deleted = world.send("optimistic", delete("1", 1)).await.unwrap();
    assert_eq!((&deleted["_deleted"], &deleted["_version"]), (&json!(true), &json!(2)));
    assert!(world.scan("Posts").await.is_empty());
    let changes = world.sync(json!({ "lastSync": NOW })).await;
    assert_eq!(changes["items"][1]["_deleted"], true);
}

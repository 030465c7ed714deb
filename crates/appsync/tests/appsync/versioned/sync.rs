//! `Sync`: all once, then what changed.

use appsync::Api;
use serde_json::{Value, json};

use super::{DAY_MINUTES, NOW, SCHEMA, World, delete, put, send, titles, update};
use crate::harness;

#[tokio::test]
async fn sync_reads_all_once_and_then_what_changed() {
    let world = World::new().await;
    for id in ["1", "2", "3"] {
        world.send("optimistic", put(id, id)).await.unwrap();
    }
    world.send("optimistic", delete("3", 1)).await.unwrap();
    let first = world.sync(json!({})).await;
    assert_eq!(first["items"].as_array().unwrap().len(), 3, "the tombstone too");
    assert_eq!(
        (&first["startedAt"], &first["nextToken"], &first["scannedCount"]),
        (&json!(NOW), &Value::Null, &json!(3))
    );

    world.clock.advance_millis(1);
    let started = world.sync(json!({ "lastSync": NOW + 1 })).await;
    assert_eq!(started, json!({ "items": [], "nextToken": null, "scannedCount": 0, "startedAt": NOW + 1 }));
    world.send("optimistic", update("1", 1, json!({ "title": { "S": "1b" } }))).await.unwrap();
    world.clock.advance_millis(120_000);
    world.send("optimistic", update("2", 1, json!({ "title": { "S": "2b" } }))).await.unwrap();
    world.send("optimistic", update("1", 2, json!({ "title": { "S": "1c" } }))).await.unwrap();
    let since = json!({ "lastSync": NOW + 1 });
    let mut changes = world.sync(since.clone()).await;
    let over_midnight = changes["items"].as_array_mut().unwrap();
    over_midnight[1..].sort_by_key(|item| item["title"].to_string());
    assert_eq!(titles(&changes), ["1b", "1c", "2b"]);

    let ends_with_b = json!({ "expression": "#_pk = :_pk", "expressionNames": { "#_pk": "title" },
        "expressionValues": { ":_pk": { "S": "2b" } } });
    let filtered = world.sync(json!({ "filter": ends_with_b })).await;
    assert_eq!((titles(&filtered), &filtered["scannedCount"]), (vec!["2b"], &json!(3)));
    for limit in [0, 1_001] {
        let request = json!({ "operation": "Sync", "limit": limit });
        assert_eq!(world.send("read", request).await.expect_err("no such limit").0, "MappingTemplate");
    }
}

/// Changes since a `Sync` through `api` that starts now.
async fn changes(api: &Api, since: &Value) -> Value {
    send(api, "read", json!({ "operation": "Sync", "lastSync": since })).await.unwrap()
}

#[tokio::test]
async fn a_sync_knows_the_writes_through_other_apis_and_versions_of_its_api() {
    let mut merged = harness::config(SCHEMA);
    merged.api_id = "merged".into();
    for name in ["a merged API", "the next version"] {
        let world = World::new().await;
        merged.data_sources.clone_from(&world.config.data_sources);
        merged.resolvers.clone_from(&world.config.resolvers);
        let other = match name {
            "a merged API" => harness::api(merged.clone(), world.deps.clone()),
            _ => world.api.rebuild(world.config.clone(), world.deps.clone()).expect("the same once more"),
        };
        let writing = world.begin_write().await;
        world.clock.advance_millis(1);
        let before = changes(&other, &json!(NOW)).await;
        assert_eq!((&before["items"], &before["startedAt"]), (&json!([]), &json!(NOW)), "{name}");
        world.gate.open.send_replace(true);
        writing.await.unwrap().unwrap();
        assert_eq!(titles(&changes(&other, &before["startedAt"]).await), ["late"], "{name}");
        assert_eq!(changes(&other, &json!(NOW)).await["startedAt"], NOW + 1, "{name}: nothing is under way");
    }
}

#[tokio::test]
async fn a_sync_knows_the_writes_of_requests_that_were_given_up() {
    let world = World::new().await;
    let writing = world.begin_write().await;
    writing.abort();
    assert!(writing.await.expect_err("its client is gone").is_cancelled());
    world.clock.advance_millis(1);
    let before = world.sync(json!({ "lastSync": NOW })).await;
    assert_eq!((&before["items"], &before["startedAt"]), (&json!([]), &json!(NOW)));
    world.gate.open.send_replace(true);
    world.gate.made.subscribe().wait_for(|made| *made > 0).await.unwrap();
    assert_eq!(titles(&world.sync(json!({ "lastSync": before["startedAt"] })).await), ["late"]);
    world.clock.advance_millis(10 * 60_000);
    let later = world.sync(json!({ "lastSync": NOW })).await;
    assert_eq!(later["startedAt"], world.now(), "it does not count for ever");
}

#[tokio::test]
async fn pages_of_a_sync_share_its_beginning() {
    let world = World::new().await;
    for number in 0..5 {
        world.send("optimistic", put(&number.to_string(), &number.to_string())).await.unwrap();
        world.clock.advance_millis(30_000);
    }
    for (first, name) in [(json!({ "limit": 2 }), "base"), (json!({ "limit": 2, "lastSync": NOW }), "delta")] {
        let started_at = world.now();
        let mut page = world.sync(first).await;
        let mut found = Vec::new();
        let mut pages = 1;
        loop {
            assert_eq!(page["startedAt"], started_at, "{name}");
            found.extend(titles(&page).into_iter().map(str::to_owned));
            let Some(token) = page["nextToken"].as_str() else { break };
            world.clock.advance_millis(5);
            page = world.sync(json!({ "limit": 2, "nextToken": token, "lastSync": 0 })).await;
            pages += 1;
        }
        found.sort();
        assert_eq!(found, ["0", "1", "2", "3", "4"], "{name}");
        assert!((3..=5).contains(&pages), "{name}: {pages} pages");
    }
    let page = world.send("read", json!({ "operation": "Scan", "limit": 1 })).await.unwrap();
    let other = json!({ "operation": "Sync", "nextToken": page["nextToken"] });
    let (_, message, _) = world.send("read", other).await.expect_err("the token of a scan");
    assert_eq!(message, "Invalid nextToken: it belongs to another query, or is damaged.");
}

#[tokio::test]
async fn changes_and_tombstones_end_when_their_time_has_come() {
    let world = World::new().await;
    world.send("optimistic", put("1", "a")).await.unwrap();
    world.send("optimistic", put("2", "b")).await.unwrap();
    world.send("optimistic", delete("2", 1)).await.unwrap();
    world.clock.advance_millis(DAY_MINUTES * 60_000);
    let on_the_border = world.sync(json!({ "lastSync": NOW })).await;
    assert_eq!(on_the_border["items"], json!([]), "a day old, the records have expired");
    world.clock.advance_millis(1);
    let all = world.sync(json!({ "lastSync": NOW })).await;
    assert_eq!(titles(&all), ["a", "b"], "too long ago for the delta table");
    world.clock.advance_millis(30 * DAY_MINUTES * 60_000);
    assert_eq!(titles(&world.sync(json!({})).await), ["a"], "the tombstone has expired");
}

#[tokio::test]
async fn one_partition_can_be_synced_alone() {
    let world = World::new().await;
    for id in ["1", "2"] {
        let mut request = put(id, id);
        request["customPartitionKey"] = "id".into();
        request["populateIndexFields"] = true.into();
        world.send("optimistic", request).await.unwrap();
    }
    for partition in [json!("2"), json!({ "S": "2" })] {
        let base = world.sync(json!({ "basePartitionKey": partition, "deltaIndexName": "all" })).await;
        assert_eq!(titles(&base), ["2"]);
        let request = json!({ "basePartitionKey": partition, "deltaIndexName": "all", "lastSync": NOW });
        assert_eq!(titles(&world.sync(request).await), ["2"]);
    }
    let whole = world.sync(json!({ "deltaIndexName": "all", "lastSync": NOW })).await;
    assert_eq!(titles(&whole), ["1", "2"]);
}

//! Mutations that do not know the latest version, and conditions beside it.

use serde_json::{Value, json};

use super::{NOW, World, delete, put, send, update};

#[tokio::test]
async fn a_mutation_that_does_not_know_the_latest_version_is_refused_with_the_item() {
    let world = World::new().await;
    world.send("optimistic", put("1", "a")).await.unwrap();
    let latest = world.send("optimistic", update("1", 1, json!({ "title": { "S": "b" } }))).await.unwrap();
    let mut stale_put = put("1", "c");
    stale_put["_version"] = 1.into();
    let refused = Err(("ConflictUnhandled".to_owned(), "Conflict resolver rejects mutation.".to_owned(), latest));
    for stale in
        [update("1", 1, json!({ "title": { "S": "c" } })), update("1", 9, json!({})), stale_put, delete("1", 0)]
    {
        assert_eq!(world.send("optimistic", stale.clone()).await, refused, "{stale}");
    }
    assert_eq!(world.scan("Changes").await.len(), 2, "a refused mutation leaves no record");
    let unchecked = world.send("unchecked", update("1", 1, json!({ "title": { "S": "c" } }))).await.unwrap();
    assert_eq!((&unchecked["title"], &unchecked["_version"]), (&json!("c"), &json!(3)));
}

#[tokio::test]
async fn automerge_goes_by_the_type_of_each_attribute() {
    let world = World::new().await;
    let mut first = put("1", "a");
    first["attributeValues"]["list"] = json!({ "L": [{ "N": 24 }, { "N": 30 }] });
    first["attributeValues"]["set"] = json!({ "SS": ["breakfast", "lunch"] });
    first["attributeValues"]["map"] = json!({ "M": { "ppg": { "S": "35.4" } } });
    world.send("automerge", first.clone()).await.unwrap();
    world.send("automerge", update("1", 1, json!({ "title": { "S": "b" } }))).await.unwrap();
    let brought = json!({
        "title": { "S": "c" }, "list": { "L": [{ "N": 30 }, { "N": 35 }] }, "set": { "SS": ["lunch", "brunch"] },
        "map": { "M": { "ppg": { "S": "25.7" }, "rpg": { "S": "6.9" } } }, "new": { "BOOL": true },
    });
    let merged = world.send("automerge", update("1", 1, brought)).await.unwrap();
    let expected = json!({ "id": "1", "title": "b", "list": [24, 30, 30, 35], "set": ["breakfast", "lunch", "brunch"],
        "map": { "ppg": "35.4", "rpg": "6.9" }, "new": true, "_version": 3, "_lastChangedAt": NOW });
    assert_eq!(merged, expected);

    // What an update makes of the item's own values counts once.
    let relative = json!({ "operation": "UpdateItem", "key": { "id": { "S": "1" } }, "_version": 1, "update": {
        "expression": "SET list = list_append(list, :l), map.apg = :m",
        "expressionValues": { ":l": { "L": [{ "N": 99 }] }, ":m": { "S": "6.3" } } } });
    let refused = world.send("automerge", relative.clone()).await.expect_err("`list` is a reserved word");
    assert_eq!(refused.0, "DynamoDB:ValidationException");
    let mut relative = relative;
    relative["update"]["expression"] = "SET #list = list_append(#list, :l), #map.apg = :m".into();
    relative["update"]["expressionNames"] = json!({ "#list": "list", "#map": "map" });
    let merged = world.send("automerge", relative).await.unwrap();
    assert_eq!(merged["list"], json!([24, 30, 30, 35, 99]));
    assert_eq!(merged["map"], json!({ "ppg": "35.4", "rpg": "6.9", "apg": "6.3" }));

    first["_version"] = 1.into();
    first["attributeValues"]["other"] = json!({ "S": "x" });
    let merged = world.send("automerge", first).await.unwrap();
    assert_eq!((&merged["title"], &merged["other"], &merged["_version"]), (&json!("b"), &json!("x"), &json!(5)));
    let (kind, ..) = world.send("automerge", delete("1", 1)).await.expect_err("a deletion is not merged");
    assert_eq!(kind, "ConflictUnhandled");
}

#[tokio::test]
async fn a_function_resolves_conflicts_and_its_mistakes_are_conflict_errors() {
    let world = World::new().await;
    world.send("lambda", put("1", "a")).await.unwrap();
    world.send("lambda", update("1", 1, json!({ "title": { "S": "b" } }))).await.unwrap();
    let stale = || update("1", 1, json!({ "title": { "S": "c" }, "extra": { "N": "7" } }));

    let item =
        json!({ "id": "other", "title": "resolved", "tags": ["x", 1.5, null], "_version": 99, "_deleted": true });
    *world.function.answer.lock() = json!({ "action": "RESOLVE", "item": item });
    let resolved = world.send("lambda", stale()).await.unwrap();
    let expected =
        json!({ "title": "resolved", "tags": ["x", 1.5, null], "id": "1", "_version": 3, "_lastChangedAt": NOW });
    assert_eq!(resolved, expected);
    let asked = world.function.asked.lock().clone();
    let existing = json!({ "id": "1", "title": "b", "_version": 2, "_lastChangedAt": NOW });
    let mut new = existing.clone();
    new["title"] = "c".into();
    new["extra"] = 7.into();
    assert_eq!(asked["newItem"], new);
    assert_eq!(asked["existingItem"], existing);
    assert_eq!(asked["arguments"]["request"]["_version"], 1);
    assert_eq!(
        asked["resolver"],
        json!({ "tableName": "Posts", "awsRegion": "us-east-1", "parentType": "Mutation", "field": "lambda" })
    );
    assert_eq!(asked.get("identity"), Some(&Value::Null), "an API key is nobody");

    let cases = [
        (stale(), json!({ "action": "REJECT" }), "ConflictUnhandled"),
        (delete("1", 1), json!({ "action": "REJECT" }), "ConflictUnhandled"),
        (stale(), json!({ "action": "REMOVE" }), "ConflictError"),
        (stale(), json!({ "action": "RESOLVE" }), "ConflictError"),
        (delete("1", 1), json!({ "action": "RESOLVE", "item": {} }), "ConflictError"),
        (stale(), json!("what?"), "ConflictError"),
    ];
    for (request, answer, expected) in cases {
        *world.function.answer.lock() = answer.clone();
        let (kind, ..) = world.send("lambda", request).await.expect_err("not resolved");
        assert_eq!(kind, expected, "{answer}");
    }
    *world.function.answer.lock() = json!({ "action": "REMOVE" });
    let removed = world.send("lambda", delete("1", 1)).await.unwrap();
    assert_eq!((&removed["_deleted"], &removed["_version"]), (&json!(true), &json!(4)));
    assert_eq!(world.function.asked.lock()["newItem"], Value::Null);
}

#[tokio::test]
async fn a_condition_of_the_request_counts_beside_the_version() {
    let world = World::new().await;
    let mut create = put("1", "a");
    create["condition"] = json!({ "expression": "(attribute_not_exists(#id))", "expressionNames": { "#id": "id" }, "expressionValues": {} });
    let item = world.send("automerge", create.clone()).await.unwrap();
    let (kind, message, data) = world.send("automerge", create).await.expect_err("it is there already");
    assert_eq!(kind, "ConditionalCheckFailedException");
    let start = "The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: ";
    assert!(message.starts_with(start), "{message}");
    assert_eq!(data, item);

    let exists = json!({ "expression": "attribute_exists(#id)", "expressionNames": { "#id": "id" } });
    let mut absent = update("2", 4, json!({ "title": { "S": "x" } }));
    absent["condition"] = exists.clone();
    let (kind, _, data) = world.send("optimistic", absent).await.expect_err("there is nothing to update");
    assert_eq!((kind.as_str(), data), ("ConditionalCheckFailedException", Value::Null));

    let mut stale = update("1", 0, json!({ "extra": { "S": "x" } }));
    stale["condition"] = json!({ "expression": "title = :t", "expressionValues": { ":t": { "S": "z" } } });
    let (kind, ..) = world.send("automerge", stale).await.expect_err("a merge does not go round the condition");
    assert_eq!(kind, "ConditionalCheckFailedException");

    let mut gone = delete("2", 1);
    gone["condition"] = exists;
    assert_eq!(world.send("optimistic", gone).await, Ok(Value::Null), "what is absent counts as deleted");
}

#[tokio::test]
async fn a_function_decides_what_a_failed_condition_means() {
    let world = World::new().await;
    let item = world.send("optimistic", put("1", "a")).await.unwrap();
    let mut conditional = update("1", 1, json!({ "title": { "S": "b" } }));
    conditional["condition"] = json!({ "expression": "title = :t", "expressionValues": { ":t": { "S": "z" } },
        "conditionalCheckFailedHandler": { "strategy": "Custom", "lambdaArn": "arn:aws:lambda:us-east-1:0:function:f" } });
    for (answer, expected) in [
        (json!({ "action": "discard" }), Ok(item.clone())),
        (json!({ "action": "reject" }), Err("ConditionalCheckFailedException")),
        (json!({ "action": "shrug" }), Err("MappingTemplate")),
    ] {
        *world.function.answer.lock() = answer;
        let outcome = world.send("optimistic", conditional.clone()).await;
        assert_eq!(outcome.as_ref().map_err(|(kind, ..)| kind.as_str()), expected.as_ref().map_err(|kind| *kind));
    }
    let asked = world.function.asked.lock().clone();
    assert_eq!((&asked["requestMapping"], &asked["resolver"]["field"]), (&conditional, &json!("optimistic")));
    assert_eq!(asked["currentValue"]["title"], json!({ "S": "a" }));

    // Another update of the same version; a condition that fails again is the end, handler or not.
    let again = json!({ "expression": "title = :t", "expressionValues": { ":t": { "S": "a" } } });
    let given = json!({ "expression": "SET title = :n", "expressionValues": { ":n": { "S": "c" } } });
    let mapping = json!({ "update": given, "condition": conditional["condition"] });
    *world.function.answer.lock() = json!({ "action": "retry", "retryMapping": mapping });
    let (kind, ..) = world.send("optimistic", conditional.clone()).await.expect_err("it still does not hold");
    assert_eq!(kind, "ConditionalCheckFailedException");
    *world.function.answer.lock() =
        json!({ "action": "retry", "retryMapping": { "update": given, "condition": again } });
    let retried = world.send("optimistic", conditional.clone()).await.unwrap();
    assert_eq!((&retried["title"], &retried["_version"]), (&json!("c"), &json!(2)));
    let (kind, ..) = world.send("optimistic", conditional).await.expect_err("the version comes first");
    assert_eq!(kind, "ConflictUnhandled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_updates_of_one_version_exactly_one_wins() {
    let world = World::new().await;
    world.send("optimistic", put("1", "start")).await.unwrap();
    for version in 1..=5 {
        let racers: Vec<_> = (0..8)
            .map(|racer| {
                let api = world.api.clone();
                let request = update("1", version, json!({ "title": { "S": format!("racer {racer}") } }));
                tokio::spawn(async move { send(&api, "optimistic", request).await })
            })
            .collect();
        let mut won = Vec::new();
        let mut lost = Vec::new();
        for racer in racers {
            match racer.await.unwrap() {
                Ok(item) => won.push(item),
                Err((kind, _, data)) => lost.push((kind, data)),
            }
        }
        assert_eq!(won.len(), 1, "{lost:?}");
        assert_eq!(won[0]["_version"], version + 1);
        for (kind, data) in lost {
            assert_eq!((kind.as_str(), data), ("ConflictUnhandled", won[0].clone()));
        }
    }
    assert_eq!(world.scan("Changes").await.len(), 6, "one record for each version");
}

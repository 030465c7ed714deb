//! Versions and aliases: what the recorded cases do not show.

mod support;

use std::sync::Arc;

use aws_protocol::Directory;
use clock::SimulatedClock;
use serde_json::{Value, json};
use support::{Bench, ROLE, START, settle, text};

fn definition(result: &str) -> Value {
    json!({ "StartAt": "Only", "States": { "Only": { "Type": "Pass", "Result": result, "End": true } } })
}

/// A machine with two versions; answers its ARN and theirs.
async fn two_versions(bench: &Bench) -> [String; 3] {
    let (first, second) = (definition("one").to_string(), definition("two").to_string());
    let input = json!({ "name": "Orders", "definition": first, "roleArn": ROLE, "publish": true });
    let created = bench.ok("CreateStateMachine", input).await;
    let machine = text(&created["stateMachineArn"]);
    let input = json!({ "stateMachineArn": machine, "definition": second, "publish": true });
    let updated = bench.ok("UpdateStateMachine", input).await;
    [machine, text(&created["stateMachineVersionArn"]), text(&updated["stateMachineVersionArn"])]
}

fn routing(routes: &[(&str, u64)]) -> Value {
    routes.iter().map(|(arn, weight)| json!({ "stateMachineVersionArn": arn, "weight": weight })).collect()
}

async fn alias(bench: &Bench, routes: &[(&str, u64)]) -> String {
    let input = json!({ "name": "live", "routingConfiguration": routing(routes) });
    text(&bench.ok("CreateStateMachineAlias", input).await["stateMachineAliasArn"])
}

#[tokio::test(start_paused = true)]
async fn an_alias_shares_executions_out_and_they_say_so() {
    let bench = Bench::new().await;
    let [machine, one, two] = two_versions(&bench).await;
    let live = alias(&bench, &[(&one, 50), (&two, 50)]).await;
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..40 {
        let execution = bench.start(&live, &format!("e{number}"), "{}").await;
        let described = bench.finish(&execution).await;
        let version = text(&described["stateMachineVersionArn"]);
        let output = if version == one { "\"one\"" } else { "\"two\"" };
        assert_eq!(described["output"], output, "{version}");
        assert_eq!(
            (&described["stateMachineArn"], &described["stateMachineAliasArn"]),
            (&json!(machine), &json!(live))
        );
        seen.insert(version);
    }
    assert_eq!(seen, [one.clone(), two.clone()].into());
    let count = async |arn: &str| {
        let listed = bench.ok("ListExecutions", json!({ "stateMachineArn": arn, "maxResults": 1000 })).await;
        listed["executions"].as_array().expect("a list").len()
    };
    assert_eq!(count(&live).await, 40);
    assert_eq!(count(&one).await + count(&two).await, 40);
    settle().await;
    let events = bench.events.0.lock();
    let details: Vec<&Value> = events.iter().map(|event| &event["detail"]).collect();
    assert!(details.iter().all(|detail| detail["stateMachineAliasArn"] == *live), "{:?}", details[0]);
    assert!(details.iter().all(|detail| detail["stateMachineVersionArn"].is_string()), "{:?}", details[0]);
}

#[tokio::test(start_paused = true)]
async fn pages_of_a_version_hold_only_its_executions() {
    let bench = Bench::new().await;
    let [machine, one, _] = two_versions(&bench).await;
    for number in 0..9 {
        let arn = if number % 3 == 0 { &one } else { &machine };
        let execution = bench.start(arn, &format!("e{number}"), "{}").await;
        bench.finish(&execution).await;
    }
    let first = bench.ok("ListExecutions", json!({ "stateMachineArn": one, "maxResults": 2 })).await;
    let input = json!({ "stateMachineArn": one, "maxResults": 2, "nextToken": first["nextToken"] });
    let second = bench.ok("ListExecutions", input).await;
    let names = |page: &Value| -> Vec<String> {
        page["executions"].as_array().expect("a list").iter().map(|execution| text(&execution["name"])).collect()
    };
    assert_eq!((names(&first), names(&second)), (vec!["e6".into(), "e3".into()], vec!["e0".into()]));
    assert!(second["nextToken"].is_null());
}

#[tokio::test(start_paused = true)]
async fn refusals_are_worded_as_recorded_on_aws() {
    let bench = Bench::new().await;
    let [machine, one, two] = two_versions(&bench).await;
    let cases = [
        (
            routing(&[(&one, 70), (&two, 29)]),
            "Sum of routing configuration weights must equal 100. Received: [70, 29]".into(),
        ),
        (
            routing(&[(&one, 50), (&one, 50)]),
            format!("Routing configuration must contain distinct state machine version ARNs. Received: [{one}, {one}]"),
        ),
        (
            routing(&[(&machine, 50), (&two, 50)]),
            format!("Routing configuration must contain state machine version ARNs. Received: [{machine}, {two}]"),
        ),
        (
            routing(&[(&one, 101)]),
            "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy \
             constraint: Member must have value less than or equal to 100"
                .into(),
        ),
    ];
    for (routes, message) in cases {
        let input = json!({ "name": "live", "routingConfiguration": routes });
        let refused = bench.refused("CreateStateMachineAlias", input).await;
        assert_eq!(refused, ("ValidationException".to_owned(), message));
    }
    alias(&bench, &[(&one, 100)]).await;
    let input = json!({ "name": "live", "routingConfiguration": routing(&[(&two, 100)]) });
    let (code, message) = bench.refused("CreateStateMachineAlias", input).await;
    assert_eq!(code, "ConflictException");
    assert!(message.starts_with("Failed to create alias because an alias with the same name"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn versions_and_aliases_outlive_the_process_and_go_with_their_machine() {
    let store = Arc::new(store::MemoryStore::new());
    let clock = SimulatedClock::new(START, 7);
    let bench = Bench::open(store.clone(), clock.clone(), Directory::default()).await;
    let [machine, one, two] = two_versions(&bench).await;
    let live = alias(&bench, &[(&two, 100)]).await;
    bench.ok("DeleteStateMachineVersion", json!({ "stateMachineVersionArn": one })).await;
    bench.engine.shutdown().await;

    let bench = Bench::open(store, clock, Directory::default()).await;
    let listed = bench.ok("ListStateMachineVersions", json!({ "stateMachineArn": machine })).await;
    assert_eq!(listed["stateMachineVersions"][0]["stateMachineVersionArn"], *two);
    assert_eq!(listed["stateMachineVersions"].as_array().map(Vec::len), Some(1));
    let execution = bench.start(&live, "after", "{}").await;
    assert_eq!(bench.finish(&execution).await["output"], "\"two\"");
    let published =
        bench.ok("UpdateStateMachine", json!({ "stateMachineArn": machine, "roleArn": ROLE, "publish": true }));
    assert_eq!(published.await["stateMachineVersionArn"], format!("{machine}:3"), "numbers are not used again");

    bench.ok("DeleteStateMachine", json!({ "stateMachineArn": machine })).await;
    let (code, _) = bench.refused("StartExecution", json!({ "stateMachineArn": live })).await;
    assert_eq!(code, "StateMachineDoesNotExist");
    let again = bench.machine("Orders", definition("three")).await;
    let listed = bench.ok("ListStateMachineVersions", json!({ "stateMachineArn": again })).await;
    assert_eq!(listed["stateMachineVersions"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn the_first_revision_is_published_by_its_name() {
    let bench = Bench::new().await;
    let machine = bench.machine("Orders", definition("one")).await;
    let input = json!({ "stateMachineArn": machine, "revisionId": "INITIAL" });
    let published = bench.ok("PublishStateMachineVersion", input.clone()).await;
    assert_eq!(published["stateMachineVersionArn"], format!("{machine}:1"));
    bench.ok("UpdateStateMachine", json!({ "stateMachineArn": machine, "roleArn": ROLE })).await;
    assert_eq!(bench.refused("PublishStateMachineVersion", input).await.0, "ConflictException");
}

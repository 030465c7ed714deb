//! Executions listed, filtered, paged, read, started, stopped, approved, rejected and watched.

use crate::support::{Server, operator::Changes};
use serde_json::{Value, json};

/// An execution that waits for nobody: the machine is asked to wait an hour.
async fn waiting_machine(server: &Server) -> String {
    let definition = json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 3600, "End": true } } });
    let input = json!({ "name": "waits", "definition": definition.to_string(),
        "roleArn": "arn:aws:iam::000000000000:role/r" });
    let (status, answer) = server.try_wire("AWSStepFunctions.CreateStateMachine", &input).await.expect("an answer");
    assert_eq!(status, 200, "{answer}");
    answer["stateMachineArn"].as_str().expect("an ARN").to_owned()
}

async fn start(server: &Server, name: &str) -> Value {
    let query = "mutation Start($name: String!) { startExecution(stateMachine: \"waits\", name: $name, \
                 input: { name: $name }) { arn name stateMachine status stopDate } }";
    server.operate(query, json!({ "name": name })).await["startExecution"].clone()
}

/// Waits for the first change of this execution that has one of these statuses.
async fn until(changes: &mut Changes, arn: &str, statuses: &[&str]) -> String {
    loop {
        let change = changes.next().await;
        let status = change["status"].as_str().expect("a status");
        if change["executionArn"] == arn && statuses.contains(&status) {
            return status.to_owned();
        }
    }
}

#[tokio::test]
async fn executions_are_started_listed_paged_read_and_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    waiting_machine(&server).await;
    for name in ["a", "b", "c"] {
        let started = start(&server, name).await;
        assert_eq!((&started["name"], &started["status"]), (&json!(name), &json!("RUNNING")), "{started}");
        assert_eq!((&started["stateMachine"], &started["stopDate"]), (&json!("waits"), &Value::Null));
    }

    let query = "query Page($after: String) { executions(stateMachine: \"waits\", first: 2, after: $after) \
                 { nodes { name data { input } } next } }";
    let first = server.operate(query, json!({})).await["executions"].clone();
    let second = server.operate(query, json!({ "after": first["next"] })).await["executions"].clone();
    assert_eq!(first["nodes"].as_array().map(Vec::len), Some(2), "newest first: {first}");
    assert_eq!(first["nodes"][0], json!({ "name": "c", "data": { "input": { "name": "c" } } }));
    assert_eq!(second, json!({ "nodes": [{ "name": "a", "data": { "input": { "name": "a" } } }], "next": null }));

    let arn = "arn:aws:states:us-east-1:000000000000:execution:waits:b";
    let stop =
        "mutation Stop($arn: String!) { stopExecution(arn: $arn, error: \"E\", cause: \"C\") { status error cause } }";
    let stopped = server.operate(stop, json!({ "arn": arn })).await["stopExecution"].clone();
    assert_eq!(stopped, json!({ "status": "ABORTED", "error": "E", "cause": "C" }));

    let by_status = "{ running: executions(status: RUNNING) { nodes { name } } \
                     aborted: executions(status: ABORTED) { nodes { name } } }";
    let listed = server.operate(by_status, json!({})).await;
    assert_eq!(listed["running"]["nodes"], json!([{ "name": "c" }, { "name": "a" }]));
    assert_eq!(listed["aborted"]["nodes"], json!([{ "name": "b" }]));

    let history =
        "query Read($arn: String!) { execution(arn: $arn) { history(first: 2) { nodes { id type details } next } } }";
    let read = server.operate(history, json!({ "arn": arn })).await["execution"]["history"].clone();
    assert_eq!(read["nodes"][0]["type"], "ExecutionStarted");
    assert_eq!(read["nodes"][1]["details"]["name"], "W");
    assert!(read["next"].is_string(), "{read}");
}

/// What the picture of an execution says of three of its states.
async fn outcomes(server: &Server, arn: &str) -> [String; 3] {
    let query = "query Graph($arn: String!) { execution(arn: $arn) { graph } }";
    let read = server.operate(query, json!({ "arn": arn })).await;
    let picture = read["execution"]["graph"].as_str().expect("a picture");
    ["ReserveStock", "AwaitApproval", "NotFulfilled"].map(|name| {
        let (before, _) = picture.split_once(&format!("\" data-state=\"{name}\"")).expect("every state is drawn");
        before.rsplit(' ').next().unwrap_or_default().to_owned()
    })
}

#[tokio::test]
async fn waiting_tasks_are_seen_approved_and_rejected() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    let mut changes = server.watch_executions().await;
    let place = "mutation Place($id: ID!) { placeOrder(input: { clientToken: $id, customer: \"c\", \
                 items: [{ sku: \"tea\", quantity: 1, price: 2000 }] }) { executionArn } }";
    let approve =
        "mutation A($token: String!) { approve(taskToken: $token, output: { decidedBy: \"op\", comment: \"\" }) }";
    let reject = "mutation R($token: String!) { reject(taskToken: $token, error: \"OrderRejected\", cause: \"no\") }";
    for (id, decide, end) in [("yes", approve, "SUCCEEDED"), ("no", reject, "FAILED")] {
        let placed = server.graphql(place, json!({ "id": id })).await["data"]["placeOrder"].clone();
        let arn = placed["executionArn"].as_str().expect("an ARN").to_owned();
        let pending = loop {
            let pending = server.operate("{ pendingApprovals { executionArn state taskToken } }", json!({})).await;
            match &pending["pendingApprovals"][0] {
                Value::Null => _ = changes.next().await,
                task => break task.clone(),
            }
        };
        assert_eq!((&pending["executionArn"], &pending["state"]), (&json!(arn), &json!("AwaitApproval")));
        assert_eq!(outcomes(&server, &arn).await, ["succeeded", "running", "unreached"], "before {id}");
        server.operate(decide, json!({ "token": pending["taskToken"] })).await;
        assert_eq!(until(&mut changes, &arn, &["SUCCEEDED", "FAILED"]).await, end);
        let after =
            if id == "yes" { ["succeeded", "succeeded", "unreached"] } else { ["succeeded", "caught", "failed"] };
        assert_eq!(outcomes(&server, &arn).await, after, "after {id}");
    }
    let order = server.graphql("{ order(id: \"no\") { status statusReason } }", json!({})).await;
    assert_eq!(order["data"]["order"], json!({ "status": "REJECTED", "statusReason": "no" }));
}

#[tokio::test]
async fn an_execution_is_gone_back_to_from_the_api_and_from_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    waiting_machine(&server).await;
    let original = start(&server, "a").await["arn"].as_str().expect("an ARN").to_owned();
    let fork = "mutation Fork($arn: String!) { forkExecution(executionArn: $arn, state: \"W\", name: \"b\", \
                input: { edited: true }) { arn status forkedFrom { executionArn state eventId input } data { input } } }";
    let forked = server.operate(fork, json!({ "arn": original })).await["forkExecution"].clone();
    let from = json!({ "executionArn": original, "state": "W", "eventId": 2, "input": { "edited": true } });
    assert_eq!((&forked["status"], &forked["forkedFrom"]), (&json!("RUNNING"), &from));
    assert_eq!(forked["data"]["input"], json!({ "edited": true }), "it begins where the original began");

    let arguments = ["fork", &original, "--from", "W", "--name", "c", "--current-definition"];
    let (status, out, err) = crate::support::run(folder.path(), &arguments).await;
    assert!(status.success(), "{err}");
    assert_eq!(out.trim(), original.replace("waits:a", "waits:c"));
    assert!(err.contains("goes on from 'W' as it was entered at event 2"), "{err}");
    let read = "query Read($arn: String!) { execution(arn: $arn) { forkedFrom { state } \
                history { nodes { type details } } } }";
    let read = server.operate(read, json!({ "arn": out.trim() })).await["execution"].clone();
    let nodes = &read["history"]["nodes"];
    assert_eq!(nodes[0]["details"]["forkedFrom"], json!({ "executionArn": original, "state": "W", "eventId": 2 }));
    assert_eq!(
        (&nodes[1]["type"], &nodes[1]["details"]["input"]),
        (&json!("WaitStateEntered"), &json!(r#"{"name":"a"}"#))
    );
    assert_eq!(read["forkedFrom"]["state"], "W");

    for (arguments, part) in [
        (["--from", "w", "--input", "{}"], "has no state 'w'"),
        (["--from", "W", "--input", "{"], "is not JSON"),
        (["--from", "W", "--name", "a"], "Execution Already Exists"),
    ] {
        let (status, _, err) =
            crate::support::run(folder.path(), &[&["fork", &original][..], &arguments].concat()).await;
        assert!(!status.success() && err.contains(part), "{err}");
    }
}

#[tokio::test]
async fn a_changed_definition_is_replayed_with_and_without_a_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    waiting_machine(&server).await;
    let arn = start(&server, "a").await["arn"].as_str().expect("an ARN").to_owned();
    server.operate("mutation S($arn: String!) { stopExecution(arn: $arn) { arn } }", json!({ "arn": arn })).await;
    let changed = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "Next": "W" },
        "W": { "Type": "Wait", "Seconds": 3600, "End": true } } });
    let query = "query R($arn: String!, $definition: String) { replayExecution(executionArn: $arn, definition: $definition) \
                 { parts agreeing difference { field recorded { id state } replayed { id type state } } \
                 recorded { status } replayed { status } } }";
    let answer = server.operate(query, json!({ "arn": arn, "definition": changed.to_string() })).await;
    let difference = json!({ "field": "type", "recorded": { "id": 2, "state": "W" },
        "replayed": { "id": 2, "type": "PassStateEntered", "state": "P" } });
    let expected = json!({ "parts": true, "agreeing": 1, "difference": difference,
        "recorded": { "status": "ABORTED" }, "replayed": { "status": "ABORTED" } });
    assert_eq!(answer["replayExecution"], expected);

    let file = folder.path().join("changed.asl.json");
    std::fs::write(&file, changed.to_string()).expect("written");
    let file = file.to_str().expect("a path");
    let check = async || {
        let (status, out, err) = crate::support::run(folder.path(), &["replay", &arn]).await;
        assert!(status.success() && out.contains("3 events agree") && out.contains("they never part"), "{out}{err}");
        let (status, out, err) = crate::support::run(folder.path(), &["replay", &arn, "--definition", file]).await;
        assert_eq!(status.code(), Some(1), "{err}");
        assert!(out.contains("they part in `type`"), "{out}");
        let (_, out, _) = crate::support::run(folder.path(), &["replay", &arn, "--definition", file, "--json"]).await;
        let report: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!((&report["parts"], &report["difference"]["field"]), (&json!(true), &json!("type")));
        for (arguments, part) in [
            (&[&*arn, "--definition", "/nowhere/x.json"][..], "read the definition"),
            (&[&*format!("{arn}x")][..], "Execution Does Not Exist"),
        ] {
            let (status, _, err) = crate::support::run(folder.path(), &[&["replay"][..], arguments].concat()).await;
            assert_eq!(status.code(), Some(2), "{err}");
            assert!(err.contains(part), "{err}");
        }
    };
    check().await;
    server.stop().await;
    check().await;
}

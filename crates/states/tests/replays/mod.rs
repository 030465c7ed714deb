//! Replays under other definitions: where they part, what follows, and what the recording cannot say.

use serde_json::{Value, json};
use states::{interpreter::Outcome, replay::Replay};

use crate::support::{Bench, settle};

/// Each item waits and is packed; then the whole is shown.
fn packing() -> Value {
    json!({
        "StartAt": "Begin",
        "States": {
            "Begin": { "Type": "Pass", "Next": "Each" },
            "Each": { "Type": "Map", "ItemsPath": "$.items", "Next": "Rest", "ItemProcessor": { "StartAt": "Pack", "States": {
                "Pack": { "Type": "Task", "Resource": crate::ACTIVITY, "End": true,
                          "Retry": [{ "ErrorEquals": ["Once"], "IntervalSeconds": 3 }] } } } },
            "Rest": { "Type": "Wait", "Seconds": 40, "Next": "Ship" },
            "Ship": { "Type": "Task", "Resource": crate::ACTIVITY, "Parameters": { "packed.$": "$", "by": "van" },
                      "TimeoutSeconds": 600, "Next": "Done" },
            "Done": { "Type": "Succeed" },
        }
    })
}

/// `definition` with another value at a JSON pointer.
fn with(mut definition: Value, pointer: &str, value: Value) -> Value {
    let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
    definition.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"))[member] = value;
    definition
}

/// Runs [`packing`]: the second item is packed first, the first fails once, and shipping takes a minute.
async fn packed(bench: &Bench) -> String {
    let machine = bench.machine("Packing", packing()).await;
    let execution = bench.start(&machine, "e", r#"{"items":[1,2]}"#).await;
    let (first, _) = crate::take(bench).await;
    let (second, _) = crate::take(bench).await;
    bench.ok("SendTaskSuccess", json!({ "taskToken": second, "output": "20" })).await;
    bench.ok("SendTaskFailure", json!({ "taskToken": first, "error": "Once" })).await;
    let (first, _) = crate::take(bench).await;
    bench.ok("SendTaskSuccess", json!({ "taskToken": first, "output": "10" })).await;
    let (ship, input) = crate::take(bench).await;
    assert_eq!(input, r#"{"packed":[10,20],"by":"van"}"#);
    bench.clock.advance_to(clock::Clock::now(&bench.clock).plus_seconds(60));
    settle().await;
    bench.ok("SendTaskSuccess", json!({ "taskToken": ship, "output": "\"shipped\"" })).await;
    assert_eq!(bench.finish(&execution).await["output"], "\"shipped\"");
    execution
}

async fn replay(bench: &Bench, execution: &str, definition: &Value) -> Replay {
    bench.engine.replay(execution, Some(&definition.to_string())).await.expect("replayed")
}

/// Number, type and state of the first events that differ, and what differs in them.
fn parting(replay: &Replay) -> (u64, String, String, String) {
    let difference = replay.difference.as_ref().unwrap_or_else(|| panic!("{replay:?}"));
    let shown = |side: &Option<states::replay::Shown>| {
        side.as_ref().map_or("nothing".to_owned(), |shown| {
            let state = shown.state.as_deref().unwrap_or("-");
            format!("{} {state}", shown.event.details.type_name())
        })
    };
    (replay.agreeing, difference.field.clone(), shown(&difference.recorded), shown(&difference.replayed))
}

#[tokio::test(start_paused = true)]
async fn the_same_definition_gives_the_same_history() {
    let bench = crate::bench().await;
    packed(&bench).await;
    bench.assert_replays().await;
}

#[tokio::test(start_paused = true)]
async fn answers_are_found_by_state_and_occurrence() {
    let bench = crate::bench().await;
    let execution = packed(&bench).await;
    let shipped = Outcome::Succeeded("\"shipped\"".into());
    let looked_at = json!({ "StartAt": "Look", "States": { "Look": { "Type": "Pass", "Next": "Pack" },
        "Pack": packing()["States"]["Each"]["ItemProcessor"]["States"]["Pack"] } });
    let inserted = with(packing(), "/States/Each/ItemProcessor", looked_at);
    let inserted = with(inserted, "/States/Ship/Parameters/by", json!("bike"));
    let found = replay(&bench, &execution, &inserted).await;
    let (agreeing, field, recorded, replayed) = parting(&found);
    assert_eq!((agreeing, &*recorded, &*replayed), (7, "TaskStateEntered Pack", "PassStateEntered Look"));
    assert_eq!(field, "type");
    assert_eq!((&found.replayed.outcome, found.unanswered.len()), (&shipped, 0));
    assert_eq!(found.replayed.events, found.recorded.events + 4, "Look is entered and left for each item");
    assert_eq!(found.agreed.len(), 7);

    let changed = with(packing(), "/States/Ship/Parameters/by", json!("bike"));
    let found = replay(&bench, &execution, &changed).await;
    let (_, field, recorded, replayed) = parting(&found);
    assert_eq!(field, "activityScheduledEventDetails.input.by");
    assert_eq!((&*recorded, &*replayed), ("ActivityScheduled Ship", "ActivityScheduled Ship"));
    assert_eq!(found.replayed.outcome, shipped);
    assert_eq!(found.replayed.events, found.recorded.events);
}

#[tokio::test(start_paused = true)]
async fn a_shorter_wait_parts_nothing_and_a_shorter_time_out_does() {
    let bench = crate::bench().await;
    let execution = packed(&bench).await;
    for seconds in [1, 39, 41, 7_200] {
        let found = replay(&bench, &execution, &with(packing(), "/States/Rest/Seconds", json!(seconds))).await;
        assert_eq!((found.difference, found.agreeing), (None, found.recorded.events), "{seconds}");
    }
    let hurried = with(packing(), "/States/Ship/TimeoutSeconds", json!(30));
    let found = replay(&bench, &execution, &hurried).await;
    assert_eq!(parting(&found).1, "activityScheduledEventDetails.timeoutInSeconds");
    let Outcome::Failed { error, .. } = &found.replayed.outcome else { panic!("{found:?}") };
    assert_eq!(error.as_deref(), Some("States.Timeout"));
    assert_eq!(found.recorded.outcome, Outcome::Succeeded("\"shipped\"".into()));
}

#[tokio::test(start_paused = true)]
async fn what_the_recording_does_not_answer_is_named() {
    let bench = crate::bench().await;
    let execution = packed(&bench).await;
    let insured = with(packing(), "/States/Rest/Next", json!("Insure"));
    let insure = json!({ "Type": "Task", "Resource": crate::ACTIVITY, "TimeoutSeconds": 5, "Next": "Ship" });
    let found = replay(&bench, &execution, &with(insured, "/States/Insure", insure)).await;
    let (_, field, recorded, replayed) = parting(&found);
    assert_eq!(
        (&*field, &*recorded, &*replayed),
        ("stateEnteredEventDetails.name", "TaskStateEntered Ship", "TaskStateEntered Insure")
    );
    assert_eq!(found.replayed.outcome, Outcome::Running);
    let [task] = &found.unanswered[..] else { panic!("{found:?}") };
    assert_eq!((&*task.state, &*task.resource, &*task.parameters), ("Insure", crate::ACTIVITY, "[10,20]"));
    assert!(!task.is_known);
    let follows: Vec<String> = found.replayed.follows.iter().map(|shown| shown.event.details.type_name()).collect();
    assert_eq!(follows, ["ActivityScheduled"]);
    assert_eq!(found.recorded.follows.len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_caught_now_goes_on() {
    let bench = crate::bench().await;
    let machine = bench.machine("Orders", crate::one_task()).await;
    let execution = bench.start(&machine, "e", "{}").await;
    crate::fail(&bench, "Broken").await;
    bench.finish(&execution).await;
    let mended =
        with(crate::one_task(), "/States/Pack/Catch", json!([{ "ErrorEquals": ["Broken"], "Next": "Mended" }]));
    let mended = with(mended, "/States/Mended", json!({ "Type": "Pass", "Result": "mended", "End": true }));
    let found = replay(&bench, &execution, &mended).await;
    assert_eq!(parting(&found).2, "ExecutionFailed -");
    assert_eq!(parting(&found).3, "TaskStateExited Pack");
    assert_eq!(found.replayed.outcome, Outcome::Succeeded("\"mended\"".into()));
    // Without a definition it is the one of now.
    let update = json!({ "stateMachineArn": machine, "definition": mended.to_string() });
    bench.ok("UpdateStateMachine", update).await;
    assert_eq!(bench.engine.replay(&execution, None).await.expect("replayed"), found);

    let refused = async |arn: &str, definition: Option<&str>| {
        let error: aws_protocol::ServiceError = bench.engine.replay(arn, definition).await.expect_err("refused").into();
        error.code.into_owned()
    };
    assert_eq!(refused(&execution, Some("{}")).await, "InvalidDefinition");
    assert_eq!(refused(&format!("{execution}x"), None).await, "ExecutionDoesNotExist");
    bench.ok("DeleteStateMachine", json!({ "stateMachineArn": machine })).await;
    assert_eq!(refused(&execution, None).await, "StateMachineDoesNotExist");
}

#[tokio::test(start_paused = true)]
async fn a_running_or_forked_or_redriven_execution_replays_as_far_as_it_has_come() {
    let bench = crate::bench().await;
    let machine = bench.machine("Orders", crate::one_task()).await;
    let execution = bench.start(&machine, "e", "{}").await;
    bench.assert_replays().await;
    crate::fail(&bench, "Broken").await;
    bench.finish(&execution).await;
    crate::redrive(&bench, &execution).await;
    let fork = states::Fork { execution_arn: execution, state: "Pack".into(), ..states::Fork::default() };
    let forked = bench.engine.fork(fork).await.expect("forked").execution_arn;
    bench.ok("StopExecution", json!({ "executionArn": &*forked })).await;
    bench.assert_replays().await;
    let renamed = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } }).to_string();
    let error = bench.engine.replay(&forked, Some(&renamed)).await.expect_err("no such state").to_string();
    assert_eq!(error, "the execution began in the state 'Pack', which the definition does not have");
}

#[tokio::test(start_paused = true)]
async fn the_children_of_a_distributed_map_answer_it_again() {
    let bench = crate::bench().await;
    let inner = json!({ "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "Double", "States": { "Double": { "Type": "Pass", "End": true } } });
    let definition = json!({ "StartAt": "Each", "States": { "Each": { "Type": "Map", "Label": "Each", "ItemProcessor": inner,
        "End": true } } });
    let machine = bench.machine("Many", definition.clone()).await;
    let execution = bench.start(&machine, "e", "[1,2,3]").await;
    assert_eq!(bench.finish(&execution).await["output"], "[1,2,3]");
    bench.assert_replays().await;
    let after = with(definition.clone(), "/States/Each/Next", json!("After"));
    let mut after = with(after, "/States/After", json!({ "Type": "Pass", "Result": "done", "End": true }));
    after["States"]["Each"].as_object_mut().expect("a state").shift_remove("End");
    let found = replay(&bench, &execution, &after).await;
    assert_eq!(found.replayed.outcome, Outcome::Succeeded("\"done\"".into()));
    // Children of another Map are not those that the recording tells of.
    let before = with(after, "/States/Other", definition["States"]["Each"].clone());
    let mut before = with(before, "/StartAt", json!("Other"));
    before["States"]["Other"]["Next"] = json!("Each");
    before["States"]["Other"]["Label"] = json!("Other");
    before["States"]["Other"]["ItemProcessor"]["States"] = json!({ "Half": { "Type": "Pass", "End": true } });
    before["States"]["Other"]["ItemProcessor"]["StartAt"] = json!("Half");
    before["States"]["Other"].as_object_mut().expect("a state").shift_remove("End");
    let found = replay(&bench, &execution, &before).await;
    assert_eq!(found.replayed.outcome, Outcome::Running);
    let [waiting] = &found.unanswered[..] else { panic!("{found:?}") };
    assert_eq!((&*waiting.state, &*waiting.resource), ("Other", "its child executions"));

    let runs = bench.ok("ListMapRuns", json!({ "executionArn": execution })).await;
    let children = bench.ok("ListExecutions", json!({ "mapRunArn": runs["mapRuns"][0]["mapRunArn"] })).await;
    let child = children["executions"][0]["executionArn"].as_str().expect("an ARN").to_owned();
    let alone = bench.engine.replay(&child, None).await.expect("replayed");
    assert!(alone.difference.is_none(), "{alone:?}");
    assert_eq!(alone.replayed.outcome, alone.recorded.outcome);
    let tripled = with(definition, "/States/Each/ItemProcessor/States/Double/Result", json!(9));
    assert_eq!(replay(&bench, &child, &tripled).await.replayed.outcome, Outcome::Succeeded("9".into()));
    let fork = states::Fork { execution_arn: child, state: "Each".into(), ..states::Fork::default() };
    let refused = bench.engine.fork(fork).await.expect_err("a child").to_string();
    assert!(refused.contains("child of a distributed Map") && refused.contains(&execution), "{refused}");
}

//! Bounds, stimuli that do not fit, and input that tries to run away.

use serde_json::Value;
use states::interpreter::{Bounds, Command, Decision, ExecutionKind, Outcome, Stimulus, TaskId, TimerId};

use crate::play::{Play, definition};

const LAMBDA: &str = "arn:aws:lambda:us-east-1:111111111111:function:pack";

fn play(text: &str, input: &str) -> Play {
    Play::new(definition(text), input, ExecutionKind::Standard)
}

fn error(play: &Play) -> (&str, &str) {
    match play.execution.outcome() {
        Outcome::Failed { error, cause } => (error.as_deref().unwrap_or(""), cause.as_deref().unwrap_or("")),
        other => panic!("not failed: {other:?}"),
    }
}

#[test]
fn a_loop_ends_at_the_limit_of_the_history() {
    let text =
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}"#;
    let mut play = play(text, "{}");
    play.run();
    assert_eq!(error(&play).0, "States.Runtime");
    assert_eq!(play.events.len(), 25_000);
    assert_eq!(play.events.last().map(|event| event.id), Some(25_000));
}

#[test]
fn an_execution_ends_at_its_own_bounds() {
    let text =
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}"#;
    let mut play = play(text, "{}");
    play.execution = play.execution.bounded(Bounds { max_events: 30_000, ..Bounds::default() });
    play.run();
    assert_eq!(error(&play).1, "The execution reached the maximum number of history events (30000).");
    assert_eq!(play.events.len(), 30_000);
}

#[test]
fn an_express_loop_ends_too() {
    let text =
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}"#;
    let mut play = Play::new(definition(text), "{}", ExecutionKind::Express);
    play.run();
    assert_eq!(error(&play).0, "States.Runtime");
}

#[test]
fn a_map_of_thousands_runs_forty_at_once() {
    let text = format!(
        r#"{{"StartAt": "Each", "States": {{"Each": {{"Type": "Map", "End": true, "ItemProcessor":
            {{"StartAt": "Work", "States": {{"Work": {{"Type": "Task", "Resource": "{LAMBDA}", "End": true}}}}}}}}}}}}"#
    );
    let items: Vec<u32> = (0..2_000).collect();
    let mut play = play(&text, &serde_json::to_string(&items).unwrap());
    play.step(Stimulus::Started);
    let mut most = 0;
    while play.execution.is_running() {
        let live: Vec<_> =
            play.execution.live_tasks().map(|request| (request.task, request.parameters.clone())).collect();
        most = most.max(live.len());
        for (task, output) in live {
            play.step(Stimulus::TaskSucceeded { task, output });
        }
    }
    assert_eq!(most, 40);
    let Outcome::Succeeded(output) = play.execution.outcome() else { panic!("{:?}", play.execution.outcome()) };
    assert_eq!(**output, *serde_json::to_string(&items).unwrap());
}

#[test]
fn a_state_that_gives_too_much_fails() {
    let text = r#"{"StartAt": "Twice", "States": {"Twice": {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "End": true}}}"#;
    let mut play = play(text, &format!("\"{}\"", "x".repeat(200_000)));
    play.run();
    let cause =
        "The state/task 'Twice' returned a result with a size exceeding the maximum number of bytes service limit.";
    assert_eq!(error(&play), ("States.DataLimitExceeded", cause));
}

#[test]
fn a_result_that_is_too_large_fails_its_task() {
    let output = format!("\"{}\"", "x".repeat(262_143));
    for (resource, label, last) in
        [(LAMBDA, LAMBDA, "LambdaFunctionSucceeded"), ("arn:aws:states:::lambda:invoke", "lambda", "TaskFailed")]
    {
        let text = format!(
            r#"{{"StartAt": "Pack", "States": {{"Pack": {{"Type": "Task", "Resource": "{resource}",
                "Parameters": {{"FunctionName": "pack"}}, "End": true}}}}}}"#
        );
        let mut play = play(&text, "{}");
        play.step(Stimulus::Started);
        play.step(Stimulus::TaskSucceeded { task: TaskId(0), output: output.as_str().into() });
        assert_eq!(error(&play).0, "States.DataLimitExceeded");
        assert!(error(&play).1.contains(&format!("'{label}'")), "{:?}", error(&play));
        let names: Vec<_> = play.events.iter().map(|event| event.details.type_name()).collect();
        assert_eq!(names[names.len() - 2], last);
    }
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let text = format!(
        r#"{{"StartAt": "Pack", "States": {{"Pack": {{"Type": "Task", "Resource": "{LAMBDA}", "TimeoutSeconds": 9, "End": true}}}}}}"#
    );
    let mut play = play(&text, "{}");
    let strangers = || {
        let (task, output) = (TaskId(7), "{}".into());
        vec![
            Stimulus::TaskSucceeded { task, output },
            Stimulus::TaskFailed { task, error: None, cause: None },
            Stimulus::TaskSubmitted { task, output: "{}".into() },
            Stimulus::ActivityStarted { task, worker: None },
            Stimulus::ActivityStarted { task: TaskId(0), worker: None },
            Stimulus::TaskSubmitted { task: TaskId(0), output: "{}".into() },
            Stimulus::Heartbeat { task },
            Stimulus::TimerFired { timer: TimerId(7) },
        ]
    };
    assert_eq!(play.step(Stimulus::Stopped { error: None, cause: None }), Decision::default(), "before the start");
    play.step(Stimulus::Started);
    let before = play.execution.fingerprint();
    for stimulus in strangers().into_iter().chain([Stimulus::Started]) {
        assert_eq!(play.step(stimulus.clone()), Decision::default(), "{stimulus:?}");
        assert_eq!(play.execution.fingerprint(), before, "{stimulus:?}");
    }
    play.step(Stimulus::TaskSucceeded { task: TaskId(0), output: "1".into() });
    for stimulus in strangers() {
        assert_eq!(play.step(stimulus.clone()), Decision::default(), "after the end: {stimulus:?}");
    }
    play.assert_replays();
}

#[test]
fn a_token_is_the_same_on_replay_and_in_the_context() {
    let text = r#"{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token", "retries.$": "$$.State.RetryCount"}}, "End": true}}}"#;
    let mut play = play(text, "{}");
    play.step(Stimulus::Started);
    let request = play.execution.live_tasks().next().expect("one task is live").clone();
    let parameters: Value = serde_json::from_str(&request.parameters).unwrap();
    assert_eq!(parameters["MessageBody"]["token"].as_str(), request.token.as_deref());
    assert_eq!(parameters["MessageBody"]["retries"], 0);
    assert!(play.execution.is_live(request.task) && !play.execution.is_submitted(request.task));
    play.step(Stimulus::TaskSubmitted { task: request.task, output: "{}".into() });
    assert!(play.execution.is_submitted(request.task));
    play.assert_replays();
}

#[test]
fn input_that_nests_too_deep_fails_the_execution() {
    let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#;
    let mut play = play(text, &("[".repeat(10_000) + &"]".repeat(10_000)));
    play.run();
    assert_eq!(error(&play).0, "States.Runtime");
}

#[test]
fn a_child_that_loops_fails_at_the_limit_of_its_own_history() {
    let text = r#"{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}}}}"#;
    let mut play = play(text, "[1]");
    play.run();
    assert_eq!(error(&play).0, "States.ExceedToleratedFailureThreshold");
    assert!(play.events.len() < 10);
}

#[test]
fn a_map_run_of_thousands_starts_ten_thousand_children_at_once() {
    let text = r#"{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemSelector": {"at.$": "$$.Map.Item.Index"},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}}}}"#;
    let items: Vec<u32> = (0..12_000).collect();
    let mut play = play(text, &serde_json::to_string(&items).unwrap());
    let decision = play.step(Stimulus::Started);
    let [Command::StartChildren { children, .. }] = &decision.commands[..] else { panic!("{:?}", decision.commands) };
    assert_eq!(children.len(), 10_000);
    assert_eq!(&*children[9_999].input, r#"{"at":9999}"#);
    let [state] = &decision.map_runs[..] else { panic!("{:?}", decision.map_runs) };
    assert_eq!((state.items.pending, state.items.running, state.items.total), (2_000, 10_000, 12_000));
    let names: std::collections::BTreeSet<_> = children.iter().map(|child| child.name.clone()).collect();
    assert_eq!(names.len(), 10_000);
}

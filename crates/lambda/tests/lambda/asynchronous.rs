//! Asynchronous invocations: accepted before they run, tried three times.

use std::{fs, sync::Arc};

use clock::{SimulatedClock, Timestamp};
use lambda::{Function, Run};
use serde_json::json;

use crate::harness::{call, folder, function, service_with, shell};

#[tokio::test]
async fn an_event_is_accepted_and_tried_three_times_with_growing_pauses() {
    let folder = folder(&[]);
    let clock = SimulatedClock::new(Timestamp(0), 1);
    let failing =
        function(&folder, Run::Stdio(shell("cat >/dev/null; echo $AWS_LAMBDA_REQUEST_ID >> tried; exit 1")), "");
    let failing = Function { timeout_seconds: 900, ..failing };
    let lambda = service_with(failing, Arc::new(clock.clone()));
    let answer = call(&lambda, json!({ "FunctionName": "f", "InvocationType": "Event" })).await.expect("accepted");
    assert_eq!((&answer["StatusCode"], answer.get("FunctionError")), (&json!(202), None));
    let tried = || fs::read_to_string(folder.path().join("tried")).unwrap_or_default().lines().count();
    for (attempts, due) in [(1, 60_000), (2, 180_000)] {
        // The function's own time-out is later than both pauses.
        while clock.next_wake() != Some(Timestamp(due)) {
            tokio::task::yield_now().await;
        }
        assert_eq!(tried(), attempts);
        clock.advance_to(Timestamp(due));
    }
    while tried() < 3 || clock.next_wake().is_some() {
        tokio::task::yield_now().await;
    }
    assert_eq!(tried(), 3);
    let ids = fs::read_to_string(folder.path().join("tried")).expect("written");
    let first = ids.lines().next().expect("a line");
    assert!(ids.lines().all(|id| id == first), "{ids}");
}

//! Expressions of workflows that would take all memory or for ever: `States.QueryEvaluationError`, and the process small.

use serde_json::{Value, json};

use crate::support::Server;

/// What the process may have resident at its peak, bytes: some 100 MiB before, and a sandbox for each thread.
const MOST_RESIDENT: u64 = 1 << 30;

/// Runs each as the only state of an Express workflow.
pub(crate) async fn refused(server: &Server) {
    let doubling = |growth: &str, end: &str| {
        format!("{{% ( $f := function($s, $n){{ $n = 0 ? $s : $f({growth}, $n - 1) }}; $x := $f('x', 40); {end} ) %}}")
    };
    let bombs = [
        doubling("$s & $s", "$x"),
        doubling("$append([$s], $s)", "$count($x)"),
        doubling("{'a': $s, 'b': $s}", "$string($x)"),
        "{% $pad('x', 1000000000) %}".to_owned(),
        "{% $join([1..1000000].$string($states.input)) %}".to_owned(),
        "{% ( $f := function($n){ 1 + $f($n + 1) }; $f(0) ) %}".to_owned(),
    ];
    for (number, bomb) in bombs.iter().enumerate() {
        let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "P",
            "States": { "P": { "Type": "Pass", "Output": bomb, "End": true } } });
        let made = json!({ "name": format!("bomb-{number}"), "definition": definition.to_string(), "type": "EXPRESS",
            "roleArn": "arn:aws:iam::000000000000:role/r" });
        let machine = answer(server, "CreateStateMachine", made).await["stateMachineArn"].clone();
        let input = Value::from("i".repeat(100_000)).to_string();
        let ended = answer(server, "StartSyncExecution", json!({ "stateMachineArn": machine, "input": input })).await;
        assert_eq!(ended["status"], "FAILED", "{bomb}: {ended}");
        assert_eq!(ended["error"], "States.QueryEvaluationError", "{bomb}: {ended}");
    }
    if let Some(resident) = most_resident(server.pid()) {
        assert!(resident < MOST_RESIDENT, "{resident} bytes were resident");
    }
}

async fn answer(server: &Server, operation: &str, input: Value) -> Value {
    let target = format!("AWSStepFunctions.{operation}");
    let (status, answer) = server.try_wire(&target, &input).await.expect("an answer");
    assert_eq!(status, 200, "{operation}: {answer}");
    answer
}

/// The peak of a process, where the system tells.
fn most_resident(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? << 10)
}

//! [StartSyncExecution](https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html):
//! runs an Express execution to its end and answers its result.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{input::Input, start_execution};
use crate::{Error, MachineType, engine::Shared, records::ExecutionRow};

pub(super) async fn run(shared: &Arc<Shared>, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    input.choice("includedData", &["ALL_DATA", "METADATA_ONLY"], "ALL_DATA")?;
    let start = start_execution::read(shared, input)?;
    if start.target.machine.kind != MachineType::Express {
        return Err(Error::StateMachineTypeNotSupported);
    }
    let (slot, _) = shared.start(start).await?;
    let mut stopping = shared.stopping.subscribe();
    tokio::select! {
        biased;
        row = slot.wait_for_end() => Ok(answer(&row)),
        _ = stopping.wait_for(|stopping| *stopping) => Err(Error::ShutDown),
    }
}

fn answer(row: &ExecutionRow) -> Value {
    let stopped = row.stopped.unwrap_or(row.started);
    let mut answer = json!({
        "executionArn": row.arn,
        "stateMachineArn": row.machine.arn,
        "name": row.name,
        "startDate": row.started.epoch_seconds(),
        "stopDate": stopped.epoch_seconds(),
        "status": row.status.as_str(),
        "input": row.input,
        "inputDetails": { "included": true },
        "billingDetails": {
            "billedMemoryUsedInMB": 64,
            "billedDurationInMilliseconds": billed_millis(stopped.0 - row.started.0),
        },
    });
    if let Some(output) = &row.output {
        answer["output"] = json!(output);
        answer["outputDetails"] = json!({ "included": true });
    }
    let texts = [("error", &row.error), ("cause", &row.cause), ("traceHeader", &row.trace_header)];
    for (member, text) in texts.into_iter().filter(|(_, text)| text.is_some()) {
        answer[member] = json!(text);
    }
    answer
}

/// Durations are billed in steps of 100 milliseconds, at least one.
fn billed_millis(duration: i64) -> i64 {
    (duration.max(1) + 99) / 100 * 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_billed_in_steps() {
        let billed: Vec<_> = [0, 1, 100, 101, 2_500].into_iter().map(billed_millis).collect();
        assert_eq!(billed, [100, 100, 100, 200, 2_500]);
    }
}

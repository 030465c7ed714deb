//! What an expression costs on each of the two engines for JSONata: an Express execution of one Pass state, in this
//! process.

use anyhow::ensure;
use serde_json::json;

use super::{Scale, embedded::Embedded};
use crate::table::row;

/// Both give the sum of the input; the second has no bound that can be told beforehand, and runs in the sandbox.
const SUMS: [(&str, &str); 2] = [
    ("bounded", "{% $sum($states.input) %}"),
    ("sandbox", "{% $reduce($states.input, function($sum, $number) { $sum + $number }) %}"),
];
/// Numbers in the input, and which part of a round's requests is enough for them.
const INPUTS: [(u64, usize); 2] = [(10, 4), (1_000, 40)];
/// One after the other: the latency is what a state costs.
const CALLERS: usize = 1;

pub(super) async fn run(scale: &Scale) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let engine = Embedded::open(folder.path()).await?;
    for (name, source) in SUMS {
        let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Sum", "States": {
            "Sum": { "Type": "Pass", "Output": source, "End": true } } });
        let machine = engine.machine(name, &definition, "EXPRESS").await?;
        for (numbers, part) in INPUTS {
            let input = json!((1..=numbers).collect::<Vec<_>>()).to_string();
            let sum = (numbers * (numbers + 1) / 2).to_string();
            let work = async || {
                let request = json!({ "stateMachineArn": machine, "input": input });
                let answer = engine.call("StartSyncExecution", request).await?;
                ensure!(answer["output"] == sum.as_str(), "a wrong answer: {answer}");
                Ok(())
            };
            let mut rounds = Vec::new();
            for _ in 0..=scale.rounds {
                rounds.push(engine.round(scale.requests.div_ceil(part), CALLERS, work).await?);
            }
            rounds.remove(0); // Warm-up.
            row(&format!("{name}, {numbers} numbers"), &rounds);
        }
    }
    Ok(())
}

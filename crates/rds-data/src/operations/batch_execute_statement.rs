//! `BatchExecuteStatement`: one statement with several sets of parameters.
//!
//! <https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_BatchExecuteStatement.html>

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Place, run};
use crate::{Error, RdsData, limits, parameter};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchExecuteStatement {
    #[serde(flatten)]
    place: Place,
    sql: String,
    #[serde(default)]
    parameter_sets: Vec<Value>,
}

pub(crate) async fn perform(service: &RdsData, input: BatchExecuteStatement) -> Result<Value, Error> {
    if input.parameter_sets.len() > limits::PARAMETER_SETS {
        let message = format!("A batch has at most {} parameter sets.", limits::PARAMETER_SETS);
        return Err(Error::BadRequest(message));
    }
    let mut sets = input.parameter_sets.iter().map(parameter::parse).collect::<Result<Vec<_>, _>>()?;
    if sets.is_empty() {
        sets.push(parameter::Parameters::new());
    }
    let answers = run(service, &input.place, &input.sql, &sets).await?;
    let results: Value = answers.iter().map(|answer| json!({ "generatedFields": answer.generated_fields() })).collect();
    Ok(json!({ "updateResults": results }))
}

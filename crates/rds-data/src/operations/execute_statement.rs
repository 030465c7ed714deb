//! `ExecuteStatement`.
//!
//! <https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html>

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Place, run};
use crate::{
    Error, RdsData,
    answer::{Answer, Column},
    field::Field,
    parameter,
};

/// AWS differs: with `continueAfterTimeout` a statement goes on after the call has ended.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecuteStatement {
    #[serde(flatten)]
    place: Place,
    sql: String,
    #[serde(default)]
    parameters: Value,
    #[serde(default)]
    include_result_metadata: bool,
    #[serde(default)]
    format_records_as: RecordsFormat,
    #[serde(default)]
    result_set_options: ResultSetOptions,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum RecordsFormat {
    #[default]
    None,
    Json,
}

/// How numbers are given that not every program can hold.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResultSetOptions {
    decimal_return_type: DecimalReturnType,
    long_return_type: LongReturnType,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum DecimalReturnType {
    #[default]
    String,
    DoubleOrLong,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum LongReturnType {
    String,
    #[default]
    Long,
}

pub(crate) async fn perform(service: &RdsData, input: ExecuteStatement) -> Result<Value, Error> {
    let parameters = [parameter::parse(&input.parameters)?];
    let mut answers = run(service, &input.place, &input.sql, &parameters).await?;
    let mut answer = answers.pop().unwrap_or_default();
    input.result_set_options.apply(&mut answer);
    render(&answer, &input)
}

fn render(answer: &Answer, input: &ExecuteStatement) -> Result<Value, Error> {
    let mut output = json!({ "numberOfRecordsUpdated": answer.updated, "generatedFields": answer.generated_fields() });
    if answer.columns.is_empty() {
        return Ok(output);
    }
    if input.format_records_as == RecordsFormat::Json {
        output["formattedRecords"] = answer.formatted()?.into();
        return Ok(output);
    }
    output["records"] = answer.records();
    if input.include_result_metadata {
        output["columnMetadata"] = answer.metadata();
    }
    Ok(output)
}

impl ResultSetOptions {
    fn apply(self, answer: &mut Answer) {
        for row in &mut answer.rows {
            for (field, column) in row.iter_mut().zip(&answer.columns) {
                self.apply_to(field, column);
            }
        }
    }

    fn apply_to(self, field: &mut Field, column: &Column) {
        match field {
            Field::Text(text) if self.decimal_return_type == DecimalReturnType::DoubleOrLong && column.is_decimal() => {
                let long = text.parse().map(Field::Long);
                *field = long.or_else(|_| text.parse().map(Field::Double)).unwrap_or_else(|_| field.clone());
            }
            Field::Long(value) if self.long_return_type == LongReturnType::String => {
                *field = Field::Text(value.to_string());
            }
            _ => {}
        }
    }
}

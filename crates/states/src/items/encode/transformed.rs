//! What is told of one child execution, by the `Transformation`.

use clock::Timestamp;
use serde_json::{json, value::RawValue};

use crate::{
    items::{child_result::child_result, config::WriterTransformation},
    records::{ExecutionRow, Status},
};

/// The elements (JSON texts) that an ended child execution adds to the results. One that did not succeed is told whole
/// under every transformation.
pub(in crate::items) fn transformed(
    row: &ExecutionRow,
    transformation: WriterTransformation,
    now: Timestamp,
) -> Vec<String> {
    let output = row.output.as_deref().filter(|_| row.status == Status::Succeeded);
    match (transformation, output) {
        (WriterTransformation::None, _) | (_, None) => vec![child_result(row, now).to_string()],
        (WriterTransformation::Compact, Some(output)) => vec![output.to_owned()],
        (WriterTransformation::Flatten, Some(output)) => match serde_json::from_str::<Vec<&RawValue>>(output) {
            Ok(elements) => elements.iter().map(|element| element.get().to_owned()).collect(),
            Err(_) => vec![output.to_owned()],
        },
    }
}

/// The element of a child execution that was never started.
pub(in crate::items) fn pending(input: &str) -> String {
    // The guide does not show one; this is what is known of it.
    json!({ "Input": input, "InputDetails": { "Included": true }, "Status": "PENDING" }).to_string()
}

//! `InputPath`, `OutputPath` and `ResultPath`.

use crate::data::Data;
use crate::error::EvaluationError;
use crate::path::{Path, ReferencePath};
use crate::scope::Scope;

/// `InputPath` or `OutputPath`.
#[derive(Debug, Clone, Default)]
pub enum PathField {
    /// `$`, the default: everything, text and all.
    #[default]
    Whole,
    /// JSON null: `{}`.
    Null,
    /// Any other path.
    Select(Path),
}

impl PathField {
    /// The part of the scope that the path selects.
    pub fn select(&self, scope: &Scope<'_>) -> Result<Data, EvaluationError> {
        match self {
            Self::Whole => Ok(scope.input.clone()),
            Self::Null => Ok(Data::empty_object()),
            Self::Select(path) => path.evaluate(scope),
        }
    }
}

/// `ResultPath`: where the result goes in the raw state input.
#[derive(Debug, Clone, Default)]
pub enum ResultPath {
    /// `$`, the default: the result replaces the input.
    #[default]
    Replace,
    /// JSON null: the result is dropped, the raw input goes on.
    Discard,
    /// The result is put at this place.
    Put(ReferencePath),
}

impl ResultPath {
    /// Merges a result into the raw state input; missing objects on the way are created.
    pub fn place(&self, raw_input: &Data, result: &Data) -> Result<Data, EvaluationError> {
        let path = match self {
            Self::Replace => return Ok(result.clone()),
            Self::Discard => return Ok(raw_input.clone()),
            Self::Put(path) => path,
        };
        let mismatch = || EvaluationError::ResultPathMatchFailure {
            text: format!("Unable to apply ReferencePath {} to input {}", path.text(), raw_input.value()),
        };
        let merged = path.put(raw_input.value().clone(), result.value().clone()).ok_or_else(mismatch)?;
        Data::checked(merged).map_err(|_| mismatch())
    }
}

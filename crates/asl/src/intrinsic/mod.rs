//! Intrinsic functions: `States.Format('{}', $.name)` and its like.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html>

mod array;
mod json;
mod math;
mod md5;
mod parse;
mod text;

use std::sync::Arc;

use serde_json::Value;

use crate::data::{Data, MAX_PAYLOAD, weight};
use crate::error::EvaluationError;
use crate::path::Path;
use crate::scope::{Random, Scope};

pub(crate) use text::{hash_text, java_text, uuid};

/// A compiled call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    text: Arc<str>,
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Debug, Clone)]
enum Argument {
    /// A quoted text as written between its quotes: `States.Format` needs its escapes.
    Quoted(String),
    Literal(Value),
    Path(Path),
    Call(Call),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Format,
    StringToJson,
    JsonToString,
    Array,
    ArrayPartition,
    ArrayContains,
    ArrayRange,
    ArrayGetItem,
    ArrayLength,
    ArrayUnique,
    Base64Encode,
    Base64Decode,
    Hash,
    JsonMerge,
    MathRandom,
    MathAdd,
    StringSplit,
    Uuid,
}

/// Names with the least and the greatest number of arguments.
const FUNCTIONS: [(&str, Function, usize, usize); 18] = [
    ("States.Format", Function::Format, 1, usize::MAX),
    ("States.StringToJson", Function::StringToJson, 1, 1),
    ("States.JsonToString", Function::JsonToString, 1, 1),
    ("States.Array", Function::Array, 0, usize::MAX),
    ("States.ArrayPartition", Function::ArrayPartition, 2, 2),
    ("States.ArrayContains", Function::ArrayContains, 2, 2),
    ("States.ArrayRange", Function::ArrayRange, 3, 3),
    ("States.ArrayGetItem", Function::ArrayGetItem, 2, 2),
    ("States.ArrayLength", Function::ArrayLength, 1, 1),
    ("States.ArrayUnique", Function::ArrayUnique, 1, 1),
    ("States.Base64Encode", Function::Base64Encode, 1, 1),
    ("States.Base64Decode", Function::Base64Decode, 1, 1),
    ("States.Hash", Function::Hash, 2, 2),
    ("States.JsonMerge", Function::JsonMerge, 3, 3),
    ("States.MathRandom", Function::MathRandom, 2, 3),
    ("States.MathAdd", Function::MathAdd, 2, 2),
    ("States.StringSplit", Function::StringSplit, 2, 2),
    ("States.UUID", Function::Uuid, 0, 0),
];

/// Why a function refused its arguments: a sentence.
type Refusal = String;

impl Call {
    /// Compiles a call; `None` when the text is not one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        parse::parse(text)
    }

    /// Names of the variables it reads, in nested calls as well.
    pub(crate) fn variables(&self, found: &mut Vec<Arc<str>>) {
        for argument in &self.arguments {
            match argument {
                Argument::Path(path) => path.variables(found),
                Argument::Call(call) => call.variables(found),
                Argument::Quoted(_) | Argument::Literal(_) => {}
            }
        }
    }

    /// The value of the call.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Result<Data, EvaluationError> {
        let value = self.value(scope)?;
        Data::checked(value).map_err(|error| self.failure(&error.to_string()))
    }

    fn value(&self, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        let arguments = self.arguments(scope)?;
        apply(self.function, &arguments, scope.random).map_err(|refusal| self.failure(&refusal))
    }

    fn arguments(&self, scope: &Scope<'_>) -> Result<Vec<Value>, EvaluationError> {
        let mut values = Vec::with_capacity(self.arguments.len());
        let mut left = MAX_PAYLOAD;
        for (position, argument) in self.arguments.iter().enumerate() {
            let value = match argument {
                Argument::Quoted(raw) if self.function == Function::Format && position == 0 => raw.clone().into(),
                Argument::Quoted(raw) => parse::unescape(raw).into(),
                Argument::Literal(value) => value.clone(),
                Argument::Path(path) => match path.select(scope) {
                    Ok(data) => data.value().clone(),
                    Err(_) => return Err(self.missing_argument(path, scope)),
                },
                Argument::Call(call) => call.value(scope)?,
            };
            left = left.checked_sub(weight(&value)).ok_or_else(|| self.failure("The arguments are too large"))?;
            values.push(value);
        }
        Ok(values)
    }

    fn failure(&self, refusal: &str) -> EvaluationError {
        EvaluationError::IntrinsicFailure {
            text: format!("The function '{}' had the following error: {refusal}", self.text),
        }
    }

    fn missing_argument(&self, path: &Path, scope: &Scope<'_>) -> EvaluationError {
        let (function, path, input) = (&self.text, path.text(), path.root_text(scope));
        EvaluationError::InvalidField {
            text: format!(
                "The function '{function}' had the following error: The JsonPath argument for the field '{path}' could \
                 not be found in the input '{input}'"
            ),
        }
    }
}

fn apply(function: Function, arguments: &[Value], random: &Random) -> Result<Value, Refusal> {
    match function {
        Function::Format => text::format(arguments),
        Function::StringToJson => json::string_to_json(&arguments[0]),
        Function::JsonToString => Ok(arguments[0].to_string().into()),
        Function::Array => Ok(arguments.to_vec().into()),
        Function::ArrayPartition => array::partition(&arguments[0], &arguments[1]),
        Function::ArrayContains => array::contains(&arguments[0], &arguments[1]),
        Function::ArrayRange => array::range(&arguments[0], &arguments[1], &arguments[2]),
        Function::ArrayGetItem => array::get_item(&arguments[0], &arguments[1]),
        Function::ArrayLength => array::length(&arguments[0]),
        Function::ArrayUnique => array::unique(&arguments[0]),
        Function::Base64Encode => text::base64_encode(&arguments[0]),
        Function::Base64Decode => text::base64_decode(&arguments[0]),
        Function::Hash => text::hash(&arguments[0], &arguments[1]),
        Function::JsonMerge => json::merge(&arguments[0], &arguments[1], &arguments[2]),
        Function::MathRandom => math::random(&arguments[0], &arguments[1], arguments.get(2), random),
        Function::MathAdd => math::add(&arguments[0], &arguments[1]),
        Function::StringSplit => text::split(&arguments[0], &arguments[1]),
        Function::Uuid => Ok(text::uuid(random).into()),
    }
}

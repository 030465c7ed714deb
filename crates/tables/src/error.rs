//! From the engine's errors to [`ServiceError`]s with DynamoDB's codes and texts.

use aws_protocol::ServiceError;
use dynoxide::DynoxideError;
use serde_json::Value;

/// A request that does not have the shape of its operation.
pub(crate) fn from_request(error: serde_json::Error) -> ServiceError {
    // The engine words the refusals of its own deserializers in full, tagged by the exception's name.
    let text = error.to_string();
    match text.strip_prefix("VALIDATION:") {
        Some(message) => ServiceError::new("ValidationException", message),
        None => ServiceError::new("SerializationException", text),
    }
}

/// An answer of the engine that is not a success.
pub(crate) fn from_engine(error: DynoxideError) -> ServiceError {
    let status = error.status_code();
    if status >= 500 {
        return ServiceError { code: "InternalServerError".into(), status, ..ServiceError::internal(&error) };
    }
    let kind = error.error_type();
    let code = kind.rsplit('#').next().unwrap_or(kind);
    let mut result = ServiceError::new(code.to_owned(), error.to_string());
    if let Ok(Value::Object(body)) = serde_json::from_str(&error.to_json()) {
        for (name, member) in body {
            if !matches!(name.as_str(), "__type" | "message" | "Message") {
                result = result.with_member(name, member);
            }
        }
    }
    result
}

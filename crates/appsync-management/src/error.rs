//! Why an operation failed, and the AWS exception each reason becomes.

use aws_protocol::ServiceError;
use serde_json::{Value, json};

/// Everything that can go wrong in the management API. `Display` is AWS's own message where it is known: tests say for which
/// texts it is not.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A parameter is missing, malformed or not allowed here.
    #[error("{0}")]
    BadRequest(String),
    /// The code of a resolver or a function does not compile.
    #[error("The code contains one or more errors.")]
    Code(Vec<CodeError>),
    /// What the operation is about does not exist; the text names it.
    #[error("{0}")]
    NotFound(String),
    /// The API belongs to the template, which is the place to change it.
    #[error(
        "The API {0} belongs to the template that this stepwell runs and cannot be changed here: edit the template."
    )]
    OfTheTemplate(String),
    /// A merged API has only what its sources have.
    #[error("A merged API gets its schema, data sources, functions and resolvers from its source APIs.")]
    OfTheSources,
    /// The account has as many APIs as it may have.
    #[error("You have reached the maximum number of GraphQL APIs for this account.")]
    ApiLimit,
    /// The API has as many keys as it may have.
    #[error("You have reached the maximum number of API keys for this API.")]
    ApiKeyLimit,
    /// A key would live too short or too long.
    #[error("API key must be valid for a minimum of 1 days and a maximum of 365 days.")]
    ApiKeyValidity,
    /// Some other number is used up; the text says which.
    #[error("{0}")]
    LimitExceeded(String),
    /// A channel namespace of this name is there already.
    #[error("{0}")]
    Conflict(String),
    /// A number of what belongs to Event APIs is used up; the text says which.
    #[error("{0}")]
    ServiceQuotaExceeded(String),
    /// The API has no schema, or none that can be shown.
    #[error("{0}")]
    GraphqlSchema(String),
    /// An operation that the management API does not have here.
    #[error("unknown operation {0}")]
    UnknownOperation(String),
    /// The store failed.
    #[error("store: {0}")]
    Store(#[from] store::Error),
    /// A record in the store is not what this version writes.
    #[error("stored {0} cannot be read")]
    Corrupt(&'static str),
}

/// What is wrong with code, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeError {
    /// The kind, for example `PARSER_ERROR`.
    pub kind: &'static str,
    /// What is wrong.
    pub value: String,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
    /// Length of the offending piece, characters, if it is known.
    pub span: Option<u32>,
}

impl CodeError {
    /// As it stands in `codeErrors`.
    pub(crate) fn to_json(&self) -> Value {
        // "Defaults to -1 if unknown" (API reference, CodeErrorLocation).
        let span = self.span.map_or(-1, i64::from);
        let location = json!({ "line": self.line, "column": self.column, "span": span });
        json!({ "errorType": self.kind, "value": self.value, "location": location })
    }
}

impl Error {
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::BadRequest(message.into())
    }

    pub(crate) fn api_not_found(id: &str) -> Self {
        Self::NotFound(format!("GraphQL API {id} not found."))
    }

    /// AWS's complaint about a member that breaks its constraint.
    pub(crate) fn constraint(value: &str, name: &str, constraint: &str) -> Self {
        let value = if value == "null" { value.to_owned() } else { format!("'{value}'") };
        Self::BadRequest(format!(
            "1 validation error detected: Value {value} at '{name}' failed to satisfy constraint: {constraint}"
        ))
    }
}

impl From<Error> for ServiceError {
    fn from(error: Error) -> Self {
        let (code, status) = match &error {
            Error::BadRequest(_) | Error::OfTheSources | Error::Code(_) => ("BadRequestException", 400),
            Error::NotFound(_) => ("NotFoundException", 404),
            Error::OfTheTemplate(_) | Error::Conflict(_) => ("ConflictException", 409),
            Error::ApiLimit => ("ApiLimitExceededException", 400),
            Error::ApiKeyLimit => ("ApiKeyLimitExceededException", 400),
            Error::ApiKeyValidity => ("ApiKeyValidityOutOfBoundsException", 400),
            Error::LimitExceeded(_) => ("LimitExceededException", 429),
            Error::ServiceQuotaExceeded(_) => ("ServiceQuotaExceededException", 402),
            Error::GraphqlSchema(_) => ("GraphQLSchemaException", 400),
            Error::UnknownOperation(operation) => return Self::unknown_operation("AppSync", operation),
            Error::Store(_) | Error::Corrupt(_) => {
                return Self { code: "InternalFailureException".into(), ..Self::internal(&error) };
            }
        };
        let answer = Self::new(code, error.to_string()).with_status(status);
        match &error {
            Error::Code(errors) => {
                let errors: Vec<Value> = errors.iter().map(CodeError::to_json).collect();
                let answer = answer.with_member("reason", "CODE_ERROR".into());
                answer.with_member("detail", json!({ "codeErrors": errors }))
            }
            _ => answer,
        }
    }
}

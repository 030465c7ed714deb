//! Why a signature is not accepted, with the codes and texts of AWS's JSON services.

use crate::ServiceError;

/// Why a request does not count as signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is neither an `Authorization` header nor a signed query.
    #[error("Request is missing Authentication Token")]
    Missing,
    /// There is a signature, but parts of it are not there; the text names them.
    #[error("{0}")]
    Incomplete(String),
    /// Nobody has this access key, or the session token does not belong to it.
    #[error("The security token included in the request is invalid.")]
    UnrecognizedClient,
    /// The session of a temporary access key has ended.
    #[error("The security token included in the request is expired")]
    ExpiredToken,
    /// The signature was made for another time, region or service; the text says which.
    #[error("{0}")]
    OutOfScope(String),
    /// The signature is not the one that the secret gives.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
}

impl Error {
    /// The name of AWS's exception.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_) => "IncompleteSignatureException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::OutOfScope(_) | Self::Mismatch => "InvalidSignatureException",
        }
    }
}

impl From<Error> for ServiceError {
    /// The JSON services (DynamoDB, Step Functions) answer all of these with HTTP 400.
    fn from(error: Error) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

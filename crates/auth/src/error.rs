//! Why nobody is let in, in AppSync's words.

use aws_protocol::sigv4;

/// A request whose credentials are not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No credential of a mode that the API has.
    #[error("Valid authorization header not provided.")]
    Missing,
    /// An API key or token that is not one of ours; the reason is for the log.
    #[error("You are not authorized to make this call.")]
    NotAuthorized {
        /// What was wrong with it. Never shown to the client.
        reason: String,
    },
    /// A token that was good once.
    #[error("Token has expired.")]
    TokenExpired,
    /// A signature that does not hold.
    #[error("{0}")]
    Signature(sigv4::Error),
    /// The keys of the token's issuer cannot be had now; the reason is for the log.
    #[error("The keys of the token's issuer are not available.")]
    KeysUnavailable {
        /// What happened. Never shown to the client.
        reason: String,
    },
}

impl Error {
    pub(crate) fn not_authorized(reason: impl Into<String>) -> Self {
        Self::NotAuthorized { reason: reason.into() }
    }

    /// `errorType`, and the name that clients take from `x-amzn-errortype`.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Missing | Self::NotAuthorized { .. } | Self::TokenExpired => "UnauthorizedException",
            // Other services say InvalidSignatureException; AppSync has been seen to say this.
            Self::Signature(sigv4::Error::Mismatch | sigv4::Error::OutOfScope(_) | sigv4::Error::Incomplete(_)) => {
                "BadRequestException"
            }
            Self::Signature(error) => error.code(),
            Self::KeysUnavailable { .. } => "UnauthorizedException",
        }
    }

    /// What the client is told.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The HTTP status: 401, or 403 for signatures.
    pub fn status(&self) -> u16 {
        match self {
            Self::Signature(_) => 403,
            _ => 401,
        }
    }

    /// What only the log is told.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::NotAuthorized { reason } | Self::KeysUnavailable { reason } => Some(reason),
            Self::Missing | Self::TokenExpired | Self::Signature(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_status_type_and_text() {
        let unauthorized = "UnauthorizedException";
        let cases = [
            (Error::Missing, 401, unauthorized, "Valid authorization header not provided."),
            (Error::not_authorized("secret"), 401, unauthorized, "You are not authorized to make this call."),
            (Error::TokenExpired, 401, unauthorized, "Token has expired."),
            (
                Error::Signature(sigv4::Error::Mismatch),
                403,
                "BadRequestException",
                "The request signature we calculated",
            ),
            (Error::Signature(sigv4::Error::UnrecognizedClient), 403, "UnrecognizedClientException", ""),
            (Error::Signature(sigv4::Error::ExpiredToken), 403, "ExpiredTokenException", ""),
            (Error::KeysUnavailable { reason: "secret".into() }, 401, unauthorized, "The keys of the token's issuer"),
        ];
        for (error, status, error_type, text) in cases {
            assert_eq!((error.status(), error.error_type()), (status, error_type), "{error}");
            assert!(error.message().starts_with(text), "{error}");
            assert!(!error.message().contains("secret"), "{error}");
        }
    }
}

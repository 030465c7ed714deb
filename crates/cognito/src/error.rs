//! Why an operation failed, and the AWS exception each reason becomes.

use aws_protocol::ServiceError;

/// Everything that can go wrong in a user pool. `Display` is AWS's own message where AWS has one.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A parameter is missing, malformed, too long or not allowed here.
    #[error("{0}")]
    InvalidParameter(String),
    /// The request's JSON has another shape than the operation's.
    #[error("{0}")]
    Serialization(String),
    /// The caller may not do this.
    #[error(transparent)]
    NotAuthorized(#[from] Denial),
    /// An operation that needs a signature came without one.
    #[error("Missing Authentication Token")]
    MissingAuthenticationToken,
    /// No user has this name.
    #[error("User does not exist.")]
    UserNotFound,
    /// The user has not confirmed the sign-up.
    #[error("User is not confirmed.")]
    UserNotConfirmed,
    /// The user name is taken.
    #[error("User already exists")]
    UsernameExists,
    /// Another user signs in with this attribute value.
    #[error("An account with the {0} already exists.")]
    AliasExists(String),
    /// The code is not the one that was sent.
    #[error("Invalid verification code provided, please try again.")]
    CodeMismatch,
    /// The code is too old, used, or was never sent.
    #[error("Invalid code provided, please request a code again.")]
    ExpiredCode,
    /// A code was guessed at too often.
    #[error("Attempt limit exceeded, please try after some time.")]
    LimitExceeded,
    /// The password breaks the pool's policy; the text says which rule.
    #[error("Password did not conform with policy: {0}")]
    InvalidPassword(&'static str),
    /// A pool, client or group that does not exist; the text names it.
    #[error("{0}")]
    ResourceNotFound(String),
    /// A group of this name exists.
    #[error("A group with the name already exists.")]
    GroupExists,
    /// The identity pool has no role for this kind of caller.
    #[error("Invalid identity pool configuration. Check assigned IAM roles for this pool.")]
    InvalidIdentityPoolConfiguration,
    /// A setting or operation mode that stepwell does not have.
    #[error("{0} is not supported by stepwell")]
    Unsupported(String),
    /// `RevokeToken` was given something other than a refresh token.
    #[error("Wrong type of token")]
    UnsupportedTokenType,
    /// An operation that a service does not have here.
    #[error("unknown operation {operation} of {service}")]
    UnknownOperation {
        /// `cognito-idp` or `cognito-identity`.
        service: &'static str,
        /// As it was asked for.
        operation: String,
    },
    /// Too many writers changed the same record at once.
    #[error("Too many requests")]
    TooManyRequests,
    /// The store failed.
    #[error("store: {0}")]
    Store(#[from] store::Error),
    /// A record in the store is not what this version writes.
    #[error("stored {0} cannot be read")]
    Corrupt(&'static str),
    /// Key generation or signing failed.
    #[error("cryptography: {0}")]
    Cryptography(&'static str),
}

/// The messages of `NotAuthorizedException`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// A wrong password, or a user that does not exist and must not be told apart.
    #[error("Incorrect username or password.")]
    IncorrectUsernameOrPassword,
    /// Too many wrong passwords in a row; wait.
    #[error("Password attempts exceeded")]
    PasswordAttemptsExceeded,
    /// An administrator disabled the user.
    #[error("User is disabled.")]
    UserDisabled,
    /// Not a refresh token of this client.
    #[error("Invalid Refresh Token")]
    InvalidRefreshToken,
    /// The refresh token's time is over.
    #[error("Refresh Token has expired")]
    RefreshTokenExpired,
    /// The refresh token, or every token of the user, was revoked.
    #[error("Refresh Token has been revoked")]
    RefreshTokenRevoked,
    /// Not an access token of this pool.
    #[error("Invalid Access Token")]
    InvalidAccessToken,
    /// The access token's time is over.
    #[error("Access Token has expired")]
    AccessTokenExpired,
    /// The access token's sign-in was revoked.
    #[error("Access Token has been revoked")]
    AccessTokenRevoked,
    /// A session string or secret block that is not ours, or was used before.
    #[error("Invalid session for the user.")]
    InvalidSession,
    /// A session string whose time is over.
    #[error("Invalid session for the user, session is expired.")]
    SessionExpired,
    /// The client has a secret and the request no `SECRET_HASH`.
    #[error("Client {0} is configured with secret but SECRET_HASH was not received")]
    SecretHashMissing(String),
    /// `SECRET_HASH` or client secret is wrong.
    #[error("Unable to verify secret hash for client {0}")]
    SecretHashWrong(String),
    /// Only an unconfirmed user can be confirmed.
    #[error("User cannot be confirmed. Current status is {0}")]
    CannotConfirm(&'static str),
    /// The temporary password was not used in time.
    #[error("Temporary password has expired and must be reset by an administrator.")]
    TemporaryPasswordExpired,
    /// The pool lets only administrators create users.
    #[error("SignUp is not permitted for this user pool")]
    SignUpNotPermitted,
    /// The identity pool has no guests.
    #[error("Unauthenticated access is not supported for this identity pool.")]
    UnauthenticatedAccess,
    /// A login of an identity pool is not a valid id token of a provider of the pool; the text says why.
    #[error("Invalid login token. {0}")]
    InvalidLogin(&'static str),
    /// The logins belong to another identity.
    #[error("Logins don't match. Please include at least one valid login for this identity or identity pool.")]
    LoginsDoNotMatch,
    /// The client may not write this attribute.
    #[error("A client attempted to write unauthorized attribute")]
    UnauthorizedAttribute,
}

impl From<Error> for ServiceError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::InvalidParameter(_) | Error::Unsupported(_) => "InvalidParameterException",
            Error::Serialization(_) => "SerializationException",
            Error::NotAuthorized(_) => "NotAuthorizedException",
            Error::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Error::UserNotFound => "UserNotFoundException",
            Error::UserNotConfirmed => "UserNotConfirmedException",
            Error::UsernameExists => "UsernameExistsException",
            Error::AliasExists(_) => "AliasExistsException",
            Error::CodeMismatch => "CodeMismatchException",
            Error::ExpiredCode => "ExpiredCodeException",
            Error::LimitExceeded => "LimitExceededException",
            Error::InvalidPassword(_) => "InvalidPasswordException",
            Error::ResourceNotFound(_) => "ResourceNotFoundException",
            Error::GroupExists => "GroupExistsException",
            Error::InvalidIdentityPoolConfiguration => "InvalidIdentityPoolConfigurationException",
            Error::UnsupportedTokenType => "UnsupportedTokenTypeException",
            Error::TooManyRequests => "TooManyRequestsException",
            Error::UnknownOperation { service, operation } => return Self::unknown_operation(service, operation),
            Error::Store(_) | Error::Corrupt(_) | Error::Cryptography(_) => {
                return Self { code: "InternalErrorException".into(), ..Self::internal(&error) };
            }
        };
        Self::new(code, error.to_string())
    }
}

impl Error {
    pub(crate) fn pool_not_found(id: &str) -> Self {
        Self::ResourceNotFound(format!("User pool {id} does not exist."))
    }

    pub(crate) fn client_not_found(id: &str) -> Self {
        Self::ResourceNotFound(format!("User pool client {id} does not exist."))
    }

    pub(crate) fn missing_parameter(name: &str) -> Self {
        Self::InvalidParameter(format!("Missing required parameter {name}"))
    }
}

//! Who calls a service: a verified principal, or stepwell itself on behalf of an API or a workflow.

/// The verified caller of one [`crate::Service`] operation.
///
/// A `Caller` is made only after a signature or token was checked, or inside the process by [`Caller::internal`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// For example `arn:aws:iam::000000000000:user/demo`, or the role that a data source or state machine names.
    pub principal_arn: String,
    /// The access key that signed the request; `None` inside the process and for unsigned Cognito operations.
    pub access_key_id: Option<String>,
    /// The peer's address, where there is one.
    pub source_ip: Option<String>,
}

impl Caller {
    /// stepwell itself, acting in the name of `principal_arn` (a role).
    pub fn internal(account: impl Into<String>, principal_arn: impl Into<String>) -> Self {
        Self { account: account.into(), principal_arn: principal_arn.into(), access_key_id: None, source_ip: None }
    }

    /// Nobody in particular: operations that AWS serves without a signature (Cognito sign-in).
    pub fn anonymous() -> Self {
        Self::internal("", "")
    }
}

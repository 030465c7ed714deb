//! Who signed a request to the wire API.

use std::net::SocketAddr;

use auth::Policy;
use aws_protocol::{Caller, ServiceError, sigv4};
use axum::http::{HeaderMap, Uri};

use super::App;

/// A request as it came, for its signature.
pub(super) struct Signed<'a> {
    pub(super) method: &'a str,
    pub(super) peer: SocketAddr,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

impl<'a> Signed<'a> {
    /// The parts that Signature Version 4 covers.
    pub(super) fn request(&self) -> sigv4::Request<'a> {
        sigv4::Request {
            method: self.method,
            path: self.uri.path(),
            query: self.uri.query().unwrap_or_default(),
            headers: self.headers,
            payload: sigv4::Payload::Bytes(self.body),
        }
    }

    /// Whoever signed it for `service`.
    ///
    /// # Errors
    /// Those of Signature Version 4, and `AccessDeniedException` for credentials of an identity pool.
    pub(super) fn caller(&self, app: &App, service: &str) -> Result<Caller, ServiceError> {
        self.verified(app, service).map(|(_, caller)| caller)
    }

    /// Whoever signed it, if the policy of the access key allows `operation` of `service` on `resource`, an ARN or `*`.
    ///
    /// # Errors
    /// Those of [`Signed::caller`], and `AccessDeniedException` (403) where the policy does not allow it.
    pub(super) fn allowed(
        &self,
        app: &App,
        service: &str,
        operation: &str,
        resource: &str,
    ) -> Result<Caller, ServiceError> {
        let (policy, caller) = self.verified(app, service)?;
        let action = format!("{service}:{operation}");
        if policy.allows(&action, resource) {
            return Ok(caller);
        }
        // In the words of the developer guide, "Troubleshooting AWS AppSync identity and access".
        let user = &caller.principal_arn;
        let message = format!("User: {user} is not authorized to perform: {action} on resource: {resource}");
        Err(ServiceError::new("AccessDeniedException", message).with_status(403))
    }

    fn verified(&self, app: &App, service: &str) -> Result<(Policy, Caller), ServiceError> {
        let expected = sigv4::Expected { region: None, service: Some(service) };
        let now = app.clock.now().0 / 1000;
        let mut found = None;
        let verified = sigv4::verify(&self.request(), expected, now, |key, token| {
            let credential = app.credentials.find(key, token, now)?;
            found = Some(credential.principal);
            Ok(credential.secret_access_key)
        })?;
        let principal = found.ok_or(sigv4::Error::UnrecognizedClient)?;
        if principal.cognito.is_some() {
            // AWS differs: the policy of the identity pool's role decides. Policies are judged for AppSync alone
            // here, so that guests of an application are kept from everything else.
            let message = format!("User: {} is not authorized to call {service} here", principal.arn);
            return Err(ServiceError::new("AccessDeniedException", message));
        }
        let caller = Caller {
            account: principal.account,
            principal_arn: principal.arn,
            access_key_id: Some(verified.access_key_id),
            source_ip: Some(self.peer.ip().to_string()),
        };
        Ok((principal.policy, caller))
    }
}

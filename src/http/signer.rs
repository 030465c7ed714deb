//! Who signed a request to the wire API.

use std::net::SocketAddr;

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
            // AWS differs: the policy of the identity pool's role decides. Policies are judged for GraphQL here, so
            // that guests of an application are kept from everything else.
            let message = format!("User: {} is not authorized to call {service} here", principal.arn);
            return Err(ServiceError::new("AccessDeniedException", message));
        }
        Ok(Caller {
            account: principal.account,
            principal_arn: principal.arn,
            access_key_id: Some(verified.access_key_id),
            source_ip: Some(self.peer.ip().to_string()),
        })
    }
}

//! `AWS_IAM`: Signature Version 4 for the service `appsync`.

use std::sync::Arc;

use aws_protocol::sigv4;

use crate::{CredentialStore, Error, IamConfig, Identity, Presented, identity::IamIdentity};

/// Verifies the signature; the identity carries the principal's policy.
pub(crate) fn authenticate(
    config: &IamConfig,
    credentials: &CredentialStore,
    presented: &Presented<'_>,
    now_seconds: i64,
) -> Result<Identity, Error> {
    let request = sigv4::Request {
        method: presented.method,
        path: presented.path,
        query: presented.query,
        headers: presented.headers,
        payload: sigv4::Payload::Bytes(presented.payload),
    };
    let expected = sigv4::Expected { region: Some(&config.region), service: Some("appsync") };
    let mut found = None;
    sigv4::verify(&request, expected, now_seconds, |key, token| {
        let credential = credentials.find(key, token, now_seconds)?;
        found = Some(credential.principal);
        Ok(credential.secret_access_key)
    })
    .map_err(Error::Signature)?;
    let principal = found.ok_or(Error::Signature(sigv4::Error::UnrecognizedClient))?;
    Ok(Identity::Iam(Arc::new(IamIdentity {
        account: principal.account,
        user_arn: principal.arn,
        username: principal.id,
        source_ip: presented.source_ip(),
        cognito: principal.cognito,
        policy: principal.policy,
    })))
}

//! Access keys for the wire API and AWS_IAM: the one that is generated for the owner of the data folder, and those that
//! `stepwell.toml` configures with a policy of their own.

use std::{collections::HashMap, fs, path::PathBuf, sync::Arc};

use auth::{Credential, CredentialStore, Policy, Principal};
use aws_protocol::sigv4;
use serde_json::Value;
use template::Application;

use super::secrets::{self, Kind, Secrets};
use crate::config::{AccessKey, Config};

/// The name of the generated key's user.
const OWNER: &str = "default";

/// A configured key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the policy of the access key of {user}: {path}: {cause}")]
    Read { user: String, path: PathBuf, cause: std::io::Error },
    #[error("the policy of the access key of {user}: {path}: {cause}")]
    Json { user: String, path: PathBuf, cause: serde_json::Error },
    #[error("the policy of the access key of {user}: {path}: {cause}")]
    Policy { user: String, path: PathBuf, cause: auth::policy::Error },
    #[error("{0}")]
    Secrets(#[from] secrets::Error),
}

/// Every access key of this server.
pub(super) struct Keys {
    pub(super) store: Arc<CredentialStore>,
    /// The owner's key, which signs what resolvers send elsewhere.
    pub(super) default: sigv4::Credentials,
    /// The owner.
    pub(super) operator_arn: String,
}

/// Generates what is new, and writes the credentials file.
pub(super) fn start(config: &Config, secrets: &mut Secrets) -> Result<Keys, Error> {
    let store = Arc::new(CredentialStore::default());
    let mut profiles = Vec::new();
    let owner = AccessKey { user: OWNER.to_owned(), ..AccessKey::default() };
    for key in std::iter::once(&owner).chain(&config.access_keys) {
        let policy = match &key.policy {
            Some(path) => read_policy(&key.user, path)?,
            None => Policy::allow_all(),
        };
        let generated = |secrets: &mut Secrets, kind| secrets.get(kind, &key.user);
        let id = key.access_key_id.clone().unwrap_or_else(|| generated(secrets, Kind::AccessKeyId));
        let secret = key.secret_access_key.clone().unwrap_or_else(|| generated(secrets, Kind::SecretAccessKey));
        let principal = Principal {
            account: config.account.value.clone(),
            arn: user_arn(config, &key.user),
            id: format!("AIDA{}", id.trim_start_matches("AKIA")),
            policy,
            cognito: None,
        };
        let credential =
            Credential { secret_access_key: secret.clone(), session_token: None, expires: None, principal };
        store.insert(id.clone(), credential);
        profiles.push((key.user.clone(), id, secret));
    }
    secrets::write_credentials(&config.data_file("credentials"), &profiles)?;
    let (_, access_key_id, secret_access_key) = profiles.swap_remove(0);
    let default = sigv4::Credentials { access_key_id, secret_access_key, session_token: None };
    Ok(Keys { store, default, operator_arn: user_arn(config, OWNER) })
}

fn user_arn(config: &Config, user: &str) -> String {
    format!("arn:aws:iam::{}:user/{user}", config.account.value)
}

fn read_policy(user: &str, path: &PathBuf) -> Result<Policy, Error> {
    let (named, at) = (|| user.to_owned(), || path.clone());
    let text = fs::read_to_string(path).map_err(|cause| Error::Read { user: named(), path: at(), cause })?;
    let document: Value =
        serde_json::from_str(&text).map_err(|cause| Error::Json { user: named(), path: at(), cause })?;
    let mut policy = Policy::default();
    policy.add(&document).map_err(|cause| Error::Policy { user: named(), path: at(), cause })?;
    Ok(policy)
}

/// Keys that sign nothing anybody accepts, for checks that send nothing.
pub(super) fn none() -> sigv4::Credentials {
    sigv4::Credentials { access_key_id: String::new(), secret_access_key: String::new(), session_token: None }
}

/// What each role of the template may do, by its ARN. A document that cannot be read allows nothing.
pub(super) fn role_policies(application: &Application) -> HashMap<String, Policy> {
    let policy_of = |role: &template::Role| {
        let mut policy = Policy::default();
        for document in &role.policies {
            if let Err(error) = policy.add(&document.document) {
                tracing::warn!(role = role.logical_id, policy = document.name, %error, "the policy allows nothing here");
            }
        }
        policy
    };
    application.roles.iter().map(|role| (role.arn.clone(), policy_of(role))).collect()
}

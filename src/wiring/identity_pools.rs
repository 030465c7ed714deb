//! `AWS::Cognito::IdentityPool`: credentials for signed-in users and guests, and what their roles may do.

use std::{collections::HashMap, sync::Arc};

use auth::{Credential, CredentialStore, Policy, Principal, TemporaryKeys, identity::CognitoIdentity};
use aws_protocol::{Directory, Partition};
use cognito::{IdentityPoolSettings, IdentityPools, UserPools};
use serde_json::Value;
use template::Application;

use super::{Error, access_keys};

/// Properties that let people in whom only AWS knows.
const ON_AWS_ONLY: [&str; 4] =
    ["DeveloperProviderName", "OpenIdConnectProviderARNs", "SamlProviderARNs", "SupportedLoginProviders"];

/// Makes the template's identity pools be there, as the service `cognito-identity`, and their credentials sign.
pub(super) async fn start(
    application: &Application,
    user_pools: &Arc<UserPools>,
    credentials: &CredentialStore,
    partition: &Partition,
    services: &Directory,
) -> Result<(), Error> {
    let pools = Arc::new(IdentityPools::new(user_pools.clone()));
    for pool in &application.identity_pools {
        let named = |cause| Error::IdentityPool { pool: pool.logical_id.clone(), cause };
        let mut properties = pool.properties.clone();
        if let Value::Object(members) = &mut properties {
            warn_of_what_is_left_out(pool, members);
            members.insert("IdentityPoolName".to_owned(), pool.name.clone().into());
            if pool.roles.is_object() {
                members.insert("Roles".to_owned(), pool.roles.clone());
            }
        }
        let settings = IdentityPoolSettings::from_json(properties).map_err(named)?;
        pools.put_identity_pool(&pool.logical_id, Some(&pool.id), settings).await.map_err(named)?;
    }
    let policies = access_keys::role_policies(application);
    let role = |role: &template::Role| {
        let policy = policies.get(&role.arn).cloned().unwrap_or_default();
        (role.arn.clone(), Role { id: role.id.clone(), name: role.name.clone(), policy })
    };
    let roles = application.roles.iter().map(role).collect();
    credentials.add_temporary(Arc::new(Keys { pools: pools.clone(), roles, partition: partition.clone() }));
    services.register(pools);
    Ok(())
}

fn warn_of_what_is_left_out(pool: &template::IdentityPool, properties: &serde_json::Map<String, Value>) {
    for property in ON_AWS_ONLY.into_iter().filter(|property| properties.contains_key(*property)) {
        tracing::warn!(identity_pool = pool.logical_id, property, "these providers let nobody in here");
    }
    if pool.role_mappings.is_some() {
        tracing::warn!(identity_pool = pool.logical_id, "RoleMappings have no effect here: Roles decide");
    }
}

/// The keys that identity pools give out, which say themselves whose they are.
struct Keys {
    pools: Arc<IdentityPools>,
    /// By ARN.
    roles: HashMap<String, Role>,
    partition: Partition,
}

struct Role {
    id: String,
    name: String,
    policy: Policy,
}

/// The name of the session in which an identity takes its role.
const SESSION: &str = "CognitoIdentityCredentials";

impl TemporaryKeys for Keys {
    fn find(&self, access_key_id: &str, session_token: &str) -> Option<Credential> {
        let found = match self.pools.credentials(access_key_id, session_token) {
            Ok(found) => found?,
            Err(error) => {
                tracing::error!(%error, "the credentials of an identity pool cannot be looked up");
                return None;
            }
        };
        let Partition { partition, account, .. } = &self.partition;
        // A role that the template does not have may do nothing: its policies are not known here.
        let (id, name, policy) = match self.roles.get(&found.role_arn) {
            Some(role) => (role.id.as_str(), role.name.as_str(), role.policy.clone()),
            None => ("AROA", found.role_arn.rsplit('/').next().unwrap_or_default(), Policy::default()),
        };
        let principal = Principal {
            account: account.clone(),
            arn: format!("arn:{partition}:sts::{account}:assumed-role/{name}/{SESSION}"),
            id: format!("{id}:{SESSION}"),
            policy,
            cognito: Some(CognitoIdentity {
                authenticated: found.is_authenticated(),
                pool_id: found.identity_pool_id,
                identity_id: found.identity_id,
                provider: found.provider,
            }),
        };
        Some(Credential {
            secret_access_key: found.secret_access_key,
            session_token: Some(session_token.to_owned()),
            expires: Some(found.expires.0 / 1000),
            principal,
        })
    }
}

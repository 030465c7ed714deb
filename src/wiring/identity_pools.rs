//! `AWS::Cognito::IdentityPool`: credentials for signed-in users and guests, and what their roles may do.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use auth::{Credential, CredentialStore, Policy, Principal, TemporaryKeys, identity::CognitoIdentity};
use aws_protocol::{Directory, Partition};
use cognito::{IdentityPoolSettings, IdentityPools, UserPools};
use serde_json::Value;
use template::Application;

use super::{Error, access_keys};

/// Properties that let people in whom only AWS knows.
const ON_AWS_ONLY: [&str; 4] =
    ["DeveloperProviderName", "OpenIdConnectProviderARNs", "SamlProviderARNs", "SupportedLoginProviders"];

/// What the roles of the template are and may do, by ARN, as of the last reload.
#[derive(Clone, Default)]
pub(super) struct Roles(Arc<ArcSwap<HashMap<String, Role>>>);

impl Roles {
    fn of(application: &Application) -> Self {
        let roles = Self::default();
        roles.replace(application);
        roles
    }

    /// Credentials, those given out before among them, are judged by the roles of `application` from now on.
    pub(super) fn replace(&self, application: &Application) {
        let policies = access_keys::role_policies(application);
        let role = |role: &template::Role| {
            let policy = policies.get(&role.arn).cloned().unwrap_or_default();
            (role.arn.clone(), Role { id: role.id.clone(), name: role.name.clone(), policy })
        };
        self.0.store(Arc::new(application.roles.iter().map(role).collect()));
    }
}

/// Makes the template's identity pools be there, as the service `cognito-identity`, and their credentials sign. Answers
/// the roles that these take.
pub(super) async fn start(
    application: &Application,
    user_pools: &Arc<UserPools>,
    credentials: &CredentialStore,
    partition: &Partition,
    services: &Directory,
) -> Result<Roles, Error> {
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
    let roles = Roles::of(application);
    let keys = Keys { pools: pools.clone(), roles: roles.clone(), partition: partition.clone() };
    credentials.add_temporary(Arc::new(keys));
    services.register(pools);
    Ok(roles)
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
    roles: Roles,
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
        let roles = self.roles.0.load();
        let (id, name, policy) = match roles.get(&found.role_arn) {
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

#[cfg(test)]
mod tests {
    use clock::{SimulatedClock, Timestamp};
    use serde_json::json;
    use store::MemoryStore;

    use super::*;

    const ROLE: &str = "arn:aws:iam::000000000000:role/guest";

    fn application(action: &str) -> Application {
        let document = json!({ "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } });
        let policies = vec![template::RolePolicy { name: "p".to_owned(), document }];
        let role = template::Role {
            logical_id: "Guest".to_owned(),
            position: template::Position::default(),
            name: "guest".to_owned(),
            arn: ROLE.to_owned(),
            id: "AROA1".to_owned(),
            assume_role_policy: Value::Null,
            policies,
            managed_policy_arns: Vec::new(),
        };
        let pool = template::IdentityPool {
            logical_id: "Pool".to_owned(),
            position: template::Position::default(),
            name: "pool".to_owned(),
            id: "us-east-1:pool".to_owned(),
            properties: json!({ "AllowUnauthenticatedIdentities": true }),
            roles: json!({ "unauthenticated": ROLE }),
            role_mappings: None,
        };
        Application { roles: vec![role], identity_pools: vec![pool], ..Application::default() }
    }

    #[tokio::test]
    async fn credentials_that_were_given_out_are_judged_by_the_roles_of_the_last_reload() {
        let partition = Partition::new("us-east-1", "000000000000");
        let clock = Arc::new(SimulatedClock::new(Timestamp(0), 1));
        let users = UserPools::new(Arc::new(MemoryStore::new()), clock, partition.clone(), "http://localhost");
        let (credentials, services) = (CredentialStore::default(), Directory::default());
        let before = application("appsync:GraphQL");
        let roles = start(&before, &Arc::new(users), &credentials, &partition, &services).await.expect("started");

        let caller = aws_protocol::Caller::anonymous();
        let call = async |operation: &str, input: Value| {
            services.call("cognito-identity", operation, input, &caller).await.expect(operation)
        };
        let id = call("GetId", json!({ "IdentityPoolId": "us-east-1:pool" })).await["IdentityId"].clone();
        let keys = call("GetCredentialsForIdentity", json!({ "IdentityId": id })).await["Credentials"].clone();
        let text = |name: &str| keys[name].as_str().expect("a text").to_owned();
        let allows = |action: &str| {
            let found = credentials.find(&text("AccessKeyId"), Some(&text("SessionToken")), 0).expect("a key");
            found.principal.policy.allows(action, "arn:aws:appsync:us-east-1:000000000000:apis/a")
        };
        assert!(allows("appsync:GraphQL"));
        roles.replace(&application("appsync:EventConnect"));
        assert!(!allows("appsync:GraphQL") && allows("appsync:EventConnect"));
    }
}

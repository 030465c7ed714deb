//! What a template cannot say: ids, keys and addresses, generated once and kept, or following from where the server is.

use std::sync::Mutex;

use template::Values;

use super::secrets::{Kind, Secrets};

/// Where clients reach this server.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    /// `http://127.0.0.1:4000`
    pub(crate) http: String,
    /// `https://127.0.0.1:4443`, where TLS is on.
    pub(crate) https: Option<String>,
}

/// Values of the running server. Save the secrets before they are used.
pub(crate) struct Generated<'a> {
    pub(crate) secrets: Mutex<&'a mut Secrets>,
    pub(crate) addresses: &'a Addresses,
}

impl Generated<'_> {
    fn get(&self, kind: Kind, name: &str) -> String {
        self.secrets.lock().expect("no panic while the lock is held").get(kind, name)
    }
}

impl Values for Generated<'_> {
    fn api_id(&self, logical_id: &str) -> String {
        self.get(Kind::ApiId, logical_id)
    }

    fn api_key(&self, logical_id: &str) -> String {
        self.get(Kind::ApiKey, logical_id)
    }

    fn graphql_url(&self, _api_id: &str) -> String {
        format!("{}/graphql", self.addresses.http)
    }

    fn realtime_url(&self, _api_id: &str) -> String {
        format!("{}/graphql/realtime", self.addresses.http.replacen("http", "ws", 1))
    }

    fn user_pool_id(&self, logical_id: &str) -> String {
        self.get(Kind::UserPoolId, logical_id)
    }

    fn user_pool_client_id(&self, logical_id: &str) -> String {
        self.get(Kind::UserPoolClientId, logical_id)
    }

    fn user_pool_client_secret(&self, logical_id: &str) -> String {
        self.get(Kind::UserPoolClientSecret, logical_id)
    }

    fn issuer(&self, user_pool_id: &str) -> String {
        format!("{}/{user_pool_id}", self.addresses.http)
    }
}

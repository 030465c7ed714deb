//! What a template cannot say, as the records have it: ids, keys and addresses.

use std::collections::HashMap;

use template::{Derived, Values};

use crate::Addresses;

/// The ids and keys that the records have.
pub(super) struct Names {
    pub(super) api_id: String,
    pub(super) addresses: Addresses,
    /// Ids of functions, and keys.
    pub(super) by_logical_id: HashMap<String, String>,
    /// For types of resources that the document does not have.
    pub(super) otherwise: Derived,
}

impl Values for Names {
    fn api_id(&self, _: &str) -> String {
        self.api_id.clone()
    }

    fn api_key(&self, logical_id: &str) -> String {
        self.by_logical_id.get(logical_id).cloned().unwrap_or_default()
    }

    fn function_id(&self, _: &str, logical_id: &str) -> String {
        self.by_logical_id.get(logical_id).cloned().unwrap_or_default()
    }

    fn graphql_url(&self, _: &str) -> String {
        self.addresses.graphql.clone()
    }

    fn realtime_url(&self, _: &str) -> String {
        self.addresses.realtime.clone()
    }

    fn event_host(&self, _: &str) -> String {
        self.addresses.event_http.clone()
    }

    fn event_realtime_host(&self, _: &str) -> String {
        self.addresses.event_realtime.clone()
    }

    fn user_pool_id(&self, logical_id: &str) -> String {
        self.otherwise.user_pool_id(logical_id)
    }

    fn user_pool_client_id(&self, logical_id: &str) -> String {
        self.otherwise.user_pool_client_id(logical_id)
    }

    fn user_pool_client_secret(&self, logical_id: &str) -> String {
        self.otherwise.user_pool_client_secret(logical_id)
    }

    fn identity_pool_id(&self, logical_id: &str) -> String {
        self.otherwise.identity_pool_id(logical_id)
    }

    fn issuer(&self, user_pool_id: &str) -> String {
        self.otherwise.issuer(user_pool_id)
    }
}

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

impl Addresses {
    /// Where an API takes queries and mutations: `http://127.0.0.1:4000/apis/ID/graphql`.
    pub(crate) fn graphql_url(&self, api_id: &str) -> String {
        format!("{}/apis/{api_id}/graphql", self.http)
    }

    /// Where an API takes subscriptions: `ws://127.0.0.1:4000/apis/ID/graphql/realtime`.
    pub(crate) fn realtime_url(&self, api_id: &str) -> String {
        format!("{}/apis/{api_id}/graphql/realtime", self.http.replacen("http", "ws", 1))
    }

    /// Where an Event API is published to: `http://127.0.0.1:4000/apis/ID/event`.
    pub(crate) fn event_url(&self, api_id: &str) -> String {
        format!("{}/apis/{api_id}/event", self.http)
    }

    /// The same for `https://HOST/event` and `wss://HOST/event/realtime`: `127.0.0.1:4443/apis/ID`.
    ///
    /// AWS differs: this is a host alone there. Templates and clients write the scheme themselves, always that of TLS;
    /// and every API here has the same host, so that the path has to say which one is meant. Without TLS it is the
    /// address of plain HTTP.
    pub(crate) fn event_host(&self, api_id: &str) -> String {
        let url = self.https.as_ref().unwrap_or(&self.http);
        let host = url.split_once("://").map_or(&**url, |(_, host)| host);
        format!("{host}/apis/{api_id}")
    }

    /// Where an Event API takes WebSocket connections: `ws://127.0.0.1:4000/apis/ID/event/realtime`.
    pub(crate) fn event_realtime_url(&self, api_id: &str) -> String {
        format!("{}/apis/{api_id}/event/realtime", self.http.replacen("http", "ws", 1))
    }
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

    fn graphql_url(&self, api_id: &str) -> String {
        self.addresses.graphql_url(api_id)
    }

    fn realtime_url(&self, api_id: &str) -> String {
        self.addresses.realtime_url(api_id)
    }

    fn event_host(&self, api_id: &str) -> String {
        self.addresses.event_host(api_id)
    }

    fn event_realtime_host(&self, api_id: &str) -> String {
        self.addresses.event_host(api_id)
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

    fn identity_pool_id(&self, logical_id: &str) -> String {
        self.get(Kind::IdentityPoolId, logical_id)
    }

    fn issuer(&self, user_pool_id: &str) -> String {
        format!("{}/{user_pool_id}", self.addresses.http)
    }
}

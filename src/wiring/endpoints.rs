//! `endpoints.json` in the data folder: where the running stepwell is and what its template put out, for the `token`
//! command and for tests. It holds the outputs, so only its owner can read it; it is removed on a clean stop.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use template::Application;

use super::values::Addresses;

/// Where a running stepwell is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Endpoints {
    /// `http://127.0.0.1:4000`
    pub(crate) http: String,
    /// `https://127.0.0.1:4443`, where TLS is on.
    pub(crate) https: Option<String>,
    pub(crate) pid: u32,
    pub(crate) region: String,
    pub(crate) account: String,
    /// Those of the template, in its order; the first is at `/graphql`, too.
    pub(crate) apis: Vec<Api>,
    /// Those of the template, in its order; the first is at `/event`, too.
    #[serde(default)]
    pub(crate) event_apis: Vec<EventApi>,
    pub(crate) user_pools: Vec<UserPool>,
    /// Outputs of the template by name.
    pub(crate) outputs: Map<String, Value>,
}

/// A GraphQL API of the application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Api {
    pub(crate) logical_id: String,
    pub(crate) id: String,
    /// `http://127.0.0.1:4000/apis/ID/graphql`
    pub(crate) graphql: String,
    /// `ws://127.0.0.1:4000/apis/ID/graphql/realtime`
    pub(crate) realtime: String,
}

/// An Event API of the application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventApi {
    pub(crate) logical_id: String,
    pub(crate) id: String,
    /// `http://127.0.0.1:4000/apis/ID/event`
    pub(crate) http: String,
    /// `ws://127.0.0.1:4000/apis/ID/event/realtime`
    pub(crate) realtime: String,
}

/// A user pool of the application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserPool {
    pub(crate) id: String,
    /// Its first client.
    pub(crate) client_id: String,
    pub(crate) users: Vec<String>,
}

const FILE: &str = "endpoints.json";

impl Endpoints {
    /// Reads the file in `folder`.
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        serde_json::from_slice(&fs::read(folder.join(FILE))?).map_err(io::Error::other)
    }

    /// The same, with the APIs and outputs of `application`.
    pub(super) fn with(&self, application: &Application, addresses: &Addresses) -> Self {
        let api = |api: &template::GraphqlApi| Api {
            logical_id: api.logical_id.clone(),
            id: api.id.clone(),
            graphql: addresses.graphql_url(&api.id),
            realtime: addresses.realtime_url(&api.id),
        };
        let event_api = |api: &template::EventApi| EventApi {
            logical_id: api.logical_id.clone(),
            id: api.id.clone(),
            http: addresses.event_url(&api.id),
            realtime: addresses.event_realtime_url(&api.id),
        };
        Self {
            event_apis: application.event_apis.iter().map(event_api).collect(),
            apis: application.apis.iter().map(api).collect(),
            outputs: application
                .outputs
                .iter()
                .map(|output| (output.name.clone(), output.value.clone().into()))
                .collect(),
            ..self.clone()
        }
    }

    /// Writes the file in `folder`.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), super::secrets::Error> {
        let text = serde_json::to_string_pretty(self).expect("texts and numbers are JSON");
        super::secrets::write_private(&folder.join(FILE), &text)
    }

    /// Removes the file in `folder`.
    pub(crate) fn remove(folder: &Path) {
        // A file that is gone already is what was wanted.
        let _ = fs::remove_file(folder.join(FILE));
    }
}

//! `[opensearch."NAME"]`: OpenSearch domains that are not on AWS.

use std::fmt;

use serde::Deserialize;

/// One domain, by its name, the host of its endpoint or its logical id in the template.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Domain {
    /// `http://127.0.0.1:9200`, with user and password where it asks for them: the password is a secret. Requests to it are not signed.
    pub(crate) url: String,
}

impl Domain {
    /// What cannot be right with the domain called `name`.
    pub(super) fn validate(&self, name: &str) -> Result<(), String> {
        if self.url.starts_with("http://") || self.url.starts_with("https://") {
            return Ok(());
        }
        Err(format!("opensearch.\"{name}\".url begins with neither http:// nor https://"))
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::shown_url(&self.url))
    }
}

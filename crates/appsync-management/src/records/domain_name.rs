//! A custom domain name and the API that it is associated with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::input;

/// `DomainNameConfig` without what AWS makes of it, and its association.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DomainName {
    #[serde(deserialize_with = "input::domain_name")]
    pub(crate) domain_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) certificate_arn: String,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    /// The API that requests to this host are for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) api_id: Option<String>,
}

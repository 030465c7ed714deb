//! A group of users: its name appears in tokens as `cognito:groups`.

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Error, input};

/// Properties of `AWS::Cognito::UserPoolGroup` and `CreateGroup`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GroupSettings {
    /// Unique in the pool, up to 128 characters.
    pub group_name: String,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Lower comes first in tokens; a group without precedence comes last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precedence: Option<u32>,
    /// A role for identity pools, in tokens as `cognito:roles`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
}

impl GroupSettings {
    /// Settings from the properties of a template or the input of `CreateGroup`.
    ///
    /// # Errors
    /// `InvalidParameter` for a wrong shape or name.
    pub fn from_json(properties: serde_json::Value) -> Result<Self, Error> {
        let settings: Self = input::parse(properties)?;
        settings.validate()?;
        Ok(settings)
    }

    pub(crate) fn validate(&self) -> Result<(), Error> {
        input::name(&self.group_name, "groupName")
    }
}

/// A stored group. Who is in it is kept with the user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) settings: GroupSettings,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
}

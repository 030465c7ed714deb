//! An app client: which flows it may use, how long its tokens live, and its secret.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html>

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use clock::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Denial, Error, secret::Secret};

/// Properties of `AWS::Cognito::UserPoolClient` and `CreateUserPoolClient`. Those without a field here are kept and
/// described as they came.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ClientSettings {
    /// Up to 128 characters; not unique.
    pub client_name: String,
    /// Whether the client gets a secret and must prove it.
    pub generate_secret: bool,
    /// `ALLOW_USER_SRP_AUTH` ...; empty means SRP, custom and refresh.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explicit_auth_flows: Vec<String>,
    /// `ENABLED` or `LEGACY`; empty means `LEGACY`, as it does for the API.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prevent_user_existence_errors: String,
    /// 0 means 30 days.
    pub refresh_token_validity: i64,
    /// 0 means one hour.
    #[serde(skip_serializing_if = "is_zero")]
    pub access_token_validity: i64,
    /// 0 means one hour.
    #[serde(skip_serializing_if = "is_zero")]
    pub id_token_validity: i64,
    /// The units of the three numbers above.
    pub token_validity_units: TokenValidityUnits,
    /// Minutes that a challenge can be answered, 3 to 15; 0 means 3.
    #[serde(skip_serializing_if = "is_zero")]
    pub auth_session_validity: i64,
    /// Whether tokens carry `origin_jti` and can be revoked; absent means yes.
    pub enable_token_revocation: Option<bool>,
    /// Attributes in id tokens and `GetUser`; empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read_attributes: Vec<String>,
    /// Attributes that users may write; empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub write_attributes: Vec<String>,
    /// Must be off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_rotation: Option<RefreshTokenRotation>,
    /// Every other property.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// `TokenValidityUnits`: `seconds`, `minutes`, `hours` or `days`; empty means hours, and days for refresh tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TokenValidityUnits {
    /// Of `AccessTokenValidity`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub access_token: String,
    /// Of `IdTokenValidity`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id_token: String,
    /// Of `RefreshTokenValidity`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub refresh_token: String,
}

/// `RefreshTokenRotation`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RefreshTokenRotation {
    /// `ENABLED` or `DISABLED`.
    pub feature: String,
}

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;
/// The longest life of an access or id token, in seconds.
pub(crate) const MAX_TOKEN_SECONDS: i64 = DAY;
const MAX_REFRESH_SECONDS: i64 = 3650 * DAY;

const FLOWS: [&str; 9] = [
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_AUTH",
    "ADMIN_NO_SRP_AUTH",
    "CUSTOM_AUTH_FLOW_ONLY",
    "USER_PASSWORD_AUTH",
];

impl ClientSettings {
    /// Settings from the properties of a template or the input of `CreateUserPoolClient`.
    ///
    /// # Errors
    /// `InvalidParameter` for a wrong shape or value, `Unsupported` for what would make sign-in differ from AWS.
    pub fn from_json(properties: Value) -> Result<Self, Error> {
        let mut settings: Self = crate::input::parse(properties)?;
        settings.other.remove("UserPoolId");
        settings.validate()?;
        Ok(settings)
    }

    pub(crate) fn validate(&self) -> Result<(), Error> {
        if let Some(flow) = self.explicit_auth_flows.iter().find(|flow| !FLOWS.contains(&flow.as_str())) {
            let message = format!(
                "1 validation error detected: Value '[{flow}]' at 'explicitAuthFlows' failed to satisfy constraint: \
                 Member must satisfy enum value set: [{}]",
                FLOWS.join(", ")
            );
            return Err(Error::InvalidParameter(message));
        }
        if self.refresh_token_rotation.as_ref().is_some_and(|rotation| rotation.feature == "ENABLED") {
            return Err(Error::Unsupported("RefreshTokenRotation ENABLED".to_owned()));
        }
        let bounded = |seconds: Option<i64>, bounds: std::ops::RangeInclusive<i64>, token: &str| match seconds {
            Some(seconds) if bounds.contains(&seconds) => Ok(()),
            _ => Err(Error::InvalidParameter(format!("Invalid range for token validity: {token}."))),
        };
        bounded(self.access_token_seconds(), 5 * MINUTE..=MAX_TOKEN_SECONDS, "accessTokenValidity")?;
        bounded(self.id_token_seconds(), 5 * MINUTE..=MAX_TOKEN_SECONDS, "idTokenValidity")?;
        bounded(self.refresh_token_seconds(), 60 * MINUTE..=MAX_REFRESH_SECONDS, "refreshTokenValidity")
    }

    fn access_token_seconds(&self) -> Option<i64> {
        seconds(self.access_token_validity, &self.token_validity_units.access_token, "hours", 60 * MINUTE)
    }

    fn id_token_seconds(&self) -> Option<i64> {
        seconds(self.id_token_validity, &self.token_validity_units.id_token, "hours", 60 * MINUTE)
    }

    fn refresh_token_seconds(&self) -> Option<i64> {
        seconds(self.refresh_token_validity, &self.token_validity_units.refresh_token, "days", 30 * DAY)
    }

    /// Whether `flow` (`USER_SRP_AUTH` ...) is enabled.
    pub(crate) fn allows(&self, flow: &str) -> bool {
        let has = |name: &str| self.explicit_auth_flows.iter().any(|given| given == name);
        let is_legacy = self.explicit_auth_flows.iter().all(|given| !given.starts_with("ALLOW_"));
        match flow {
            // Clients from before the ALLOW_ names always have SRP and refresh, and so has one without any flow.
            "USER_SRP_AUTH" | "REFRESH_TOKEN_AUTH" if is_legacy => {
                !has("CUSTOM_AUTH_FLOW_ONLY") || flow.starts_with('R')
            }
            "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => {
                has("ALLOW_ADMIN_USER_PASSWORD_AUTH") || has("ADMIN_NO_SRP_AUTH")
            }
            _ => has(flow) || has(&format!("ALLOW_{flow}")),
        }
    }

    pub(crate) fn hides_unknown_users(&self) -> bool {
        self.prevent_user_existence_errors == "ENABLED"
    }

    pub(crate) fn revokes_tokens(&self) -> bool {
        self.enable_token_revocation.unwrap_or(true)
    }

    pub(crate) fn can_read(&self, attribute: &str) -> bool {
        self.read_attributes.is_empty() || self.read_attributes.iter().any(|name| name == attribute)
    }

    pub(crate) fn can_write(&self, attribute: &str) -> bool {
        self.write_attributes.is_empty() || self.write_attributes.iter().any(|name| name == attribute)
    }
}

fn seconds(number: i64, unit: &str, default_unit: &str, default: i64) -> Option<i64> {
    if number == 0 {
        return Some(default);
    }
    let unit = match if unit.is_empty() { default_unit } else { unit } {
        "seconds" => 1,
        "minutes" => MINUTE,
        "hours" => 60 * MINUTE,
        "days" => DAY,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// A stored app client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) user_pool_id: String,
    pub(crate) settings: ClientSettings,
    pub(crate) secret: Option<Secret>,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
}

impl Client {
    /// Checks `SECRET_HASH`: base64 of HMAC-SHA256(client secret, user name and client id).
    pub(crate) fn check_secret_hash(&self, username: &str, hash: Option<&str>) -> Result<(), Error> {
        let wrong = || Error::from(Denial::SecretHashWrong(self.id.clone()));
        match (&self.secret, hash) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(wrong()),
            (Some(_), None) => Err(Denial::SecretHashMissing(self.id.clone()).into()),
            (Some(secret), Some(hash)) => {
                let message = [username.as_bytes(), self.id.as_bytes()].concat();
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
                let hash = STANDARD.decode(hash).map_err(|_| wrong())?;
                hmac::verify(&key, &message, &hash).map_err(|_| wrong())
            }
        }
    }

    /// Checks the plain client secret, as `RevokeToken` and `GetTokensFromRefreshToken` carry it.
    pub(crate) fn check_secret(&self, given: Option<&str>) -> Result<(), Error> {
        let given = given.map(Secret::new);
        if self.secret == given { Ok(()) } else { Err(Denial::SecretHashWrong(self.id.clone()).into()) }
    }

    /// Life of an access token, in seconds.
    pub(crate) fn access_token_seconds(&self) -> i64 {
        self.settings.access_token_seconds().unwrap_or(60 * MINUTE)
    }

    /// Life of an id token, in seconds.
    pub(crate) fn id_token_seconds(&self) -> i64 {
        self.settings.id_token_seconds().unwrap_or(60 * MINUTE)
    }

    /// Life of a refresh token, in seconds.
    pub(crate) fn refresh_token_seconds(&self) -> i64 {
        self.settings.refresh_token_seconds().unwrap_or(30 * DAY)
    }

    /// How long a challenge can be answered, in seconds.
    pub(crate) fn session_seconds(&self) -> i64 {
        match self.settings.auth_session_validity {
            0 => 3 * MINUTE,
            minutes => minutes.clamp(3, 15) * MINUTE,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(properties: Value) -> ClientSettings {
        ClientSettings::from_json(properties).expect("valid settings")
    }

    #[test]
    fn enables_the_flows_it_names_and_srp_by_default() {
        let cases = [
            (json!([]), "USER_SRP_AUTH", true),
            (json!([]), "REFRESH_TOKEN_AUTH", true),
            (json!([]), "USER_PASSWORD_AUTH", false),
            (json!(["ALLOW_USER_PASSWORD_AUTH"]), "USER_PASSWORD_AUTH", true),
            (json!(["ALLOW_USER_PASSWORD_AUTH"]), "USER_SRP_AUTH", false),
            (json!(["ALLOW_USER_PASSWORD_AUTH"]), "REFRESH_TOKEN_AUTH", false),
            (json!(["ADMIN_NO_SRP_AUTH"]), "ADMIN_USER_PASSWORD_AUTH", true),
            (json!(["ADMIN_NO_SRP_AUTH"]), "USER_SRP_AUTH", true),
            (json!(["USER_PASSWORD_AUTH"]), "USER_PASSWORD_AUTH", true),
            (json!(["CUSTOM_AUTH_FLOW_ONLY"]), "USER_SRP_AUTH", false),
            (json!(["ALLOW_ADMIN_USER_PASSWORD_AUTH"]), "ADMIN_NO_SRP_AUTH", true),
        ];
        for (flows, flow, allowed) in cases {
            assert_eq!(settings(json!({"ExplicitAuthFlows": flows})).allows(flow), allowed, "{flows} {flow}");
        }
    }

    #[test]
    fn bounds_the_life_of_tokens() {
        let units = json!({"AccessToken": "minutes", "RefreshToken": "hours"});
        let given = settings(json!({
            "AccessTokenValidity": 5, "RefreshTokenValidity": 1, "TokenValidityUnits": units,
        }));
        assert_eq!((given.access_token_seconds(), given.refresh_token_seconds()), (Some(300), Some(3600)));
        for properties in [
            json!({"AccessTokenValidity": 4, "TokenValidityUnits": units}),
            json!({"AccessTokenValidity": 25}),
            json!({"IdTokenValidity": i64::MAX}),
            json!({"RefreshTokenValidity": -1}),
            json!({"RefreshTokenValidity": 3651}),
            json!({"AccessTokenValidity": 1, "TokenValidityUnits": {"AccessToken": "years"}}),
            json!({"RefreshTokenRotation": {"Feature": "ENABLED"}}),
            json!({"ExplicitAuthFlows": ["ALLOW_ANYTHING"]}),
        ] {
            assert!(ClientSettings::from_json(properties.clone()).is_err(), "{properties}");
        }
    }
}

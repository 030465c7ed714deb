//! A user pool: its settings in CloudFormation's and the API's shape, and what follows from them for its users.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html>

use clock::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Error, secret::Secret, user::User};

/// Properties of `AWS::Cognito::UserPool` and `CreateUserPool`. Those without a field here are kept and described
/// as they came.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UserPoolSettings {
    /// Up to 128 characters; not unique. CloudFormation calls it `UserPoolName`.
    #[serde(alias = "UserPoolName")]
    pub pool_name: String,
    /// The password policy.
    pub policies: Policies,
    /// `email`, `phone_number`: sign-up sends a code there.
    pub auto_verified_attributes: Vec<String>,
    /// `email`, `phone_number`, `preferred_username`: further names of a user once they are verified.
    pub alias_attributes: Vec<String>,
    /// `email`, `phone_number`: what users sign up with in place of a user name.
    pub username_attributes: Vec<String>,
    /// Whether user names differ in case.
    pub username_configuration: UsernameConfiguration,
    /// Whether users may sign themselves up.
    pub admin_create_user_config: AdminCreateUserConfig,
    /// Required standard attributes and custom attributes. The API's answers call it `SchemaAttributes`.
    pub schema: Vec<SchemaAttribute>,
    /// `OFF`, `OPTIONAL` or `ON`; empty means `OFF`.
    pub mfa_configuration: String,
    /// Every other property.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// `Policies`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Policies {
    /// What a password must be like.
    pub password_policy: PasswordPolicy,
}

/// `PasswordPolicy`. A pool without one asks for eight characters of all four kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PasswordPolicy {
    /// 6 to 99 characters.
    #[serde(default = "default_minimum_length")]
    pub minimum_length: usize,
    /// A to Z.
    #[serde(default)]
    pub require_uppercase: bool,
    /// a to z.
    #[serde(default)]
    pub require_lowercase: bool,
    /// 0 to 9.
    #[serde(default)]
    pub require_numbers: bool,
    /// One of Cognito's special characters.
    #[serde(default)]
    pub require_symbols: bool,
    /// How long a temporary password can be used.
    #[serde(default = "default_temporary_password_days")]
    pub temporary_password_validity_days: u32,
}

fn default_minimum_length() -> usize {
    8
}

fn default_temporary_password_days() -> u32 {
    7
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            minimum_length: default_minimum_length(),
            require_uppercase: true,
            require_lowercase: true,
            require_numbers: true,
            require_symbols: true,
            temporary_password_validity_days: default_temporary_password_days(),
        }
    }
}

/// `UsernameConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UsernameConfiguration {
    /// False: `Alice` and `alice` are one user, stored in lower case.
    pub case_sensitive: bool,
}

/// `AdminCreateUserConfig`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AdminCreateUserConfig {
    /// True: `SignUp` is refused.
    pub allow_admin_create_user_only: bool,
}

/// An element of `Schema`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SchemaAttribute {
    /// A standard attribute, or a custom one with or without the prefix `custom:`.
    pub name: String,
    /// Whether a new user must have it (standard attributes only).
    pub required: bool,
    /// Whether it can be changed; absent means yes.
    // AWS differs: an immutable attribute cannot be changed after sign-up; here it is only described.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutable: Option<bool>,
    /// Type and constraints, which are kept but not enforced.
    // AWS differs: values of custom attributes are checked against their constraints.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Longest pool name.
const MAX_NAME_CHARS: usize = 128;

impl UserPoolSettings {
    /// Settings from the properties of a template or the input of `CreateUserPool`.
    ///
    /// # Errors
    /// `InvalidParameter` for a wrong shape or value, `Unsupported` for what would make sign-in differ from AWS.
    pub fn from_json(properties: Value) -> Result<Self, Error> {
        let settings: Self = crate::input::parse(properties)?;
        settings.validate()?;
        Ok(settings)
    }

    pub(crate) fn validate(&self) -> Result<(), Error> {
        if self.pool_name.chars().count() > MAX_NAME_CHARS {
            return Err(Error::InvalidParameter(
                "1 validation error detected: Value at 'poolName' failed to satisfy constraint: \
                 Member must have length less than or equal to 128"
                    .to_owned(),
            ));
        }
        if !(6..=99).contains(&self.policies.password_policy.minimum_length) {
            return Err(Error::InvalidParameter("Password policy minimum length must be between 6 and 99".to_owned()));
        }
        if self.mfa_configuration == "ON" {
            return Err(Error::Unsupported("MfaConfiguration ON".to_owned()));
        }
        if !self.username_attributes.is_empty() && !self.alias_attributes.is_empty() {
            return Err(Error::InvalidParameter(
                "Only one of the aliasAttributes or usernameAttributes can be set in a user pool.".to_owned(),
            ));
        }
        Ok(())
    }

    /// The triggers of `LambdaConfig`, none of which run here.
    pub(crate) fn triggers(&self) -> Vec<&str> {
        let lambda = self.other.get("LambdaConfig").and_then(Value::as_object);
        lambda.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }
}

/// A stored user pool.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UserPool {
    pub(crate) id: String,
    pub(crate) settings: UserPoolSettings,
    /// 32 random bytes from which sealing keys and the salts of unknown users follow.
    pub(crate) secret: Secret,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
}

impl UserPool {
    /// The part of the id after its underscore, which SRP hashes.
    pub(crate) fn srp_name(&self) -> &str {
        self.id.split_once('_').map_or("", |(_, name)| name)
    }

    /// A user name or alias as it is stored.
    pub(crate) fn normalize(&self, name: &str) -> String {
        if self.settings.username_configuration.case_sensitive { name.to_owned() } else { name.to_lowercase() }
    }

    /// The names under which a user is found beside its user name, each with the attribute it comes from.
    pub(crate) fn aliases(&self, user: &User) -> Vec<(&'static str, String)> {
        let mut aliases = Vec::new();
        if user.sub != user.username {
            aliases.push(("sub", user.sub.clone()));
        }
        for attribute in ["email", "phone_number", "preferred_username"] {
            let contains = |list: &[String]| list.iter().any(|name| name == attribute);
            let is_verified = attribute == "preferred_username" || user.is_verified(attribute);
            let signs_in = contains(&self.settings.username_attributes)
                || (contains(&self.settings.alias_attributes) && is_verified);
            if let Some(value) = user.attributes.get(attribute).filter(|value| signs_in && !value.is_empty()) {
                aliases.push((attribute, self.normalize(value)));
            }
        }
        aliases
    }
}

/// Whether `id` is `<region>_<alphanumeric>`: clients take the pool's name from between underscores.
pub(crate) fn is_valid_id(id: &str) -> bool {
    id.split_once('_').is_some_and(|(region, name)| {
        !region.is_empty()
            && !name.is_empty()
            && id.len() <= 55
            && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_template_properties_and_keeps_what_it_does_not_know() {
        let properties = json!({
            "UserPoolName": "orders", "UsernameAttributes": ["email"], "EmailConfiguration": {"From": "x"},
            "Policies": {"PasswordPolicy": {"MinimumLength": 6}}, "LambdaConfig": {"PreSignUp": "arn"},
        });
        let settings = UserPoolSettings::from_json(properties).expect("valid settings");
        assert_eq!(settings.pool_name, "orders");
        assert!(!settings.policies.password_policy.require_symbols, "a given policy asks for what it names");
        assert_eq!(settings.other["EmailConfiguration"]["From"], "x");
        assert_eq!(settings.triggers(), ["PreSignUp"]);
        assert!(PasswordPolicy::default().require_symbols);
    }

    #[test]
    fn refuses_settings_it_cannot_honour() {
        for properties in [
            json!({"PoolName": "x".repeat(129)}),
            json!({"PoolName": "x", "MfaConfiguration": "ON"}),
            json!({"PoolName": "x", "Policies": {"PasswordPolicy": {"MinimumLength": 3}}}),
            json!({"PoolName": "x", "UsernameAttributes": ["email"], "AliasAttributes": ["email"]}),
            json!({"PoolName": 7}),
            json!("x"),
        ] {
            assert!(UserPoolSettings::from_json(properties.clone()).is_err(), "{properties}");
        }
    }

    #[test]
    fn a_pool_id_has_one_underscore() {
        for id in ["us-east-1_abc123XYZ", "local_a"] {
            assert!(is_valid_id(id), "{id}");
        }
        for id in ["", "us-east-1", "_a", "us-east-1_", "us-east-1_a_b", "us-east-1_a/b", "us\0_a"] {
            assert!(!is_valid_id(id), "{id:?}");
        }
    }
}

//! Reading requests: shapes, required members, lengths and user attributes, each with AWS's exception when it is wrong.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Denial, Error, client::Client, user_pool::UserPool};

/// Longest name of a user, group or client.
const MAX_NAME_CHARS: usize = 128;
/// Longest value of an attribute.
const MAX_ATTRIBUTE_CHARS: usize = 2048;
/// Longest value of an authentication parameter; secret blocks and refresh tokens are the longest.
const MAX_PARAMETER_CHARS: usize = 8192;
/// Most attributes or parameters in one request.
const MAX_MEMBERS: usize = 100;

/// The attributes that every pool has.
const STANDARD_ATTRIBUTES: [&str; 19] = [
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
];

/// A request's JSON as the operation's shape. Unknown members are ignored, as AWS ignores them.
pub(crate) fn parse<T: DeserializeOwned>(input: Value) -> Result<T, Error> {
    let input = if input.is_null() { Value::Object(serde_json::Map::new()) } else { input };
    if !input.is_object() {
        return Err(Error::Serialization("Start of structure or map found where not expected.".to_owned()));
    }
    serde_json::from_value(input).map_err(|error| Error::Serialization(error.to_string()))
}

/// The member called `name`, or AWS's complaint that it is missing.
pub(crate) fn required<T>(value: Option<T>, name: &str) -> Result<T, Error> {
    value.ok_or_else(|| invalid("Value null", name, "Member must not be null"))
}

fn invalid(value: &str, name: &str, constraint: &str) -> Error {
    Error::InvalidParameter(format!(
        "1 validation error detected: {value} at '{name}' failed to satisfy constraint: {constraint}"
    ))
}

/// A required name of a user, group, pool or client: 1 to 128 characters, none of them white space or control.
pub(crate) fn required_name(value: Option<String>, member: &str) -> Result<String, Error> {
    let value = required(value, member)?;
    name(&value, member)?;
    Ok(value)
}

/// Checks a name: 1 to 128 characters, none of them white space or control.
pub(crate) fn name(value: &str, member: &str) -> Result<(), Error> {
    let length = value.chars().count();
    if length == 0 {
        return Err(invalid("Value ''", member, "Member must have length greater than or equal to 1"));
    }
    if length > MAX_NAME_CHARS {
        return Err(invalid("Value", member, "Member must have length less than or equal to 128"));
    }
    if value.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(invalid(
            "Value",
            member,
            r"Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+",
        ));
    }
    Ok(())
}

/// `Limit` or `MaxResults`, between 1 and 60; 60 when absent.
pub(crate) fn limit(value: Option<i64>, member: &str) -> Result<usize, Error> {
    match value {
        None => Ok(60),
        Some(value @ 1..=60) => Ok(value as usize),
        Some(value) => Err(invalid(&format!("Value '{value}'"), member, "Member must have value between 1 and 60")),
    }
}

/// `AuthParameters` or `ChallengeResponses`.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Checks sizes.
    pub(crate) fn checked(self, member: &str) -> Result<Self, Error> {
        let is_long = self.0.values().any(|value| value.chars().count() > MAX_PARAMETER_CHARS);
        if is_long || self.0.len() > MAX_MEMBERS {
            return Err(invalid("Value", member, "Map value must have length less than or equal to 8192"));
        }
        Ok(self)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Error> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| Error::missing_parameter(name))
    }

    /// `USERNAME`, no longer than a name can be.
    pub(crate) fn username(&self) -> Result<&str, Error> {
        let name = self.required("USERNAME")?;
        if name.chars().count() > MAX_NAME_CHARS {
            return Err(invalid("Value", "username", "Member must have length less than or equal to 128"));
        }
        Ok(name)
    }

    /// The parameters whose names begin with `prefix`, without it.
    pub(crate) fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }
}

/// An element of `UserAttributes`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attribute {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// Who writes attributes: an app client on behalf of the user, or an administrator.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Writer<'a> {
    Client(&'a Client),
    /// Who may also say that an address is verified.
    Administrator,
}

/// Checks attributes against the pool's schema and what `writer` may write.
pub(crate) fn attributes(
    pool: &UserPool,
    attributes: Vec<Attribute>,
    writer: Writer<'_>,
) -> Result<BTreeMap<String, String>, Error> {
    if attributes.len() > MAX_MEMBERS {
        return Err(invalid("Value", "userAttributes", "Member must have length less than or equal to 100"));
    }
    for attribute in &attributes {
        check_attribute(pool, attribute, writer)?;
    }
    Ok(attributes.into_iter().map(|attribute| (attribute.name, attribute.value)).collect())
}

fn check_attribute(pool: &UserPool, attribute: &Attribute, writer: Writer<'_>) -> Result<(), Error> {
    let Attribute { name, value } = attribute;
    let does_not_conform =
        |reason: String| Error::InvalidParameter(format!("Attributes did not conform to the schema: {reason}"));
    let is_custom =
        |schema: &str| name.strip_prefix("custom:") == Some(schema.strip_prefix("custom:").unwrap_or(schema));
    if name == "sub" {
        return Err(does_not_conform("sub: Attribute cannot be updated.".to_owned()));
    }
    if !STANDARD_ATTRIBUTES.contains(&name.as_str()) && !pool.settings.schema.iter().any(|s| is_custom(&s.name)) {
        return Err(does_not_conform(format!("Type for attribute {{{name}}} could not be determined")));
    }
    if value.chars().count() > MAX_ATTRIBUTE_CHARS {
        return Err(does_not_conform(format!("{name}: String must be no longer than 2048 characters")));
    }
    if let Writer::Client(client) = writer
        && (name.ends_with("_verified") || !client.settings.can_write(name))
    {
        return Err(Denial::UnauthorizedAttribute.into());
    }
    match name.as_str() {
        "email" if !value.is_empty() && !is_email(value) => {
            Err(Error::InvalidParameter("Invalid email address format.".to_owned()))
        }
        "phone_number" if !value.is_empty() && !is_phone_number(value) => {
            Err(Error::InvalidParameter("Invalid phone number format.".to_owned()))
        }
        "email_verified" | "phone_number_verified" if !matches!(value.as_str(), "true" | "false") => {
            Err(does_not_conform(format!("{name}: Attribute value must be true or false")))
        }
        _ => Ok(()),
    }
}

/// Checks that a new user has every attribute that the schema requires.
pub(crate) fn required_attributes(pool: &UserPool, attributes: &BTreeMap<String, String>) -> Result<(), Error> {
    let missing: Vec<String> = pool
        .settings
        .schema
        .iter()
        .filter(|attribute| attribute.required && attribute.name != "sub" && !attributes.contains_key(&attribute.name))
        .map(|attribute| format!("{}: The attribute {0} is required", attribute.name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::InvalidParameter(format!("Attributes did not conform to the schema: {}", missing.join("\n"))))
}

/// Something, an at sign, and a host with a dot: Cognito's own check is not published.
pub(crate) fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !host.contains('@')
            && !text.chars().any(|c| c.is_whitespace() || c.is_control())
    })
}

/// E.164: a plus sign and up to fifteen digits.
pub(crate) fn is_phone_number(text: &str) -> bool {
    text.strip_prefix('+')
        .is_some_and(|digits| (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_addresses_from_other_texts() {
        for text in ["a@example.com", "a+b@x.y.org"] {
            assert!(is_email(text), "{text}");
        }
        for text in ["", "a", "@example.com", "a@", "a@host", "a@.com", "a@b@c.d", "a b@c.d", "a@c.\0d"] {
            assert!(!is_email(text), "{text:?}");
        }
        assert!(is_phone_number("+15550100"));
        for text in ["", "+", "15550100", "+1555010x", "+1234567890123456"] {
            assert!(!is_phone_number(text), "{text}");
        }
    }

    #[test]
    fn names_are_short_and_visible() {
        for text in ["alice", "a@b.c", "ä", "x".repeat(128).as_str()] {
            name(text, "username").expect(text);
        }
        for text in ["", "a b", "a\0b", "a\nb", "x".repeat(129).as_str()] {
            assert!(name(text, "username").is_err(), "{text:?}");
        }
    }
}

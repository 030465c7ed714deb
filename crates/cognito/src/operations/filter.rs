//! The filter of `ListUsers`: one attribute that equals (`=`) or begins with (`^=`) a text.

use crate::{Error, user::User};

/// A parsed filter; the empty text lets every user through.
pub(super) struct Filter(Option<Condition>);

struct Condition {
    attribute: String,
    value: String,
    is_prefix: bool,
}

impl Filter {
    /// Reads `name = "value"` or `name ^= "value"`; a quote inside the value is escaped by a backslash.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self(None));
        }
        Self::condition(text).map(|condition| Self(Some(condition))).ok_or_else(|| {
            Error::InvalidParameter(format!(
                "One or more requested attributes do not exist. Error while parsing filter {text:?}"
            ))
        })
    }

    fn condition(text: &str) -> Option<Condition> {
        let (left, right) = text.split_once('=')?;
        let (attribute, is_prefix) = match left.trim().strip_suffix('^') {
            Some(attribute) => (attribute, true),
            None => (left, false),
        };
        let quoted = right.trim().strip_prefix('"')?.strip_suffix('"')?;
        let attribute = attribute.trim().trim_matches('"').to_owned();
        let value = quoted.replace("\\\"", "\"");
        (!attribute.is_empty()).then_some(Condition { attribute, value, is_prefix })
    }

    /// Whether the user is let through.
    pub(super) fn matches(&self, user: &User) -> bool {
        let Some(condition) = &self.0 else { return true };
        let actual = match condition.attribute.as_str() {
            "username" => Some(user.username.as_str()),
            "sub" => Some(user.sub.as_str()),
            "cognito:user_status" => Some(user.status.as_str()),
            "status" => Some(if user.enabled { "Enabled" } else { "Disabled" }),
            name => user.attributes.get(name).map(String::as_str),
        };
        actual.is_some_and(|actual| {
            if condition.is_prefix { actual.starts_with(&condition.value) } else { actual == condition.value }
        })
    }
}

#[cfg(test)]
mod tests {
    use clock::Timestamp;

    use super::*;
    use crate::user::UserStatus;

    #[test]
    fn compares_one_attribute() {
        let mut user = User::new("alice".to_owned(), "1".to_owned(), UserStatus::Confirmed, Timestamp(0));
        user.attributes.insert("name".to_owned(), "A \"B\" = C".to_owned());
        let cases = [
            ("", true),
            (r#"username = "alice""#, true),
            (r#"username="ali""#, false),
            (r#"username ^= "ali""#, true),
            (r#""sub" = "1""#, true),
            (r#"name = "A \"B\" = C""#, true),
            (r#"email ^= """#, false),
            (r#"cognito:user_status = "CONFIRMED""#, true),
            (r#"status = "Disabled""#, false),
        ];
        for (text, expected) in cases {
            assert_eq!(Filter::parse(text).expect(text).matches(&user), expected, "{text}");
        }
        for text in ["username", "username = alice", "= \"x\"", "username = \""] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
    }
}

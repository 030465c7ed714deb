//! Secrets in what is read from a trace: by the name of the member, argument or header that holds them, and tokens by
//! their form wherever they stand.

use std::borrow::Cow;

use serde_json::{Map, Value};

pub(super) use super::mask_text::text;

/// Nesting of what is read, texts of JSON within it included: more than parsing lets through.
const DEPTH: usize = 200;
/// What stands in a secret's place.
pub(super) const MASK: &str = "***";

/// Names with one of these anywhere hold a secret; spelt without `_` and `-`, in lower case.
const ANYWHERE: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "authorization",
    "cookie",
];
/// Page tokens are named like secrets and are none.
const NO_SECRETS: [&str; 3] = ["nexttoken", "starttoken", "clientrequesttoken"];

/// A copy with every secret masked.
pub(super) fn value(value: &Value) -> Value {
    masked(value, DEPTH)
}

/// [`value`] of an object's members.
pub(super) fn members(members: &Map<String, Value>) -> Map<String, Value> {
    masked_members(members, DEPTH)
}

fn masked(value: &Value, depth: usize) -> Value {
    match value {
        _ if depth == 0 => MASK.into(),
        Value::String(given) => masked_text(given, depth).into(),
        Value::Array(items) => items.iter().map(|item| masked(item, depth - 1)).collect(),
        Value::Object(members) => Value::Object(masked_members(members, depth - 1)),
        other => other.clone(),
    }
}

fn masked_members(members: &Map<String, Value>, depth: usize) -> Map<String, Value> {
    let member = |(name, value): (&String, &Value)| {
        let value = if is_secret(name) && !value.is_null() { MASK.into() } else { masked(value, depth) };
        (name.clone(), value)
    };
    members.iter().map(member).collect()
}

/// A text may be JSON itself, as the bodies of HTTP data sources are.
fn masked_text(given: &str, depth: usize) -> String {
    if given.starts_with(['{', '['])
        && let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(given)
    {
        return masked(&inner, depth - 1).to_string();
    }
    text(given).into_owned()
}

/// Whether a member, argument or header of this name holds a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let plain: Cow<'_, str> = match name.bytes().all(|b| b.is_ascii_lowercase()) {
        true => name.into(),
        false => name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect(),
    };
    let is_token = plain.ends_with("token") || plain.ends_with("tokens");
    ANYWHERE.iter().any(|part| plain.contains(part)) || is_token && !NO_SECRETS.contains(&&*plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_tell_secrets() {
        for name in [
            "Authorization",
            "x-api-key",
            "Cookie",
            "set-cookie",
            "x-amz-security-token",
            "password",
            "newPassword",
            "client_secret",
            "SecretString",
            "apiKey",
            "accessKeyId",
            "token",
            "id_token",
            "taskToken",
            "tokens",
            "credentials",
            "proxy-authorization",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["nextToken", "next_token", "id", "key", "tokenCount", "author", "content-type", "pass"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
        for (given, masked) in [
            (
                json!({ "headers": { "x-api-key": "da2-1", "accept": "a/b" } }),
                json!({ "headers": { "x-api-key": "***", "accept": "a/b" } }),
            ),
            (
                json!({ "input": { "password": ["a"], "name": "b" } }),
                json!({ "input": { "password": "***", "name": "b" } }),
            ),
            (json!({ "token": null, "nextToken": "p" }), json!({ "token": null, "nextToken": "p" })),
            (json!([format!("Bearer {jwt}, and {jwt}.")]), json!(["Bearer ***, and ***."])),
            (
                json!({ "body": "{\"access_token\":\"x\",\"n\":1}" }),
                json!({ "body": "{\"access_token\":\"***\",\"n\":1}" }),
            ),
            (json!("a=1&secret=\"s\""), json!("a=1&secret=\"***\"")),
            (json!("https://h/p?id=1&token=abc&x=2"), json!("https://h/p?id=1&token=***&x=2")),
            (json!("said {\\\"password\\\": \\\"x\\\"}"), json!("said {\\\"password\\\": \\\"***\\\"}")),
        ] {
            assert_eq!(value(&given), masked, "{given}");
        }
    }
}

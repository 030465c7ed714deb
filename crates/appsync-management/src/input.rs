//! Reading requests, each mistake with AWS's exception: shapes, required members, names and pages.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{Error, limits};

/// A request's JSON as the operation's shape. Unknown members are ignored, as AWS ignores them.
pub(crate) fn parse<T: DeserializeOwned>(input: &Value) -> Result<T, Error> {
    T::deserialize(input).map_err(|error| {
        let message = error.to_string();
        match message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
            Some(name) => Error::constraint("null", name, "Member must not be null"),
            None => Error::BadRequest(message),
        }
    })
}

/// A domain name: a host, whose case says nothing.
pub(crate) fn domain_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|name| name.to_ascii_lowercase())
}

/// SDL of no more than the quota, told before anything reads it.
pub(crate) fn check_schema_size(text: &str) -> Result<(), Error> {
    if text.len() > limits::SCHEMA_BYTES {
        return Err(Error::bad("Schema size exceeds the limit of 1 MB."));
    }
    Ok(())
}

/// The API that a request names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfApi {
    pub(crate) api_id: String,
}

/// A name of a data source, function, type or field: `[_A-Za-z][_0-9A-Za-z]*`.
pub(crate) fn check_name(name: &str, member: &str) -> Result<(), Error> {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(());
    }
    let pattern = "Member must satisfy regular expression pattern: [_A-Za-z][_0-9A-Za-z]*";
    Err(Error::constraint(name, member, pattern))
}

/// Holds tags against AWS's limits.
pub(crate) fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Error> {
    if tags.len() > limits::TAGS {
        return Err(Error::LimitExceeded(format!("A resource has at most {} tags.", limits::TAGS)));
    }
    for (key, value) in tags {
        if key.is_empty() || key.starts_with("aws:") {
            let pattern = "Map keys must satisfy constraint: [^(?!aws:)[ a-zA-Z+-=._:/]+$]";
            return Err(Error::constraint(key, "tags", pattern));
        }
        check_length(key, "tags", 128)?;
        check_length(value, "tags", 256)?;
    }
    Ok(())
}

/// Text between lengths, in characters.
pub(crate) fn check_length(text: &str, member: &str, longest: usize) -> Result<(), Error> {
    // Bytes first: counting the characters of what is far too long helps nobody.
    if text.len() <= longest || text.chars().count() <= longest {
        return Ok(());
    }
    let shown: String = text.chars().take(40).collect();
    Err(Error::constraint(&shown, member, &format!("Member must have length less than or equal to {longest}")))
}

/// Which part of a list is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    next_token: Option<String>,
    max_results: Option<i64>,
}

impl Page {
    /// The page of `entries`, which are in the order of their names, as `{NAME: [...], "nextToken"}`.
    pub(crate) fn of(&self, name: &str, entries: impl Iterator<Item = (String, Value)>) -> Result<Value, Error> {
        let limit = self.limit()?;
        let after = self.next_token.as_deref().map(position).transpose()?;
        let mut rest = entries.skip_while(|(key, _)| after.as_ref().is_some_and(|after| key <= after)).peekable();
        let mut page = Vec::new();
        let mut last = String::new();
        while page.len() < limit
            && let Some((key, value)) = rest.next()
        {
            page.push(value);
            last = key;
        }
        let mut answer = json!({ name: page });
        if rest.peek().is_some() {
            answer["nextToken"] = URL_SAFE_NO_PAD.encode(last).into();
        }
        Ok(answer)
    }

    fn limit(&self) -> Result<usize, Error> {
        match self.max_results {
            // AWS differs: which number stands for none given, and for 0, is not documented.
            None | Some(0) => Ok(limits::PAGE),
            Some(number @ 1..=25) => Ok(usize::try_from(number).unwrap_or(limits::PAGE)),
            Some(number) => Err(Error::constraint(
                &number.to_string(),
                "maxResults",
                &format!("Member must be between 0 and {}", limits::PAGE),
            )),
        }
    }
}

fn position(token: &str) -> Result<String, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| Error::bad("Invalid nextToken."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_graphql() {
        for (name, good) in [("a", true), ("_A9", true), ("9a", false), ("", false), ("a-b", false), ("../a", false)] {
            assert_eq!(check_name(name, "name").is_ok(), good, "{name}");
        }
    }

    #[test]
    fn pages_follow_each_other() {
        let names = ["a", "b", "c", "d", "e"];
        let entries = || names.iter().map(|name| ((*name).to_owned(), json!(name)));
        let mut seen = Vec::new();
        let mut page = Page { next_token: None, max_results: Some(2) };
        loop {
            let answer = page.of("names", entries()).expect("a page");
            seen.extend(answer["names"].as_array().expect("names").clone());
            match answer["nextToken"].as_str() {
                Some(token) => page.next_token = Some(token.to_owned()),
                None => break,
            }
        }
        assert_eq!(seen, names);
        assert!(Page { next_token: Some("§".into()), max_results: None }.of("names", entries()).is_err());
        assert!(Page { next_token: None, max_results: Some(26) }.of("names", entries()).is_err());
    }
}

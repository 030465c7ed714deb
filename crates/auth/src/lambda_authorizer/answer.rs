//! What the function answers.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::{Error, Identity, identity::LambdaIdentity};

/// `resolverContext`, bytes of JSON (developer guide: 5 MB).
const CONTEXT_BYTES: usize = 5_000_000;

/// An answer that can be used, whatever it says.
#[derive(Debug)]
pub(super) struct Answer {
    /// `None` where `isAuthorized` is false.
    identity: Option<Arc<LambdaIdentity>>,
    /// `ttlOverride`.
    pub(super) ttl_seconds: Option<i64>,
    /// Its size as JSON.
    pub(super) bytes: usize,
}

impl Answer {
    /// Reads an answer to the API of this id; the error is what is wrong with it.
    pub(super) fn read(payload: Value, api_id: &str) -> Result<Self, String> {
        let bytes = payload.to_string().len();
        let Value::Object(mut answer) = payload else { return Err("it answered no JSON object".to_owned()) };
        let Some(is_authorized) = answer.get("isAuthorized").and_then(Value::as_bool) else {
            return Err("its answer has no isAuthorized".to_owned());
        };
        let ttl_seconds = match answer.get("ttlOverride") {
            None | Some(Value::Null) => None,
            Some(ttl) => Some(ttl.as_i64().ok_or("ttlOverride is no integer")?),
        };
        let denied_fields = denied_fields(answer.get("deniedFields"), api_id)?;
        // For an Event API it has the other name; its handlers get it under that name, too.
        let context = answer.remove("resolverContext").or_else(|| answer.remove("handlerContext"));
        let resolver_context = resolver_context(context)?;
        let identity = is_authorized.then(|| Arc::new(LambdaIdentity { resolver_context, denied_fields }));
        Ok(Self { identity, ttl_seconds, bytes })
    }

    /// Who the caller is, where the function lets them in.
    pub(super) fn identity(&self) -> Result<Identity, Error> {
        match &self.identity {
            Some(identity) => Ok(Identity::Lambda(identity.clone())),
            None => Err(Error::not_authorized("the Lambda authorizer says so")),
        }
    }
}

/// `Type.field` of each denied field. An ARN counts for the API that it names: APIs may share a function.
fn denied_fields(list: Option<&Value>, api_id: &str) -> Result<Vec<String>, String> {
    let list = match list {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(list) => list.as_array().ok_or("deniedFields is no list")?,
    };
    let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
    let texts = texts.ok_or("deniedFields has something other than texts")?;
    Ok(texts.into_iter().filter_map(|text| denied_field(text, api_id)).collect())
}

fn denied_field(text: &str, api_id: &str) -> Option<String> {
    let Some(arn) = text.strip_prefix("arn:") else { return Some(text.to_owned()) };
    let (_, resource) = arn.split_once(":apis/")?;
    let rest = resource.strip_prefix(api_id)?.strip_prefix("/types/")?;
    let (type_name, field) = rest.split_once("/fields/")?;
    Some(format!("{type_name}.{field}"))
}

/// "The `resolverContext` object only supports key-value pairs. Nested keys are not supported."
fn resolver_context(context: Option<Value>) -> Result<Map<String, Value>, String> {
    let context = match context {
        None | Some(Value::Null) => return Ok(Map::new()),
        Some(Value::Object(context)) => context,
        Some(_) => return Err("resolverContext is no object".to_owned()),
    };
    // That a nested one refuses the request is our reading [M].
    if let Some((key, _)) = context.iter().find(|(_, value)| value.is_object() || value.is_array()) {
        return Err(format!("resolverContext.{key} is nested"));
    }
    let bytes: usize = context.iter().map(|(key, value)| key.len() + value.to_string().len()).sum();
    if bytes > CONTEXT_BYTES { Err(format!("resolverContext has {bytes} bytes")) } else { Ok(context) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_read_or_say_what_is_wrong() {
        let cases = [
            (json!({ "isAuthorized": true }), Ok(true)),
            (
                json!({ "isAuthorized": false, "resolverContext": null, "deniedFields": null, "ttlOverride": null }),
                Ok(false),
            ),
            (json!({ "isAuthorized": true, "resolverContext": { "a": "b", "n": 1, "t": true, "z": null } }), Ok(true)),
            (json!({}), Err("its answer has no isAuthorized")),
            (json!(null), Err("it answered no JSON object")),
            (json!({ "isAuthorized": "true" }), Err("its answer has no isAuthorized")),
            (json!({ "isAuthorized": true, "ttlOverride": "5" }), Err("ttlOverride is no integer")),
            (json!({ "isAuthorized": true, "deniedFields": "Query.a" }), Err("deniedFields is no list")),
            (json!({ "isAuthorized": true, "deniedFields": [1] }), Err("deniedFields has something other than texts")),
            (
                json!({ "isAuthorized": true, "resolverContext": { "a": { "b": 1 } } }),
                Err("resolverContext.a is nested"),
            ),
            (json!({ "isAuthorized": true, "resolverContext": [] }), Err("resolverContext is no object")),
        ];
        for (payload, expected) in cases {
            let read = Answer::read(payload.clone(), "api").map(|answer| answer.identity.is_some());
            assert_eq!(read, expected.map_err(str::to_owned), "{payload}");
        }
        let large = json!({ "isAuthorized": true, "resolverContext": { "a": "x".repeat(CONTEXT_BYTES) } });
        assert!(Answer::read(large, "api").is_err());
    }

    #[test]
    fn arns_of_denied_fields_count_for_their_api() {
        let arn = |api: &str| format!("arn:aws:appsync:us-east-1:000000000000:apis/{api}/types/Query/fields/secret");
        let denied = json!(["Order.total", arn("mine"), arn("minefield"), arn("other"), "arn:aws:s3:::bucket"]);
        assert_eq!(denied_fields(Some(&denied), "mine"), Ok(vec!["Order.total".to_owned(), "Query.secret".to_owned()]));
    }
}

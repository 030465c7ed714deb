//! The request of an HTTP task: its parameters read and checked, and merged with what the connection adds.

use serde_json::{Map, Value, json};

use super::form::{self, ArrayFormat};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];

/// Headers that a task may not set, in lower case; those that end with a hyphen are prefixes.
const FORBIDDEN: [&str; 35] = [
    "a-im",
    "accept-charset",
    "accept-datetime",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-md5",
    "date",
    "expect",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authorization",
    "referer",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "warning",
    "x-forwarded-",
    "x-amz-",
    "x-amzn-",
];
/// Headers that Step Functions sets, whatever a task says.
const OWN: [&str; 2] = ["user-agent", "range"];

/// The parameters of a task.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) connection_arn: String,
    method: String,
    endpoint: String,
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Option<Value>,
    form: Option<ArrayFormat>,
}

impl Request {
    /// Reads parameters (JSON text).
    ///
    /// # Errors
    /// What is wrong with them, for the cause of the failure.
    pub(super) fn read(parameters: &str) -> Result<Self, String> {
        let fields: Map<String, Value> = serde_json::from_str(parameters).map_err(|error| error.to_string())?;
        let connection = fields.get("InvocationConfig").or_else(|| fields.get("Authentication"));
        let connection_arn = connection.and_then(|connection| connection.get("ConnectionArn")).and_then(Value::as_str);
        let method = required(&fields, "Method")?;
        if !METHODS.contains(&method) {
            return Err(invalid("Method"));
        }
        let headers = pairs("Headers", fields.get("Headers"))?;
        if let Some((name, _)) = headers.iter().find(|(name, _)| is_forbidden(name)) {
            return Err(format!("The header '{name}' is not supported by Step Functions"));
        }
        Ok(Self {
            connection_arn: connection_arn.ok_or_else(|| missing("ConnectionArn"))?.to_owned(),
            method: method.to_owned(),
            endpoint: required(&fields, "ApiEndpoint")?.to_owned(),
            headers,
            query: pairs("QueryParameters", fields.get("QueryParameters"))?,
            body: fields.get("RequestBody").filter(|body| !body.is_null()).cloned(),
            form: array_format(fields.get("Transform"))?,
        })
    }

    /// The input of the service `stepwell:http`: `{Method, Url, Headers: [[NAME, VALUE]], Body}`. The connection's values win.
    ///
    /// # Errors
    /// A body that cannot take the connection's members.
    pub(super) fn with(&self, connection: &Value, region: &str) -> Result<Value, String> {
        let added = |member: &str| connection[member].as_object().cloned().unwrap_or_default();
        let mut headers = over(&self.headers, &added("Headers"), str::eq_ignore_ascii_case);
        headers.retain(|(name, _)| !OWN.iter().any(|own| own.eq_ignore_ascii_case(name)));
        let query = form::query(&over(&self.query, &added("QueryParameters"), |a, b| a == b));
        let body = self.encoded_body(self.merged_body(added("BodyParameters"))?)?;
        let mut all = vec![
            json!(["User-Agent", format!("Amazon|StepFunctions|HttpInvoke|{region}")]),
            json!(["Range", "bytes=0-262144"]),
        ];
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            all.push(json!(["Content-Type", "application/json; charset=UTF-8"]));
        }
        all.extend(headers.iter().map(|(name, value)| json!([name, value])));
        let joint = match query.is_empty() {
            true => "",
            false if self.endpoint.contains('?') => "&",
            false => "?",
        };
        let url = format!("{}{joint}{query}", self.endpoint);
        Ok(json!({ "Method": self.method, "Url": url, "Headers": all, "Body": body }))
    }

    fn merged_body(&self, added: Map<String, Value>) -> Result<Option<Value>, String> {
        if added.is_empty() {
            return Ok(self.body.clone());
        }
        match self.body.clone().unwrap_or_else(|| json!({})) {
            Value::Object(mut members) => {
                members.extend(added);
                Ok(Some(Value::Object(members)))
            }
            _ => Err("The RequestBody cannot be merged with the BodyParameters of the connection".to_owned()),
        }
    }

    fn encoded_body(&self, body: Option<Value>) -> Result<Option<String>, String> {
        Ok(match (self.form, body) {
            (_, None) => None,
            (Some(arrays), Some(Value::Object(members))) => Some(form::encode(&members, arrays)),
            (Some(_), Some(_)) => return Err(invalid("RequestBody")),
            (None, Some(Value::String(text))) => Some(text),
            (None, Some(body)) => Some(body.to_string()),
        })
    }
}

fn required<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    fields.get(name).ok_or_else(|| missing(name))?.as_str().ok_or_else(|| invalid(name))
}

fn missing(name: &str) -> String {
    format!("The field \"{name}\" is required but was missing")
}

fn invalid(name: &str) -> String {
    format!("The value of the field '{name}' has an invalid format")
}

fn is_forbidden(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    FORBIDDEN.iter().any(|known| if known.ends_with('-') { name.starts_with(known) } else { name == **known })
}

/// Members whose values are scalars or arrays of scalars, as pairs.
fn pairs(field: &str, value: Option<&Value>) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    let members = match value {
        None | Some(Value::Null) => return Ok(pairs),
        Some(value) => value.as_object().ok_or_else(|| invalid(field))?,
    };
    for (name, value) in members {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        if values.iter().any(|value| value.is_object() || value.is_array()) {
            return Err(invalid(field));
        }
        pairs.extend(values.iter().map(|value| (name.clone(), form::text(value))));
    }
    Ok(pairs)
}

/// How the body becomes a form, if it does.
fn array_format(transform: Option<&Value>) -> Result<Option<ArrayFormat>, String> {
    let Some(transform) = transform else { return Ok(None) };
    match transform.get("RequestBodyEncoding").and_then(Value::as_str) {
        None | Some("NONE") => Ok(None),
        Some("URL_ENCODED") => match transform.pointer("/RequestEncodingOptions/ArrayFormat") {
            None => Ok(Some(ArrayFormat::default())),
            Some(name) => {
                let named = name.as_str().and_then(ArrayFormat::named);
                named.map(Some).ok_or_else(|| invalid("ArrayFormat"))
            }
        },
        Some(_) => Err(invalid("RequestBodyEncoding")),
    }
}

/// `pairs` without those that `added` has as well, and `added` after them.
fn over(
    pairs: &[(String, String)],
    added: &Map<String, Value>,
    same: impl Fn(&str, &str) -> bool,
) -> Vec<(String, String)> {
    let kept = pairs.iter().filter(|(name, _)| !added.keys().any(|key| same(key, name))).cloned();
    kept.chain(added.iter().map(|(name, value)| (name.clone(), form::text(value)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the developer guide, "Merging EventBridge connection and HTTP Task definition data".
    #[test]
    fn the_connection_wins() {
        let parameters = json!({
            "Authentication": { "ConnectionArn": "arn:c" },
            "ApiEndpoint": "https://example.com/path",
            "Method": "POST",
            "Headers": { "Request-Id": "my_request_id", "Header-Param": "of the task", "Range": "of the task" },
            "RequestBody": { "Job": "Engineer", "BodyParam": "of the task" },
            "QueryParameters": { "QueryParam": "of the task", "page": [1, 2] },
        });
        let connection = json!({
            "Headers": { "ApiKey": "key_value", "header-param": "of the connection" },
            "QueryParameters": { "QueryParam": "of the connection" },
            "BodyParameters": { "BodyParam": "of the connection" },
        });
        let request = Request::read(&parameters.to_string()).expect("valid");
        let sent = request.with(&connection, "us-east-1").expect("merged");
        assert_eq!(sent["Url"], "https://example.com/path?page=1&page=2&QueryParam=of%20the%20connection");
        assert_eq!(sent["Body"], r#"{"Job":"Engineer","BodyParam":"of the connection"}"#);
        let wanted = json!([
            ["User-Agent", "Amazon|StepFunctions|HttpInvoke|us-east-1"],
            ["Range", "bytes=0-262144"],
            ["Content-Type", "application/json; charset=UTF-8"],
            ["Request-Id", "my_request_id"],
            ["ApiKey", "key_value"],
            ["header-param", "of the connection"],
        ]);
        assert_eq!(sent["Headers"], wanted);
    }

    #[test]
    fn wrong_parameters_are_named() {
        let with = |name: &str, value: Value| {
            let mut parameters = json!({
                "InvocationConfig": { "ConnectionArn": "arn:c" }, "ApiEndpoint": "https://x", "Method": "GET",
            });
            parameters[name] = value;
            Request::read(&parameters.to_string())
        };
        let cases = [
            ("Method", json!("FETCH"), "The value of the field 'Method' has an invalid format"),
            ("Headers", json!("x"), "The value of the field 'Headers' has an invalid format"),
            (
                "Headers",
                json!({ "Authorization": "x" }),
                "The header 'Authorization' is not supported by Step Functions",
            ),
            ("Headers", json!({ "X-Amz-Date": "x" }), "The header 'X-Amz-Date' is not supported by Step Functions"),
            ("InvocationConfig", json!({}), "The field \"ConnectionArn\" is required but was missing"),
            (
                "Transform",
                json!({ "RequestBodyEncoding": "X" }),
                "The value of the field 'RequestBodyEncoding' has an invalid format",
            ),
        ];
        for (name, value, message) in cases {
            assert_eq!(with(name, value).expect_err(message), message);
        }
        let text = with("RequestBody", json!("text")).expect("valid");
        let connection = json!({ "BodyParameters": { "a": "b" } });
        assert!(text.with(&connection, "r").expect_err("a text takes no members").contains("cannot be merged"));
        assert_eq!(text.with(&json!({}), "r").expect("valid")["Body"], "text");
    }
}

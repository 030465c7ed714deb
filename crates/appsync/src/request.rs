//! GraphQL over HTTP: the body of a request, and the answer's status, headers and body.

use std::sync::Arc;

use auth::Identity;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{GraphqlError, error, limits};

/// A GraphQL request whose credentials have been checked.
#[derive(Debug, Clone)]
pub struct Request {
    /// Query, variables and operation name.
    pub body: Body,
    /// Every header, in order; names in any case.
    pub headers: Vec<(String, String)>,
    /// The custom domain that the request came to.
    pub domain_name: Option<String>,
    /// Who sends it.
    pub identity: Identity,
}

/// The HTTP request that a GraphQL request came in, for its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTarget {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path as it was sent, without a query.
    pub path: String,
    /// The path with names in the place of what varies, for example `/apis/{id}/graphql`.
    pub route: &'static str,
}

/// The JSON body of a GraphQL request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Body {
    /// The document.
    pub query: Arc<str>,
    /// As sent, not yet coerced.
    pub variables: Map<String, Value>,
    /// Which operation of the document.
    pub operation_name: Option<String>,
}

/// What goes back over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// 200 as soon as a document could be read; see the table in the AppSync guide, "Errors".
    pub status: u16,
    /// `content-type`, `x-amzn-errortype` and what resolvers added.
    pub headers: Vec<(String, String)>,
    /// JSON.
    pub body: Bytes,
}

impl Response {
    /// 200 with this JSON body.
    pub(crate) fn ok(body: Vec<u8>, mut headers: Vec<(String, String)>) -> Self {
        headers.insert(0, content_type());
        Self { status: 200, headers, body: body.into() }
    }

    /// 200 with `data: null` and these errors.
    pub(crate) fn not_executed(errors: &[GraphqlError]) -> Self {
        Self::ok(error::errors_only(errors), Vec::new())
    }

    /// A request that is refused as a whole: `status`, and one error with a type and a message.
    ///
    /// Clients take the error's name from the header `x-amzn-errortype`.
    // AWS differs: only `errors` was recorded there. Amplify reads the text at the top alone and says "Unknown error"
    // where there is none (tests/clients/amplify.test.mjs).
    pub fn refused(status: u16, error_type: &str, message: &str) -> Self {
        let body = json!({ "errors": [{ "errorType": error_type, "message": message }], "message": message });
        let headers = vec![content_type(), ("x-amzn-errortype".to_owned(), error_type.to_owned())];
        Self { status, headers, body: body.to_string().into() }
    }
}

/// A request that is not executed.
pub(crate) enum Refusal {
    /// The document or its variables are wrong: HTTP 200 with `data: null`.
    Errors(Vec<GraphqlError>),
    /// The request as a whole is refused.
    Status { status: u16, error_type: &'static str, message: String },
}

impl Refusal {
    /// As the answer to an HTTP request.
    pub(crate) fn into_response(self) -> Response {
        match self {
            Self::Errors(errors) => Response::not_executed(&errors),
            Self::Status { status, error_type, message } => Response::refused(status, error_type, &message),
        }
    }

    /// As the errors of a real-time message.
    pub(crate) fn into_errors(self) -> Vec<GraphqlError> {
        match self {
            Self::Errors(errors) => errors,
            Self::Status { error_type, message, .. } => vec![GraphqlError::of_request(error_type, message)],
        }
    }
}

fn content_type() -> (String, String) {
    ("content-type".to_owned(), "application/json;charset=UTF-8".to_owned())
}

/// Reads the JSON body of a GraphQL request, whatever its content type says.
///
/// # Errors
/// The response to send instead: 400 `MalformedHttpRequestException` (recorded on AWS), or 413.
pub fn parse_body(bytes: &[u8]) -> Result<Body, Response> {
    const MALFORMED: &str = "MalformedHttpRequestException";
    if bytes.len() > limits::BODY_BYTES {
        return Err(Response::refused(413, "RequestEntityTooLargeException", "Request body is too large."));
    }
    if bytes.trim_ascii().is_empty() {
        return Err(Response::refused(400, MALFORMED, "Request body is empty."));
    }
    body_from_json(bytes).ok_or_else(|| Response::refused(400, MALFORMED, "Unable to parse GraphQL query."))
}

fn body_from_json(bytes: &[u8]) -> Option<Body> {
    let Value::Object(mut body) = serde_json::from_slice(bytes).ok()? else { return None };
    let Some(Value::String(query)) = body.remove("query") else { return None };
    let variables = match body.remove("variables") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(variables)) => variables,
        // Some clients send the variables as JSON text [K].
        Some(Value::String(text)) => serde_json::from_str(&text).ok()?,
        Some(_) => return None,
    };
    let operation_name = match body.remove("operationName") {
        Some(Value::String(name)) if !name.is_empty() => Some(name),
        None | Some(Value::Null | Value::String(_)) => None,
        Some(_) => return None,
    };
    Some(Body { query: query.into(), variables, operation_name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_that_are_no_request_are_malformed() {
        for (body, message) in [
            ("", "Request body is empty."),
            ("meow", "Unable to parse GraphQL query."),
            ("{}", "Unable to parse GraphQL query."),
            ("[]", "Unable to parse GraphQL query."),
            (r#"{"query":1}"#, "Unable to parse GraphQL query."),
            (r#"{"query":"{a}","variables":[]}"#, "Unable to parse GraphQL query."),
        ] {
            let refused = parse_body(body.as_bytes()).unwrap_err();
            let error = json!({"errorType":"MalformedHttpRequestException","message":message});
            let expected = json!({"errors":[error],"message":message});
            assert_eq!(refused.status, 400, "{body}");
            assert_eq!(serde_json::from_slice::<Value>(&refused.body).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn a_body_over_the_quota_is_refused_unread() {
        let at_most = format!(r#"{{"query":"{{a}}"{}}}"#, " ".repeat(limits::BODY_BYTES - 15));
        assert_eq!((at_most.len(), parse_body(at_most.as_bytes()).is_ok()), (limits::BODY_BYTES, true));
        assert_eq!(parse_body(format!("{at_most} ").as_bytes()).unwrap_err().status, 413);
    }

    #[test]
    fn deep_json_is_malformed_not_a_crash() {
        let deep = format!(r#"{{"query":"{{a}}","variables":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(parse_body(deep.as_bytes()).unwrap_err().status, 400);
    }

    #[test]
    fn nulls_of_amplify_are_absent_values() {
        let body = parse_body(br#"{"query":"{a}","variables":null,"operationName":null}"#).unwrap();
        assert_eq!(body, Body { query: "{a}".into(), ..Body::default() });
    }
}

//! `util.http.*`: request headers to pass on, response headers to set.

use serde_json::{Map, Value};

use super::{Fault, Function, Scope, object_argument, string_argument, text_of};

/// All response headers of one invocation, names and values (AppSync developer guide, "HTTP helpers in util.http").
const RESPONSE_HEADER_BYTES: usize = 4 << 10;

/// Headers that belong to one hop and are not passed on.
const HOP_HEADERS: &[&str] =
    &["connection", "content-length", "expectation", "host", "transfer-encoding", "transfer_encoding", "user-agent"];

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("util.http.copyHeaders", copy_headers),
    ("util.http.addResponseHeader", add_response_header),
    ("util.http.addResponseHeaders", add_response_headers),
];

fn copy_headers(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let headers = object_argument("util.http.copyHeaders", arguments, 0)?;
    let kept = headers.iter().filter(|(name, _)| !HOP_HEADERS.contains(&name.to_ascii_lowercase().as_str()));
    Ok(Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>()))
}

fn add_response_header(scope: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let name = string_argument("util.http.addResponseHeader", arguments, 0)?;
    add(scope, name, super::argument(arguments, 1))
}

fn add_response_headers(scope: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    for (name, value) in object_argument("util.http.addResponseHeaders", arguments, 0)? {
        add(scope, name, value)?;
    }
    Ok(Value::Null)
}

fn add(scope: &mut Scope, name: &str, value: &Value) -> Result<Value, Fault> {
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("x-amzn-") || lower.starts_with("x-amz-") {
        return Err(Fault::code(format!("response header '{name}' is reserved")));
    }
    let value = text_of(value);
    if !is_token(name) || value.chars().any(|character| character.is_control() && character != '\t') {
        return Err(Fault::code(format!("response header '{name}' is not a valid HTTP header")));
    }
    let taken: usize = scope.response_headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if taken + name.len() + value.len() > RESPONSE_HEADER_BYTES {
        return Err(Fault::code(format!("response headers exceed {RESPONSE_HEADER_BYTES} bytes")));
    }
    scope.set_header(name.to_owned(), value)?;
    Ok(Value::Null)
}

/// RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sets_headers_and_refuses_reserved_or_broken_ones() {
        let mut scope = Scope::default();
        add_response_headers(&mut scope, &[json!({ "x-one": "1", "X-Two": 2 })]).unwrap();
        add_response_header(&mut scope, &[json!("X-ONE"), json!("again")]).unwrap();
        assert_eq!(scope.response_headers, [("X-Two".into(), "2".into()), ("X-ONE".into(), "again".into())]);
        for (name, value) in [("x-amzn-a", "1"), ("a b", "1"), ("a", "1\r\nb: 2"), ("a", &*"1".repeat(5_000))] {
            assert!(add_response_header(&mut scope, &[json!(name), json!(value)]).is_err(), "{name}");
        }
    }

    #[test]
    fn copies_headers_without_those_of_the_hop() {
        let copied = copy_headers(&mut Scope::default(), &[json!({ "Host": "a", "x-b": ["1", "2"] })]).unwrap();
        assert_eq!(copied, json!({ "x-b": ["1", "2"] }));
    }
}

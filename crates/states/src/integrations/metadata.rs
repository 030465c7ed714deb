//! `SdkHttpMetadata` and `SdkResponseMetadata`, which optimised integrations add to the answer of the service.

use clock::Timestamp;
use serde_json::{Map, Value, json};

/// The HTTP side of an answer: what a task's output tells of it.
pub(super) struct Http<'a> {
    /// Spelled as the service's front end spells it.
    pub(super) connection: &'a str,
    /// `Server` header, where the service sends one.
    pub(super) server: Option<&'a str>,
    pub(super) content_type: &'a str,
    pub(super) content_length: usize,
    pub(super) request_id: &'a str,
    pub(super) date: Timestamp,
    /// Headers that only this service sends.
    pub(super) more: &'a [(&'a str, &'a str)],
}

/// Adds the two members to `output`, which is left alone if it is no object.
pub(super) fn add(output: &mut Value, http: &Http<'_>) {
    let Value::Object(members) = output else { return };
    let headers = headers(http);
    let all: Map<String, Value> = headers.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    let metadata = json!({ "AllHttpHeaders": all, "HttpHeaders": headers, "HttpStatusCode": 200 });
    members.insert("SdkHttpMetadata".to_owned(), metadata);
    members.insert("SdkResponseMetadata".to_owned(), json!({ "RequestId": http.request_id }));
}

fn headers(http: &Http<'_>) -> Map<String, Value> {
    let mut headers = Map::new();
    let mut put = |name: &str, value: String| headers.insert(name.to_owned(), Value::String(value));
    if let Some(server) = http.server {
        put("Server", server.to_owned());
    }
    put(http.connection, "keep-alive".to_owned());
    put("x-amzn-RequestId", http.request_id.to_owned());
    put("Content-Length", http.content_length.to_string());
    put("Date", http_date(http.date));
    put("Content-Type", http.content_type.to_owned());
    for (name, value) in http.more {
        put(name, (*value).to_owned());
    }
    headers
}

/// `Tue, 15 Nov 1994 08:12:31 GMT` (RFC 9110, section 5.6.7).
fn http_date(at: Timestamp) -> String {
    let time = chrono::DateTime::from_timestamp_millis(at.0).unwrap_or_default();
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_appear_singly_and_as_lists() {
        let mut output = json!({ "Item": {} });
        let http = Http {
            connection: "Connection",
            server: Some("Server"),
            content_type: "application/x-amz-json-1.0",
            content_length: 11,
            request_id: "R1",
            date: Timestamp(784_887_151_000),
            more: &[],
        };
        add(&mut output, &http);
        assert_eq!(output["SdkHttpMetadata"]["HttpHeaders"]["Date"], "Tue, 15 Nov 1994 08:12:31 GMT");
        assert_eq!(output["SdkHttpMetadata"]["AllHttpHeaders"]["Content-Length"], json!(["11"]));
        assert_eq!(output["SdkResponseMetadata"], json!({ "RequestId": "R1" }));
    }
}

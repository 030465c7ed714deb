//! S3 on AWS, or at an endpoint that speaks its REST protocol, behind [`Service`]: the operations that
//! [`objects`](::objects) has over a folder, by signed requests with the bucket in the path.

mod answer;
mod request;

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use bytes::Bytes;
use serde_json::Value;

use self::request::Operation;
use super::signed::{Endpoint, Request, Signed};

/// The largest object that is read, bytes: as over a folder.
const ANSWER_BYTES: usize = objects::MAX_OBJECT_BYTES as usize;

/// S3 elsewhere.
pub(crate) struct S3 {
    pub(crate) client: Signed,
    pub(crate) endpoint: Endpoint,
}

impl Service for S3 {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            let operation = Operation::parse(operation)?;
            let outgoing = request::build(operation, input)?;
            let request = Request {
                method: operation.method(),
                path: &outgoing.path,
                headers: &outgoing.headers,
                body: Bytes::from(outgoing.body),
                answer_bytes: ANSWER_BYTES,
            };
            let answer = self.client.send(&self.endpoint, request).await?;
            answer::read(operation, outgoing.body_is_base64, answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_protocol::sigv4;
    use axum::{Router, extract::Request as Received, http::StatusCode, response::IntoResponse};
    use clock::RealClock;
    use serde_json::json;

    use super::*;

    /// An S3 with the object `a b/+.txt` in the bucket `data`, which checks signatures.
    async fn endpoint() -> String {
        async fn answer(received: Received) -> impl IntoResponse {
            let (parts, body) = received.into_parts();
            let body = axum::body::to_bytes(body, 1 << 10).await.expect("small");
            let request = sigv4::Request {
                method: parts.method.as_str(),
                path: parts.uri.path(),
                query: parts.uri.query().unwrap_or_default(),
                headers: &parts.headers,
                payload: sigv4::Payload::Bytes(&body),
            };
            let now = clock::Clock::now(&RealClock).0 / 1000;
            let expected = sigv4::Expected { region: Some("eu-west-1"), service: Some("s3") };
            if let Err(error) = sigv4::verify(&request, expected, now, |_, _| Ok("secret".to_owned())) {
                return (StatusCode::FORBIDDEN, format!("<Error><Code>{error:?}</Code></Error>"));
            }
            let text = match (request.method, request.path, request.query) {
                ("GET", "/data/a%20b/%2B.txt", "") => "content".to_owned(),
                ("PUT", "/data/a%20b/%2B.txt", "") if *body == *b"content" => String::new(),
                ("HEAD" | "DELETE", "/data/a%20b/%2B.txt", "") => String::new(),
                ("GET", "/data", "list-type=2&prefix=a%20b%2F") => {
                    "<ListBucketResult><Contents><Key>a b/+.txt</Key></Contents></ListBucketResult>".to_owned()
                }
                (_, path, query) => {
                    let error = format!("<Error><Code>NoSuchKey</Code><Message>{path} {query}</Message></Error>");
                    return (StatusCode::NOT_FOUND, error);
                }
            };
            (StatusCode::OK, text)
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        url
    }

    #[tokio::test]
    async fn operations_go_over_the_wire_signed() {
        let own = sigv4::Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "secret".into(),
            session_token: None,
        };
        let endpoint = Endpoint::new("s3", "eu-west-1", Some(&endpoint().await));
        let s3 = S3 { client: Signed::with_own(own, Arc::new(RealClock)).expect("a client"), endpoint };
        let caller = Caller::internal("000000000000", "");
        let call = async |operation: &str, input: Value| s3.call(operation, input, &caller).await;
        let object = json!({ "Bucket": "data", "Key": "a b/+.txt" });
        let got = call("GetObject", object.clone()).await.expect("there");
        assert_eq!((&got["Body"], &got["ContentLength"]), (&json!("content"), &json!(7)));
        let mut put = object.clone();
        put["Body"] = json!("content");
        assert!(call("PutObject", put).await.is_ok());
        assert!(call("HeadObject", object.clone()).await.is_ok());
        assert!(call("DeleteObject", object).await.is_ok());
        let list = call("ListObjectsV2", json!({ "Bucket": "data", "Prefix": "a b/" })).await.expect("a list");
        assert_eq!(list["Contents"], json!([{ "Key": "a b/+.txt" }]));
        let error = call("GetObject", json!({ "Bucket": "data", "Key": "x" })).await.expect_err("not there");
        assert_eq!((error.code.as_ref(), error.status), ("NoSuchKey", 404));
    }
}

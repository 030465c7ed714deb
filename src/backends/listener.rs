//! A real HTTP server for tests: answers from a list and remembers what it heard.

use std::sync::{Arc, Mutex};

use aws_protocol::sigv4;
use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use clock::{Clock, RealClock};

/// Status, headers, body.
pub(super) type Canned = (u16, Vec<(&'static str, &'static str)>, &'static str);

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// See the module's header.
#[derive(Clone)]
pub(super) struct Listener {
    pub(super) url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<Vec<Canned>>>,
}

impl Listener {
    /// Serves `answers`, in their order, on a free port.
    pub(super) async fn start(mut answers: Vec<Canned>) -> Self {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", socket.local_addr().expect("bound"));
        answers.reverse();
        let listener = Self { url, heard: Arc::default(), answers: Arc::new(Mutex::new(answers)) };
        let routes = Router::new().fallback(hear).with_state(listener.clone());
        tokio::spawn(async move { axum::serve(socket, routes).await });
        listener
    }

    /// Everything that was asked so far.
    pub(super) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().expect("no panic while the lock is held").clone()
    }
}

async fn hear(State(listener): State<Listener>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    let heard = Heard { method: parts.method, uri: parts.uri, headers: parts.headers, body };
    listener.heard.lock().expect("no panic while the lock is held").push(heard);
    let answer = listener.answers.lock().expect("no panic while the lock is held").pop();
    let (status, headers, body) = answer.expect("as many answers as requests");
    let mut response = (StatusCode::from_u16(status).expect("a status"), body).into_response();
    for (name, value) in headers {
        response.headers_mut().append(name, value.parse().expect("a header"));
    }
    response
}

/// Keys of the tests' own.
pub(super) fn keys() -> sigv4::Credentials {
    let text = |text: &str| text.to_owned();
    sigv4::Credentials { access_key_id: text("AKIATEST"), secret_access_key: text("secret"), session_token: None }
}

impl Heard {
    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether it is signed with [`keys`] for this service and region.
    pub(super) fn is_signed_for(&self, service: &str, region: &str) -> bool {
        let request = sigv4::Request {
            method: self.method.as_str(),
            path: self.uri.path(),
            query: self.uri.query().unwrap_or_default(),
            headers: &self.headers,
            payload: sigv4::Payload::Bytes(&self.body),
        };
        let expected = sigv4::Expected { region: Some(region), service: Some(service) };
        let secret = |_: &str, _: Option<&str>| Ok(keys().secret_access_key);
        sigv4::verify(&request, expected, RealClock.now().0 / 1000, secret).is_ok()
    }
}

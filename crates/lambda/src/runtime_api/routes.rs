//! The Runtime API of one process: it asks for the next event, and posts a response or an error.

use std::{io, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use parking_lot::Mutex;
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
};

use super::Work;
use crate::{invocation::Ran, limits::RESPONSE_BYTES, stdio::is_json};

/// How far a process has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    /// It has not asked for an event yet.
    Starting,
    /// It asks for events.
    Ready,
    /// It said that it cannot start: its error (JSON text).
    Failed(String),
}

/// What process and pool exchange.
pub(super) struct Exchange {
    work: tokio::sync::Mutex<mpsc::Receiver<Work>>,
    /// The event that the process has, by its id.
    current: Mutex<Option<(String, oneshot::Sender<Ran>)>>,
    start: watch::Sender<Start>,
}

impl Exchange {
    pub(super) fn new(work: mpsc::Receiver<Work>) -> Self {
        Self {
            work: tokio::sync::Mutex::new(work),
            current: Mutex::new(None),
            start: watch::Sender::new(Start::Starting),
        }
    }

    /// How the process comes along.
    pub(super) fn start(&self) -> watch::Receiver<Start> {
        self.start.subscribe()
    }

    /// Answers the event that the process has; `false` if it has another or none.
    fn reply(&self, request_id: &str, ran: Ran) -> bool {
        let mut current = self.current.lock();
        if current.as_ref().is_none_or(|(id, _)| id != request_id) {
            return false;
        }
        if let Some((_, reply)) = current.take() {
            // Whoever asked may have gone: the time was up.
            let _ = reply.send(ran);
        }
        true
    }
}

/// Binds a free loopback port.
pub(super) async fn bind() -> io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", 0)).await
}

/// Serves the Runtime API on `listener` for as long as it is polled.
pub(super) async fn serve(listener: TcpListener, exchange: Arc<Exchange>) {
    let routes = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(RESPONSE_BYTES + 1))
        .with_state(exchange);
    if let Err(cause) = axum::serve(listener, routes).await {
        tracing::error!(%cause, "the Lambda Runtime API is not served any more");
    }
}

async fn next(State(exchange): State<Arc<Exchange>>) -> Response {
    exchange.start.send_replace(Start::Ready);
    // An event that it has not answered is one that it will not answer.
    drop(exchange.current.lock().take());
    let Some(work) = exchange.work.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("lambda-runtime-aws-request-id", &work.request_id);
    put("lambda-runtime-deadline-ms", &work.deadline_millis.to_string());
    put("lambda-runtime-invoked-function-arn", &work.function_arn);
    put("lambda-runtime-trace-id", &work.trace_id);
    if let Some(context) = &work.client_context {
        put("lambda-runtime-client-context", context);
    }
    put(header::CONTENT_TYPE.as_str(), "application/json");
    *exchange.current.lock() = Some((work.request_id, work.reply));
    (headers, work.payload).into_response()
}

/// A body that axum refuses is longer than its limit.
async fn response(
    State(exchange): State<Arc<Exchange>>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = body.ok().filter(|body| body.len() <= RESPONSE_BYTES);
    let ran = body.as_ref().map_or_else(|| Ran::too_large(RESPONSE_BYTES), |body| answer(body));
    match (exchange.reply(&id, ran), body) {
        (false, _) => invalid_request_id(),
        (true, None) => refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", "the response is too large"),
        (true, Some(_)) => accepted(),
    }
}

fn answer(body: &[u8]) -> Ran {
    match std::str::from_utf8(body) {
        Ok("") => Ran::succeeded("null".to_owned()),
        Ok(text) if is_json(text) => Ran::succeeded(text.to_owned()),
        _ => Ran::broken("Runtime.MarshalError", "the function's response is not JSON"),
    }
}

async fn error(
    State(exchange): State<Arc<Exchange>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let ran = Ran::failed(error_text(&headers, &body.unwrap_or_default()));
    if exchange.reply(&id, ran) { accepted() } else { invalid_request_id() }
}

async fn init_error(
    State(exchange): State<Arc<Exchange>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    exchange.start.send_replace(Start::Failed(error_text(&headers, &body.unwrap_or_default())));
    accepted()
}

/// The error that a process reports: its body, or its name alone when the body is no JSON.
fn error_text(headers: &HeaderMap, body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) if !text.is_empty() && is_json(text) => text.to_owned(),
        _ => {
            let kind = headers.get("lambda-runtime-function-error-type").and_then(|kind| kind.to_str().ok());
            json!({ "errorType": kind.unwrap_or("Runtime.Unknown"), "errorMessage": null }).to_string()
        }
    }
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
}

fn invalid_request_id() -> Response {
    refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, Json(json!({ "errorType": kind, "errorMessage": message }))).into_response()
}

//! Functions whose process stays: it asks stepwell for each event over the Lambda Runtime API and posts the result.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>. Each process has an address of its own, since that is
//! how requests of different processes are told apart.

mod pool;
mod routes;
mod worker;

pub(crate) use pool::Pool;
pub(crate) use worker::Request;

/// What one process is asked to do, and where its answer goes.
pub(crate) struct Work {
    pub(crate) request_id: String,
    pub(crate) payload: String,
    /// Epoch milliseconds.
    pub(crate) deadline_millis: i64,
    pub(crate) function_arn: String,
    pub(crate) trace_id: String,
    pub(crate) client_context: Option<String>,
    pub(crate) reply: tokio::sync::oneshot::Sender<crate::invocation::Ran>,
}

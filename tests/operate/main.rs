//! The operator's API and the commands that use it: executions, requests to the application's
//! API, and what other tools are told of them.

#[path = "../support/mod.rs"]
mod support;

mod executions;
mod requests;
mod telemetry;

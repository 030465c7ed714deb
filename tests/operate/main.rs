//! The operator's API and the commands that use it: executions, and requests to the application's API.

#[path = "../support/mod.rs"]
mod support;

mod executions;
mod requests;

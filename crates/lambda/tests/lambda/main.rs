//! Functions as they run: real processes of Node.js and Python, invoked through the service.

mod asynchronous;
mod handlers;
mod harness;
mod processes;
mod requests;

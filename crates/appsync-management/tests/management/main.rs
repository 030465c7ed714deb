//! The management API through its service, over a store that fails where a test says so and a deployer that builds nothing.

mod changes;
mod evaluate;
mod event_apis;
mod harness;
mod merged;
mod model;

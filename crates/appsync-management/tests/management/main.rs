//! The management API through its service, over a store that fails where a test says so and a deployer that builds nothing.

mod changes;
mod evaluate;
mod harness;
mod merged;
mod model;

//! The API as a whole: specs, the authorization table, limits and subscriptions.

mod authorization;
mod harness;
mod limits;
mod specs;
mod subscriptions;

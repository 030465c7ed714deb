//! The API as a whole: specs, the authorization table, limits and subscriptions.

mod authorization;
mod build;
mod caching;
mod coalescing;
mod concurrency;
mod harness;
mod limits;
mod merged;
mod pages;
mod specs;
mod subscriptions;
mod traces;
mod versioned;

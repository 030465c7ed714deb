//! AppSync's management API: GraphQL APIs and Event APIs made, changed and listed call by call, as the AWS CLI and SDKs do it.
//!
//! ```text
//! request -> routes -> operations -> registry: records -> document -> template -> Deployer, then the store
//! ```
//! [`Management`] is the service `appsync`. An API is the sum of its records; each change makes a CloudFormation document
//! of them, which the `template` crate reads like the template of an application. Serving requests is the business of
//! the [`Deployer`]; HTTP and signatures are that of the front end, for which [`routes`] reads paths.

mod deployment;
mod described;
mod document;
mod error;
mod ids;
mod input;
mod limits;
mod operations;
mod records;
mod registry;
pub mod routes;
mod schema;
mod service;
mod storage;
mod wire;

pub use deployment::{Addresses, Deployer, Description};
pub use error::{CodeError, Error};
pub use service::Management;

//! The RDS Data API over PostgreSQL and MySQL: SQL with named parameters in, records out.
//!
//! A cluster is a URL in the settings; who asks for its ARN or identifier gets there. What the Data API does with types
//! is done here as AWS does it, so that what fails there fails here: a text parameter is `text` unless a type hint says
//! otherwise. Secrets are not read: user and password are part of the URL.
//!
//! <https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/Welcome.html>

mod answer;
mod clusters;
mod connection;
mod error;
mod field;
pub mod limits;
mod mysql;
mod operations;
mod parameter;
mod postgres;
mod service;
mod statement;
mod transactions;

pub use clusters::Cluster;
pub use error::Error;
pub use service::RdsData;

//! Who serves a service when it is not one of our crates: AWS itself, or anything that speaks its protocol.

pub(crate) mod aws;
pub(crate) mod bedrock;
pub(crate) mod connections;
pub(crate) mod http_client;
pub(crate) mod http_tasks;
pub(crate) mod lambda;
#[cfg(test)]
mod listener;
pub(crate) mod opensearch;
mod query;
pub(crate) mod remote;
pub(crate) mod s3;
pub(crate) mod signed;

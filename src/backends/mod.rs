//! Who serves a service when it is not one of our crates: AWS itself, or anything that speaks its protocol.

pub(crate) mod aws;
pub(crate) mod http_client;
pub(crate) mod lambda;
pub(crate) mod s3;
pub(crate) mod signed;

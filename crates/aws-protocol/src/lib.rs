//! What every AWS service here has in common: resource names, callers, the one [`Service`] trait through which
//! services meet, the JSON framing of the wire and Signature Version 4.
//!
//! No service lives here, and no HTTP server: framing and signatures work on plain headers and bytes.

pub mod arn;
pub mod caller;
pub mod service;
pub mod sigv4;

pub use arn::{Arn, InvalidArn, Partition};
pub use caller::Caller;
pub use service::{BoxFuture, Directory, Service, ServiceError};

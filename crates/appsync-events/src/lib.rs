//! AppSync's Event APIs: channels that are published to and subscribed to, in namespaces with handlers.
//!
//! ```text
//! publish   -> authorize -> onPublish   -> hub -> every subscriber of the channel, and of `/*` above it
//! subscribe -> authorize -> onSubscribe -> hub
//! ```
//! "What is AWS AppSync Events?", Events guide. Credentials are checked before (`auth`), protocols are spoken elsewhere;
//! data sources are those of GraphQL APIs (`appsync`).

mod api;
mod channel;
mod config;
mod error;
mod handler;
mod hub;
mod limits;
mod outcome;
mod publish;

pub use api::{EventApi, Request};
pub use channel::{Channel, Pattern};
pub use config::{Behavior, EventApiConfig, HandlerConfig, InvokeType, NamespaceConfig};
pub use error::Error;
pub use hub::{Delivery, Subscription};
pub use outcome::{Failed, Outcome, Successful};
pub use publish::Publish;

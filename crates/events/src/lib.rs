//! An event bus in the process that behaves like Amazon EventBridge: events, rules with event patterns, input
//! transformers, targets, retries and `PutEvents`.
//!
//! No service is known here: targets are registered by ARN where services meet, and time, identifiers and timers come
//! through [`Environment`]. Schedules, archives and pipes are not here.

mod bus;
mod delivery;
mod error;
mod event;
mod json_path;
pub mod pattern;
mod put_events;
mod rule;
mod transformer;

pub use bus::{Bus, Environment, Published, Settings, Statistics, Task};
pub use delivery::{Delivery, DeliveryError, Target};
pub use error::Error;
pub use event::{DEFAULT_BUS, Event};
pub use pattern::Pattern;
pub use put_events::MAX_ENTRIES;
pub use rule::{AppSyncParameters, InputTransformer, RetryPolicy, Rule, RuleDefinition, RuleState, TargetDefinition};

//! AWS Step Functions, embedded: state machines, executions, histories, activities and task tokens.
//!
//! [`Engine`] is the service: it implements [`aws_protocol::Service`] under the name `states`. Behind it:
//!
//! * `operations/` answers the API, one file for each operation;
//! * [`interpreter`] is the pure core that decides what an execution does next, and [`history`] are the events it gives;
//! * `driver/` makes each step durable and then performs what it commands: tasks, timers, status events;
//! * `test_state/` tries one state alone, on the interpreter;
//! * `integrations/` turns the `Resource` of a Task state into a call of another service.
//!
//! [Step Functions API reference](https://docs.aws.amazon.com/step-functions/latest/apireference/Welcome.html)

mod arn;
mod catalog;
mod driver;
mod engine;
mod error;
mod fork;
pub mod history;
mod integrations;
pub mod interpreter;
mod items;
mod layout;
mod limits;
mod observe;
mod operations;
mod published;
mod records;
pub mod replay;
mod resources;
mod status_event;
mod test_state;
mod throttle;
mod timestamp;

pub use engine::{Config, Engine};
pub use error::Error;
pub use fork::{Fork, Forked, ForkedFrom};
pub use limits::{Limits, Retention};
pub use observe::{ExecutionChange, PendingTask};
pub use records::{MachineType, Status};
pub use resources::{Put, StateMachine};
pub use status_event::EventSink;
pub use throttle::{Quota, Quotas};

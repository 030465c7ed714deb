//! Execution histories: what happened in an execution, event by event, as GetExecutionHistory shows it.
//!
//! An event is typed ([`EventDetails`]) and kept compactly through serde; [`HistoryEvent::to_wire`] gives the shape of
//! the [API reference](https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html). The
//! interpreter makes events; storing and paging them is the engine's work.

mod details;
mod wire;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

pub use details::{EventDetails, Failure, ForkPoint, ResourceName, StateType};

/// One event of an execution's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryEvent {
    /// 1 for the first event, then without gaps.
    #[serde(rename = "i")]
    pub id: u64,
    /// The event this one follows from, 0 for none. Not always `id - 1`: branches and iterations interleave.
    #[serde(rename = "p")]
    pub previous_event_id: u64,
    /// When it happened.
    #[serde(rename = "t")]
    pub timestamp: Timestamp,
    /// What happened.
    #[serde(rename = "d")]
    pub details: EventDetails,
}

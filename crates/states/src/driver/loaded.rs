//! Which running executions are in memory, and parking those that have been there longest without a step.
//!
//! An execution that waits needs nothing in memory but what wakes it: its timers, its offers to activity workers, its
//! tokens (in the store). Beyond a number of them in memory ([`crate::Limits::loaded_executions`]) it is dropped, and
//! replayed when something happens to it.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;

use super::slot::{Content, Place, Running, Slot};
use crate::{engine::Shared, records::MachineType};

/// How many executions are looked at for each that comes into memory: some are in use and have their turn later.
const LOOKS: usize = 8;

/// The executions in memory that may be parked, oldest first. Some may have ended.
#[derive(Default)]
pub(crate) struct Loaded {
    order: Mutex<VecDeque<Arc<str>>>,
}

impl Loaded {
    fn push(&self, arn: Arc<str>) {
        self.order.lock().push_back(arn);
    }

    /// The oldest, if there are more than `most`.
    fn pop_beyond(&self, most: usize) -> Option<Arc<str>> {
        let mut order = self.order.lock();
        if order.len() > most { order.pop_front() } else { None }
    }
}

impl Shared {
    /// Notes that an execution is in memory and has made a step, or was replayed.
    pub(super) fn note_loaded(&self, arn: &Arc<str>, running: &mut Running) {
        match running.place {
            // An Express execution is nowhere else.
            Place::None if running.row.machine.kind == MachineType::Express => {}
            Place::None => {
                running.place = Place::Idle;
                self.loaded.push(arn.clone());
            }
            Place::Idle | Place::InUse => running.place = Place::InUse,
        }
    }

    /// Parks the oldest executions while too many are in memory. Call without holding the content of any slot.
    pub(super) fn park_oldest(&self) {
        for _ in 0..LOOKS {
            let Some(arn) = self.loaded.pop_beyond(self.limits.loaded_executions) else { return };
            let slot = self.live.get(&arn).map(|slot| slot.clone());
            let Some(slot) = slot else { continue };
            if park(&slot) {
                self.vacate_unused(slot);
            } else {
                self.loaded.push(arn);
            }
        }
    }
}

/// Parks the execution in a slot, if there is one; `false` if it is in use.
fn park(slot: &Slot) -> bool {
    let Ok(mut content) = slot.content.try_lock() else { return false };
    if let Content::Running(running) = &mut *content {
        if running.place == Place::InUse {
            running.place = Place::Idle;
            return false;
        }
        *content = Content::Parked;
    }
    true
}

#[cfg(test)]
mod tests {
    use aws_protocol::{BoxFuture, Caller, Directory, Partition, Service};
    use clock::{SimulatedClock, Timestamp};
    use serde_json::{Value, json};
    use store::MemoryStore;

    use super::*;
    use crate::{Config, Engine, EventSink, Limits};

    struct Silent;

    impl EventSink for Silent {
        fn deliver(&self, _event: Value) -> BoxFuture<'_, Result<(), String>> {
            Box::pin(std::future::ready(Ok(())))
        }
    }

    #[tokio::test]
    async fn executions_that_wait_leave_the_memory() {
        let limits = Limits { loaded_executions: 4, ..Limits::default() };
        let config = Config { partition: Partition::new("us-east-1", "000000000000"), limits };
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(SimulatedClock::new(Timestamp(0), 1)));
        let engine = Engine::open(config, store, clock, Directory::default(), Arc::new(Silent)).await.expect("opens");
        let caller = Caller::internal("000000000000", "arn:aws:iam::000000000000:user/test");
        let wait = json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 60, "End": true } } });
        let role = "arn:aws:iam::000000000000:role/states";
        let machine = json!({ "name": "wait", "definition": wait.to_string(), "roleArn": role });
        let machine = engine.call("CreateStateMachine", machine, &caller).await.expect("a machine");
        for _ in 0..50 {
            let start = json!({ "stateMachineArn": machine["stateMachineArn"] });
            engine.call("StartExecution", start, &caller).await.expect("a start");
        }
        assert_eq!(engine.shared.open.len(), 50);
        let in_memory = engine.shared.live.len();
        assert!((1..=6).contains(&in_memory), "{in_memory} executions are in memory");
    }
}

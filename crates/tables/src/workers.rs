//! The threads that run the engine: a bounded queue in front, a oneshot answer behind.
//!
//! The queue is a list under a lock, with a condition to wait on: a call wakes one thread, once. A channel behind a lock
//! wakes one thread for the lock and one for the message, which a `GetItem` of some twenty microseconds feels.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use aws_protocol::ServiceError;
use dynoxide::Database;
use parking_lot::{Condvar, Mutex};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Threads. The engine serialises on one lock, so a second one only overlaps JSON work with the disk.
const THREADS: usize = 2;
/// Calls that may wait or run; more make their callers wait. Those of callers that went away count until they are done.
const QUEUE: usize = 256;
/// The engine recurses over expressions of up to 4,096 characters: `((((...` needs more than a usual stack.
const STACK_BYTES: usize = 64 << 20;

/// What a worker does with the engine.
pub(crate) type Job = Box<dyn FnOnce(&Database) -> Result<Value, ServiceError> + Send>;
type Call = (Job, oneshot::Sender<Result<Value, ServiceError>>, OwnedSemaphorePermit);

pub(crate) struct Workers {
    queue: Arc<Queue>,
    places: Arc<Semaphore>,
}

/// Calls that wait for a thread.
#[derive(Default)]
struct Queue {
    calls: Mutex<Calls>,
    /// Notified of every call, and of the end.
    arrived: Condvar,
}

#[derive(Default)]
struct Calls {
    waiting: VecDeque<Call>,
    /// No more will come: the threads end when they have done what waits.
    closed: bool,
}

impl Queue {
    fn push(&self, call: Call) {
        self.calls.lock().waiting.push_back(call);
        self.arrived.notify_one();
    }

    /// The next call, waited for; `None` at the end.
    fn next(&self) -> Option<Call> {
        let mut calls = self.calls.lock();
        loop {
            if let Some(call) = calls.waiting.pop_front() {
                return Some(call);
            }
            if calls.closed {
                return None;
            }
            self.arrived.wait(&mut calls);
        }
    }

    fn close(&self) {
        self.calls.lock().closed = true;
        self.arrived.notify_all();
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Workers {
    pub(crate) fn start(database: Database) -> std::io::Result<Self> {
        let workers = Self { queue: Arc::default(), places: Arc::new(Semaphore::new(QUEUE)) };
        for number in 0..THREADS {
            let (queue, database) = (Arc::clone(&workers.queue), database.clone());
            thread::Builder::new()
                .name(format!("tables-{number}"))
                .stack_size(STACK_BYTES)
                .spawn(move || work(&queue, &database))?;
        }
        Ok(workers)
    }

    pub(crate) async fn perform(&self, job: Job) -> Result<Value, ServiceError> {
        let place = self.places.clone().acquire_owned().await.map_err(ServiceError::internal)?;
        let (answer, answered) = oneshot::channel();
        self.queue.push((job, answer, place));
        answered.await.map_err(ServiceError::internal)?
    }
}

/// Runs calls until the service is dropped.
fn work(queue: &Queue, database: &Database) {
    while let Some((job, answer, _place)) = queue.next() {
        let result = catch_unwind(AssertUnwindSafe(|| job(database)))
            .unwrap_or_else(|_| Err(ServiceError::internal("the table engine panicked; see the log above")));
        if let Err(error) = &result
            && let Some(cause) = &error.internal
        {
            tracing::error!(%cause, "the table engine failed");
        }
        // A caller that went away needs no answer.
        let _ = answer.send(result);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn calls_that_were_given_up_count_until_they_are_done() {
        let workers = Arc::new(Workers::start(Database::memory().unwrap()).unwrap());
        let (release, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let mut calls = JoinSet::new();
        for _ in 0..QUEUE {
            let (workers, gate) = (workers.clone(), gate.clone());
            let job = move |_: &Database| {
                // An error when the test lets go of all.
                let _ = gate.lock().recv();
                Ok(Value::Null)
            };
            calls.spawn(async move { workers.perform(Box::new(job)).await });
        }
        while workers.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        calls.shutdown().await;
        assert_eq!(workers.places.available_permits(), 0, "all are still in the queue");
        drop(release);
        let all = u32::try_from(QUEUE).unwrap();
        assert!(workers.places.acquire_many(all).await.is_ok(), "until they are done");
    }
}

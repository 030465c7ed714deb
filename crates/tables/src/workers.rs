//! The threads that run the engine: a bounded queue in front, a oneshot answer behind.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use aws_protocol::ServiceError;
use dynoxide::Database;
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
    queue: mpsc::Sender<Call>,
    places: Arc<Semaphore>,
}

impl Workers {
    pub(crate) fn start(database: Database) -> std::io::Result<Self> {
        let (queue, calls) = mpsc::channel::<Call>();
        let calls = Arc::new(Mutex::new(calls));
        for number in 0..THREADS {
            let (calls, database) = (Arc::clone(&calls), database.clone());
            thread::Builder::new()
                .name(format!("tables-{number}"))
                .stack_size(STACK_BYTES)
                .spawn(move || work(&calls, &database))?;
        }
        Ok(Self { queue, places: Arc::new(Semaphore::new(QUEUE)) })
    }

    pub(crate) async fn perform(&self, job: Job) -> Result<Value, ServiceError> {
        let place = self.places.clone().acquire_owned().await.map_err(ServiceError::internal)?;
        let (answer, answered) = oneshot::channel();
        self.queue.send((job, answer, place)).map_err(ServiceError::internal)?;
        answered.await.map_err(ServiceError::internal)?
    }
}

fn work(calls: &Mutex<mpsc::Receiver<Call>>, database: &Database) {
    loop {
        let next = calls.lock().expect("receiving does not panic").recv();
        let Ok((job, answer, _place)) = next else {
            return; // The service was dropped.
        };
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
                let _ = gate.lock().unwrap().recv();
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

//! The processes of one function: started on demand, kept, bounded in number, and replaced when they end.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use clock::Clock;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::worker::{Request, Started, Worker};
use crate::{Command, Config, Error, Function, invocation::Ran, limits::WAITING};

/// See the module's header.
pub(crate) struct Pool {
    idle: Mutex<Vec<Worker>>,
    permits: Semaphore,
    waiting: AtomicUsize,
}

impl Pool {
    /// Room for `concurrency` processes, none of them started.
    pub(crate) fn new(concurrency: usize) -> Arc<Self> {
        Arc::new(Self {
            idle: Mutex::default(),
            permits: Semaphore::new(concurrency.max(1)),
            waiting: AtomicUsize::new(0),
        })
    }

    /// Runs the function on one event, in a process that is idle or a new one.
    ///
    /// # Errors
    /// As [`Self::turn`], and what keeps a process from starting.
    pub(crate) async fn run(
        &self,
        config: &Config,
        function: &Function,
        command: &Command,
        clock: &dyn Clock,
        request: Request<'_>,
    ) -> Result<Ran, Error> {
        let _turn = self.turn().await?;
        let worker = match self.take_idle() {
            Some(worker) => worker,
            None => match Worker::start(config, function, command, clock, request.request_id).await? {
                Started::Worker(worker) => worker,
                Started::Failed(ran) => return Ok(ran),
            },
        };
        let (ran, worker) = worker.run(request, function.timeout_seconds, clock).await;
        if let Some(worker) = worker.filter(|_| !self.permits.is_closed()) {
            self.idle.lock().push(worker);
        }
        Ok(ran)
    }

    /// Waits until there is room for one more process, and keeps it.
    ///
    /// # Errors
    /// [`Error::TooManyRequests`] when too many wait already, [`Error::ShutDown`].
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Error> {
        let _place = Place::take(&self.waiting)?;
        self.permits.acquire().await.map_err(|_| Error::ShutDown)
    }

    /// Ends the idle processes and lets no invocation begin; those that run end with their invocation.
    pub(crate) fn close(&self) {
        self.permits.close();
        self.idle.lock().clear();
    }

    fn take_idle(&self) -> Option<Worker> {
        let mut idle = self.idle.lock();
        std::iter::from_fn(|| idle.pop()).find(Worker::is_alive)
    }
}

/// A place among those that wait.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self, Error> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= WAITING { Err(Error::TooManyRequests) } else { Ok(place) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

//! Asynchronous invocations: accepted at once, run later, tried again when the function fails.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
// AWS differs: accepted events outlive a restart there, and may go to a dead-letter queue or a destination.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    Error, Invocation,
    limits::{EVENT_ATTEMPTS, EVENT_PAUSE_SECONDS, EVENTS},
    service::{Shared, Target},
};

/// Room for events that are accepted and not done.
pub(crate) struct Events(Arc<Semaphore>);

impl Default for Events {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(EVENTS)))
    }
}

impl Events {
    fn room(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.0.clone().try_acquire_owned().map_err(|_| Error::TooManyRequests)
    }

    /// Accepts no more.
    pub(crate) fn close(&self) {
        self.0.close();
    }
}

impl Shared {
    /// Takes an event on, to run it without anybody waiting.
    ///
    /// # Errors
    /// [`Error::TooManyRequests`] when there is no room.
    pub(crate) fn accept(self: Arc<Self>, target: Target, invocation: Invocation) -> Result<(), Error> {
        let room = self.events.room()?;
        tokio::spawn(async move {
            self.try_until_done(&target, &invocation).await;
            drop(room);
        });
        Ok(())
    }

    async fn try_until_done(&self, target: &Target, invocation: &Invocation) {
        // Every attempt shows the function the same request id, as on AWS.
        let id = self.clock().uuid();
        for attempt in 1..=EVENT_ATTEMPTS {
            let failure = match self.run(target, invocation.clone(), id.clone()).await {
                Ok(outcome) if outcome.function_error.is_none() => return,
                Ok(outcome) => outcome.payload,
                Err(Error::ShutDown) => return,
                Err(error) => error.to_string(),
            };
            tracing::warn!(function = invocation.function_name, attempt, failure, "an asynchronous invocation failed");
            if attempt < EVENT_ATTEMPTS {
                let pause = EVENT_PAUSE_SECONDS << (attempt - 1);
                self.clock().sleep_until(self.clock().now().plus_seconds(pause)).await;
            }
        }
    }
}

//! Bringing one event to one target: the first try, and the later ones with exponential backoff.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures::future::{self, BoxFuture, Either};
use serde_json::Value;

use crate::{Event, Rule, TargetDefinition, bus::State};

/// How long one try may take.
const TRY_TIMEOUT: Duration = Duration::from_secs(30);
/// The wait before the first retry; it doubles from retry to retry.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(300);
/// AWS's own defaults.
const MAX_RETRIES: u32 = 185;
const MAX_AGE_SECONDS: u32 = 24 * 3600;

/// Something that events can be sent to; registered by the beginning of its ARNs.
pub trait Target: Send + Sync + 'static {
    /// Invokes the target once. It may be invoked again for the same event: after an error that can be retried, and
    /// after a crash.
    fn deliver<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), DeliveryError>>;
}

/// One event on its way to one target.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The event.
    pub event: Arc<Event>,
    /// The rule that it matched.
    pub rule: Arc<Rule>,
    /// Which target of the rule this is.
    pub target_index: usize,
    /// What the target is given: the event, or what the target's input settings make of it.
    pub input: Value,
}

/// Why a target was not invoked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeliveryError {
    /// For the log.
    pub message: String,
    /// Whether a later try may succeed.
    pub retryable: bool,
}

impl DeliveryError {
    /// A failure that may pass: throttling, an internal error, a time-out.
    pub fn retryable(message: impl Into<String>) -> Self {
        Self { message: message.into(), retryable: true }
    }

    /// A failure that stays: no such resource, not authorized, invalid input.
    pub fn permanent(message: impl Into<String>) -> Self {
        Self { message: message.into(), retryable: false }
    }
}

impl Delivery {
    /// The target that is invoked.
    pub fn target(&self) -> &TargetDefinition {
        &self.rule.definition.targets[self.target_index]
    }

    /// The role that the target is invoked with.
    pub fn role_arn(&self) -> Option<&str> {
        self.target().role_arn.as_deref().or(self.rule.definition.role_arn.as_deref())
    }

    /// One try, within its time.
    pub(crate) async fn attempt(&self, state: &State) -> Result<(), DeliveryError> {
        let Some(target) = state.target_of(&self.target().arn) else {
            return Err(DeliveryError::permanent(format!("nothing here serves {}", self.target().arn)));
        };
        let deadline = state.environment.sleep(TRY_TIMEOUT);
        match future::select(target.deliver(self), deadline).await {
            Either::Left((Ok(()), _)) => {
                state.counters.delivered.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Either::Left((Err(error), _)) => Err(error),
            Either::Right(_) => {
                Err(DeliveryError::retryable(format!("no answer within {} seconds", TRY_TIMEOUT.as_secs())))
            }
        }
    }

    /// The later tries, until one succeeds or the retry policy ends them.
    pub(crate) async fn retry(self, state: &State, mut error: DeliveryError) {
        let policy = self.target().retry_policy.unwrap_or_default();
        let retries = policy.maximum_retry_attempts.unwrap_or(MAX_RETRIES).min(MAX_RETRIES);
        let age = policy.maximum_event_age_in_seconds.unwrap_or(MAX_AGE_SECONDS).min(MAX_AGE_SECONDS);
        let give_up_at = state.environment.now_millis().saturating_add(i64::from(age) * 1000);
        for retry in 0..retries {
            let backoff = FIRST_BACKOFF.saturating_mul(2_u32.saturating_pow(retry)).min(LONGEST_BACKOFF);
            state.environment.sleep(backoff).await;
            if state.environment.now_millis() > give_up_at {
                break;
            }
            state.counters.retries.fetch_add(1, Ordering::Relaxed);
            match self.attempt(state).await {
                Ok(()) => return,
                Err(again) if again.retryable => error = again,
                Err(last) => return self.dead_letter(state, &last),
            }
        }
        self.dead_letter(state, &error);
    }

    /// Counts and logs an event that will not be delivered.
    pub(crate) fn dead_letter(&self, state: &State, error: &DeliveryError) {
        state.counters.dead_letters.fetch_add(1, Ordering::Relaxed);
        tracing::error!(
            event = self.event.id,
            source = self.event.source,
            rule = self.rule.definition.name,
            target = self.target().arn,
            %error,
            "an event could not be delivered"
        );
    }
}

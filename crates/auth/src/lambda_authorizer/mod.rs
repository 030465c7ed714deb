//! `AWS_LAMBDA`: a function of the application judges tokens.
//!
//! "AWS_LAMBDA authorization", AppSync developer guide. The function is asked through the service `lambda`; what it
//! answers is remembered as long as it or the API's configuration says.

mod answer;
mod cache;
mod event;

use std::{borrow::Cow, sync::Arc};

use aws_protocol::{Caller, Directory};
use clock::{Clock, Timestamp};
use futures::future::{Either, select};
use regex::Regex;
use serde_json::{Value, json};

use crate::{Error, EventOperation, Identity, Presented};
use answer::Answer;
use cache::Cache;

/// How long the function may take, milliseconds (AppSync quota).
const ANSWER_MILLIS: i64 = 10_000;
/// Answers from this size on are not remembered, bytes (developer guide).
const CACHED_BYTES: usize = 1_048_576;
/// The longest that an answer is remembered, seconds: the bound of `AuthorizerResultTtlInSeconds`.
const TTL_SECONDS: i64 = 3_600;

/// A Lambda authorizer (`LambdaAuthorizerConfig`).
#[derive(Debug, Clone)]
pub struct LambdaConfig {
    /// The API that asks.
    pub api_id: String,
    /// The API's account, twelve digits.
    pub account: String,
    /// `AuthorizerUri`: the function's ARN.
    pub function_arn: String,
    /// `AuthorizerResultTtlInSeconds`: 0 for not at all, at most 3,600.
    pub ttl_seconds: i64,
    /// `IdentityValidationExpression`: tokens that it does not match whole are refused without asking.
    pub token: Option<Regex>,
    /// Has the service `lambda`.
    pub services: Directory,
}

/// What is remembered between requests.
#[derive(Default)]
pub(crate) struct Authorizer {
    cache: Cache,
}

impl Authorizer {
    /// Who the request comes from, as the function says.
    pub(crate) async fn authenticate(
        &self,
        config: &LambdaConfig,
        token: &str,
        presented: &Presented<'_>,
        operation: Option<EventOperation<'_>>,
        clock: &dyn Clock,
    ) -> Result<Identity, Error> {
        if config.token.as_ref().is_some_and(|expression| !expression.is_match(token)) {
            return Err(Error::not_authorized("the token does not match IdentityValidationExpression"));
        }
        let key = key(token, operation);
        if let Some(answer) = self.cache.get(&key, clock.now()) {
            return answer.identity();
        }
        let answer = ask(config, token, presented, operation, clock).await?;
        let ttl = answer.ttl_seconds.unwrap_or(config.ttl_seconds).clamp(0, TTL_SECONDS);
        let answer = Arc::new(answer);
        if ttl > 0 && answer.bytes < CACHED_BYTES {
            self.cache.put(&key, answer.clone(), clock.now().plus_seconds(ttl));
        }
        answer.identity()
    }
}

/// What an answer is remembered by. That it counts for one operation on one channel of an Event API alone is our reading:
/// the function is told which [M].
fn key<'a>(token: &'a str, operation: Option<EventOperation<'_>>) -> Cow<'a, str> {
    match operation {
        None => Cow::Borrowed(token),
        Some(event) => Cow::Owned(format!("{} {} {token}", event.name(), event.channel().unwrap_or_default())),
    }
}

/// Asks the function. Whatever goes wrong there refuses the request, as on AWS; the log says what it was.
async fn ask(
    config: &LambdaConfig,
    token: &str,
    presented: &Presented<'_>,
    operation: Option<EventOperation<'_>>,
    clock: &dyn Clock,
) -> Result<Answer, Error> {
    let event = match operation {
        None => event::event(config, token, presented, clock.uuid()),
        Some(operation) => event::of_event_api(config, token, presented, operation, clock.uuid()),
    };
    let input = json!({ "FunctionName": config.function_arn, "InvocationType": "RequestResponse", "Payload": event });
    let caller = Caller::internal(&config.account, format!("appsync:{}", config.api_id));
    let asked = Box::pin(config.services.call("lambda", "Invoke", input, &caller));
    let deadline: Timestamp = clock.now().plus_millis(ANSWER_MILLIS);
    let mut answer = match select(asked, clock.sleep_until(deadline)).await {
        Either::Left((Ok(answer), _)) => answer,
        Either::Left((Err(error), _)) => return Err(broken(config, &error.internal.unwrap_or(error.message))),
        Either::Right(_) => return Err(broken(config, "it took more than ten seconds")),
    };
    let payload = answer.get_mut("Payload").map(Value::take).unwrap_or_default();
    if answer.get("FunctionError").is_some_and(|error| !error.is_null()) {
        return Err(broken(config, &format!("it failed: {payload}")));
    }
    Answer::read(payload, &config.api_id).map_err(|reason| broken(config, &reason))
}

/// The operator hears of it, the client only that it may not.
fn broken(config: &LambdaConfig, reason: &str) -> Error {
    tracing::warn!(function = config.function_arn, reason, "the Lambda authorizer gave no answer that can be used");
    Error::not_authorized(reason)
}

//! The services that the engine meets: one that answers calls as their scripts say, and one that takes status events.

use std::sync::Arc;

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use serde_json::{Value, json};
use states::EventSink;
use tokio::sync::oneshot;

use crate::{
    Bug,
    script::{Answer, Question},
    world::{Call, Effect, Event, Inner, World},
};

/// `dynamodb`, as far as workflows know it: `PutItem` is a task that the call answers, `UpdateItem` one that takes a task
/// token along.
pub(crate) struct Works(pub(crate) World);

impl Service for Works {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        let text = format!("{operation} without a token that makes it happen once: {input}");
        self.0.lock().violation(text);
        Box::pin(std::future::ready(Err(ServiceError::internal("a token was expected"))))
    }

    fn call_once<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _caller: &'a Caller,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        let mut world = self.0.lock();
        let arrived = world.arrive(operation, input, token);
        drop(world);
        Box::pin(async move {
            let answer = match arrived {
                Arrived::Answered(answer) => return answer,
                // Whoever waits is gone when the world ends.
                Arrived::Waits(answer) => match answer.await {
                    Ok(answer) => answer,
                    Err(_) => std::future::pending().await,
                },
            };
            answered(answer).await
        })
    }
}

/// What came of a call's arrival.
enum Arrived {
    Answered(Result<Value, ServiceError>),
    Waits(oneshot::Receiver<Answer>),
}

async fn answered(answer: Answer) -> Result<Value, ServiceError> {
    match answer {
        Answer::Success(value) => Ok(value),
        Answer::Failure(code, cause) => Err(ServiceError::new(code, cause)),
        Answer::Never | Answer::Late | Answer::Heartless => std::future::pending().await,
    }
}

impl Inner {
    fn arrive(&mut self, operation: &str, input: Value, token: &str) -> Arrived {
        let execution: Arc<str> = input["x"].as_str().unwrap_or_default().into();
        self.check_running(&execution, &format!("a call ({input})"));
        let Some((script, _)) = Question::from_value(&input).and_then(|question| self.script(&question)) else {
            self.violation(format!("a call with parameters that no state has: {input}"));
            return Arrived::Answered(Err(ServiceError::internal("unknown")));
        };
        if operation == "UpdateItem" {
            let token = input["token"].as_str().unwrap_or_default().to_owned();
            self.token_given(&token, &execution, &input);
            self.effects.push(Effect { execution, at: self.now(), parameters: input, once: false });
            return Arrived::Answered(Ok(json!({})));
        }
        if let Some(answered) = self.arrive_again(token, &execution, &input) {
            return answered;
        }
        self.trace.add(|| format!("call of {execution}: {input}"));
        self.counts.tasks += 1;
        let call = Call {
            number: self.counts.tasks,
            delay: script.delay,
            refusals_left: script.refusals,
            answer: script.answer,
            is_done: false,
            waiting: Vec::new(),
        };
        self.calls.insert(token.to_owned(), call);
        self.begin(token, execution, input)
    }

    /// A call that is there already: it is not performed again.
    fn arrive_again(&mut self, token: &str, execution: &Arc<str>, input: &Value) -> Option<Arrived> {
        let call = self.calls.get_mut(token)?;
        if call.refusals_left > 0 {
            call.refusals_left -= 1;
            if call.refusals_left > 0 {
                return Some(Arrived::Answered(Err(ServiceError::internal("not now"))));
            }
            return Some(self.begin(token, execution.clone(), input.clone()));
        }
        self.counts.redelivered += 1;
        self.trace.add(|| format!("call of {execution} again: {input}"));
        if self.bug == Some(Bug::EffectsAgain) {
            self.effects.push(Effect {
                execution: execution.clone(),
                at: self.now(),
                parameters: input.clone(),
                once: true,
            });
        }
        let call = self.calls.get_mut(token)?;
        let (sender, receiver) = oneshot::channel();
        if call.is_done {
            // The receiver is there.
            let _ = sender.send(call.answer.clone());
        } else {
            call.waiting.push(sender);
        }
        Some(Arrived::Waits(receiver))
    }

    /// The service refuses the call, or sets to work.
    fn begin(&mut self, token: &str, execution: Arc<str>, input: Value) -> Arrived {
        let at = self.now();
        let Some(call) = self.calls.get_mut(token) else { return Arrived::Answered(Ok(Value::Null)) };
        if call.refusals_left > 0 {
            return Arrived::Answered(Err(ServiceError::internal("not now")));
        }
        let (sender, receiver) = oneshot::channel();
        call.waiting.push(sender);
        let delay = call.delay;
        self.effects.push(Effect { execution, at, parameters: input, once: true });
        self.after(delay, Event::Reply(token.to_owned()));
        Arrived::Waits(receiver)
    }

    /// The service is done with a call.
    pub(crate) fn reply(&mut self, token: &str) {
        let Some(call) = self.calls.get_mut(token) else { return };
        call.is_done = true;
        let number = call.number;
        for waiting in std::mem::take(&mut call.waiting) {
            // Whoever asked may have died since.
            let _ = waiting.send(call.answer.clone());
        }
        self.note_order(number);
    }
}

/// Takes status events, and refuses some at first.
pub(crate) struct Bus(pub(crate) World);

impl EventSink for Bus {
    fn deliver(&self, event: Value) -> BoxFuture<'_, Result<(), String>> {
        let mut world = self.0.lock();
        let takes = !world.dice.percent(4);
        let status = event["detail"]["status"].as_str().unwrap_or_default().to_owned();
        world.trace.add(|| format!("event: {} {status}, taken: {takes}", event["detail"]["executionArn"]));
        if takes {
            world.delivered.push(event);
        }
        Box::pin(std::future::ready(if takes { Ok(()) } else { Err("not now".to_owned()) }))
    }
}

/// Takes the place of an engine that is gone, so that nothing holds it.
pub(crate) struct Gone;

impl Service for Gone {
    fn name(&self) -> &'static str {
        "states"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        _input: Value,
        _caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(std::future::ready(Err(ServiceError::unknown_operation("states", operation))))
    }
}

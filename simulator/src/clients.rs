//! Clients, workers and operators: what they ask the engine, and what they make of its answers.

use std::sync::Arc;

use aws_protocol::{Caller, Service, ServiceError};
use serde_json::{Value, json};
use states::Engine;

use crate::{
    machine::{ACCOUNT, ACTIVITY, arn},
    oracle::second_answer,
    script::Answer,
    world::{Event, Inner, World},
};

/// How long anybody waits before asking again, milliseconds.
const AGAIN_MILLIS: u64 = 1_000;

/// Whoever asks.
pub(crate) fn caller() -> Caller {
    Caller::internal(ACCOUNT, "arn:aws:iam::111111111111:user/simulated")
}

/// Lets an event happen; `None` for an engine that is not there yet.
pub(crate) fn perform(world: &World, engine: Option<&Engine>, event: Event) {
    let mut inner = world.lock();
    if let Event::Reply(token) = event {
        return inner.reply(&token);
    }
    let Some(engine) = engine else { return inner.after(AGAIN_MILLIS, event) };
    let Some((operation, input)) = inner.request(&event) else { return };
    inner.trace.add(|| format!("asked: {operation} {input}"));
    let number = inner.requests;
    inner.requests += 1;
    inner.in_flight.insert(number, event.clone());
    let (world, engine) = (world.clone(), engine.clone());
    tokio::spawn(async move {
        let answer = engine.call(operation, input, &caller()).await;
        let mut inner = world.lock();
        inner.in_flight.remove(&number);
        inner.trace.add(|| format!("answered: {operation} {event:?} {answer:?}"));
        inner.answered(event, answer);
    });
}

impl Inner {
    /// What an event asks the engine for.
    fn request(&mut self, event: &Event) -> Option<(&'static str, Value)> {
        Some(match event {
            Event::Start(number) => {
                let execution = &mut self.executions[*number];
                execution.asked += 1;
                let machine = arn("stateMachine", &format!("machine-{}", execution.machine));
                let input = execution.data.to_value().to_string();
                ("StartExecution", json!({ "stateMachineArn": machine, "name": format!("e-{number}"), "input": input }))
            }
            Event::Stop(number) => {
                let execution = &mut self.executions[*number];
                execution.stopped = true;
                ("StopExecution", json!({ "executionArn": execution.arn, "error": "Stopped", "cause": "by hand" }))
            }
            Event::Redrive(number) => {
                let execution = &mut self.executions[*number];
                execution.redrives += 1;
                ("RedriveExecution", json!({ "executionArn": execution.arn }))
            }
            Event::Answer(token, number) => self.answer_request(token, *number)?,
            Event::Heartbeat(token) => {
                let known = self.tokens.get(token)?;
                if known.acknowledged.is_some() || known.done <= self.now() {
                    return None;
                }
                ("SendTaskHeartbeat", json!({ "taskToken": token }))
            }
            Event::Poll => ("GetActivityTask", json!({ "activityArn": arn("activity", ACTIVITY), "workerName": "w" })),
            Event::Reply(_) | Event::Kill => return None,
        })
    }

    fn answer_request(&mut self, token: &Arc<str>, number: u64) -> Option<(&'static str, Value)> {
        let known = self.tokens.get(token)?;
        self.counts.duplicated += u64::from(known.acknowledged.is_some() || known.in_doubt);
        Some(match answer_of(&known.script.answer, number) {
            Answer::Failure(error, cause) => {
                ("SendTaskFailure", json!({ "taskToken": token, "error": error, "cause": cause }))
            }
            Answer::Success(output) => ("SendTaskSuccess", json!({ "taskToken": token, "output": output.to_string() })),
            Answer::Never | Answer::Late | Answer::Heartless => {
                ("SendTaskSuccess", json!({ "taskToken": token, "output": "\"late\"" }))
            }
        })
    }

    fn answered(&mut self, event: Event, answer: Result<Value, ServiceError>) {
        let answer = match answer {
            Err(error) if error.status >= 500 || error.code == "ServiceUnavailable" => return self.ask_again(event),
            answer => answer,
        };
        match event {
            Event::Start(number) => self.start_answered(number, answer),
            Event::Stop(number) => {
                if let Err(error) = answer
                    && (error.code != "ExecutionDoesNotExist" || self.executions[number].started)
                {
                    self.violation(format!("StopExecution of execution {number}: {error}"));
                }
            }
            Event::Redrive(number) => {
                if let Err(error) = answer
                    && error.code != "ExecutionNotRedrivable"
                {
                    self.violation(format!("RedriveExecution of execution {number}: {error}"));
                }
            }
            Event::Answer(token, number) => self.token_answered(&token, number, answer),
            Event::Heartbeat(token) => match answer {
                Ok(_) => {
                    let seconds = self.tokens.get(&token).and_then(|token| token.heartbeat_seconds).unwrap_or(3);
                    self.after(seconds * 1_000 / 3, Event::Heartbeat(token));
                }
                Err(error) if error.code == "TaskTimedOut" => {}
                Err(error) => self.violation(format!("SendTaskHeartbeat: {error}")),
            },
            Event::Poll => self.polled(answer),
            Event::Reply(_) | Event::Kill => {}
        }
    }

    /// The engine has failed: it may have done what it was asked, or not.
    fn ask_again(&mut self, event: Event) {
        self.doubt(&event);
        self.after(AGAIN_MILLIS, event);
    }

    fn start_answered(&mut self, number: usize, answer: Result<Value, ServiceError>) {
        let execution = &mut self.executions[number];
        match answer {
            Ok(answer) if answer["executionArn"] == *execution.arn => execution.started = true,
            // It was started before, which nobody knew.
            Err(error) if error.code == "ExecutionAlreadyExists" && execution.asked > 1 => execution.started = true,
            other => self.violation(format!("StartExecution of execution {number}: {other:?}")),
        }
    }

    fn token_answered(&mut self, token: &Arc<str>, number: u64, answer: Result<Value, ServiceError>) {
        let Some(known) = self.tokens.get_mut(token) else { return };
        let sent = answer_of(&known.script.answer, number);
        let place = known.number;
        match answer {
            Ok(_) if known.acknowledged.is_some() => self.violation(format!("a second answer was taken: {sent:?}")),
            Ok(_) if matches!(sent, Answer::Never | Answer::Late | Answer::Heartless) => {
                self.violation("an answer was taken after its task's time".to_owned());
            }
            Ok(_) => {
                known.acknowledged = Some(sent);
                self.note_order(place);
            }
            Err(error) if error.code == "TaskTimedOut" => {}
            Err(error) => self.violation(format!("an answer to a task token: {error}")),
        }
    }

    fn polled(&mut self, answer: Result<Value, ServiceError>) {
        match answer {
            Ok(answer) => {
                if let Some(token) = answer["taskToken"].as_str() {
                    let input = answer["input"].as_str().and_then(|text| serde_json::from_str(text).ok());
                    let input: Value = input.unwrap_or_default();
                    let execution = input["x"].as_str().unwrap_or_default().to_owned();
                    self.token_given(token, &execution, &input);
                }
                self.after(0, Event::Poll);
            }
            Err(error) => self.violation(format!("GetActivityTask: {error}")),
        }
    }
}

/// The answer with this number that a token gets.
fn answer_of(answer: &Answer, number: u64) -> Answer {
    match answer {
        Answer::Success(_) | Answer::Failure(..) if number > 0 => Answer::Success(second_answer()),
        answer => answer.clone(),
    }
}

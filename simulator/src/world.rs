//! The world around the engine, which goes on while the engine is down: what is to happen next, what services were asked
//! and have answered, which task tokens were given out, which events arrived.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use clock::{Clock, SimulatedClock, Timestamp};
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use states::{ExecutionChange, Status};
use tokio::sync::{broadcast, oneshot};

use crate::{
    Bug,
    dice::Dice,
    machine::{Data, Machine, Task},
    script::{Answer, Question, Script, script},
    trace::Trace,
};

/// Handles of one world.
#[derive(Clone)]
pub(crate) struct World(Arc<Mutex<Inner>>);

/// See the module's header.
pub(crate) struct Inner {
    pub(crate) seed: u64,
    pub(crate) bug: Option<Bug>,
    pub(crate) dice: Dice,
    pub(crate) clock: SimulatedClock,
    pub(crate) trace: Trace,
    pub(crate) tasks: BTreeMap<String, Task>,
    pub(crate) executions: Vec<Execution>,
    pub(crate) calls: BTreeMap<String, Call>,
    pub(crate) tokens: BTreeMap<Arc<str>, Token>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) delivered: Vec<Value>,
    pub(crate) counts: Counts,
    /// What was seen that must not be.
    pub(crate) violations: Vec<String>,
    /// How many requests were made.
    pub(crate) requests: u64,
    /// Requests of clients and workers that the engine has not answered.
    pub(crate) in_flight: BTreeMap<u64, Event>,
    queue: BTreeMap<(Timestamp, u64), Event>,
    queued: u64,
    /// The task that was answered last of all that were issued first.
    latest_answered: u64,
    /// Executions that have ended, as the engine told it.
    ended: BTreeSet<Arc<str>>,
    changes: Option<broadcast::Receiver<ExecutionChange>>,
}

/// An execution that a client starts.
#[derive(Debug, Clone)]
pub(crate) struct Execution {
    pub(crate) machine: usize,
    pub(crate) arn: Arc<str>,
    pub(crate) data: Data,
    /// Whether its start was acknowledged.
    pub(crate) started: bool,
    /// How often the start was asked for.
    pub(crate) asked: u64,
    /// Whether somebody has asked to stop it.
    pub(crate) stopped: bool,
    /// Redrives that were asked for: they may have been made.
    pub(crate) redrives: u64,
    /// How often it will be redriven if it ends without success.
    pub(crate) redrives_left: u64,
}

/// What happens next in the world.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// A client starts the execution with this number.
    Start(usize),
    /// An operator stops it.
    Stop(usize),
    /// An operator redrives it.
    Redrive(usize),
    /// The service has done what it was asked with this token.
    Reply(String),
    /// Whoever has the task token sends an answer: the first (0), or another.
    Answer(Arc<str>, u64),
    /// Whoever has the task token is alive.
    Heartbeat(Arc<str>),
    /// A worker asks for an activity task.
    Poll,
    /// The process is killed.
    Kill,
}

/// A call of a service, by the token that makes it one call however often it arrives.
pub(crate) struct Call {
    /// Its place among the tasks of the seed.
    pub(crate) number: u64,
    /// How long the service works, milliseconds.
    pub(crate) delay: u64,
    pub(crate) refusals_left: u64,
    pub(crate) answer: Answer,
    pub(crate) is_done: bool,
    pub(crate) waiting: Vec<oneshot::Sender<Answer>>,
}

/// A task token that was given out.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// Its place among the tasks of the seed.
    pub(crate) number: u64,
    pub(crate) execution: Arc<str>,
    pub(crate) script: Script,
    pub(crate) heartbeat_seconds: Option<u64>,
    /// When whoever has it is done.
    pub(crate) done: Timestamp,
    /// The answer that was acknowledged.
    pub(crate) acknowledged: Option<Answer>,
    /// An answer may have arrived unseen.
    pub(crate) in_doubt: bool,
}

/// A service did something that a task asked for.
#[derive(Debug, Clone)]
pub(crate) struct Effect {
    pub(crate) execution: Arc<str>,
    pub(crate) at: Timestamp,
    pub(crate) parameters: Value,
    /// Whether it is promised to happen once; others may happen again after a crash.
    pub(crate) once: bool,
}

/// Figures of a simulation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Executions, children included.
    pub executions: u64,
    /// Steps that executions made.
    pub steps: u64,
    /// Commits that the engine asked for.
    pub commits: u64,
    /// Crashes of the process.
    pub crashes: u64,
    /// Commits that failed without a crash.
    pub disk_faults: u64,
    /// Tasks that services and workers got.
    pub tasks: u64,
    /// Calls that arrived at their service again.
    pub redelivered: u64,
    /// Answers that were sent again.
    pub duplicated: u64,
    /// Answers that came in another order than the tasks.
    pub reordered: u64,
    /// Executions whose ending the oracle knew.
    pub foretold: u64,
    /// Simulated time, milliseconds.
    pub simulated_millis: u64,
}

impl World {
    pub(crate) fn new(
        seed: u64,
        bug: Option<Bug>,
        clock: SimulatedClock,
        trace: Trace,
        machines: &[Machine],
        executions: Vec<Execution>,
    ) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            seed,
            bug,
            dice: Dice::new(seed, "world"),
            clock,
            trace,
            tasks: crate::machine::tasks(machines),
            executions,
            calls: BTreeMap::new(),
            tokens: BTreeMap::new(),
            effects: Vec::new(),
            delivered: Vec::new(),
            counts: Counts::default(),
            violations: Vec::new(),
            requests: 0,
            in_flight: BTreeMap::new(),
            queue: BTreeMap::new(),
            queued: 0,
            latest_answered: 0,
            ended: BTreeSet::new(),
            changes: None,
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock()
    }
}

impl Inner {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets something happen so many milliseconds from now.
    pub(crate) fn after(&mut self, millis: u64, event: Event) {
        self.queued += 1;
        let at = self.now().plus_millis(i64::try_from(millis).unwrap_or(i64::MAX));
        self.queue.insert((at, self.queued), event);
    }

    /// When the next thing happens.
    pub(crate) fn next_event(&self) -> Option<Timestamp> {
        self.queue.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next thing, if its time has come.
    pub(crate) fn take_event(&mut self) -> Option<Event> {
        let first = self.queue.first_entry()?;
        (first.key().0 <= self.clock.now()).then(|| first.remove())
    }

    /// Whether a client or an operator has something in mind, or waits for an answer.
    pub(crate) fn is_busy(&self) -> bool {
        let counts = |event: &Event| matches!(event, Event::Start(_) | Event::Stop(_) | Event::Redrive(_));
        self.queue.values().chain(self.in_flight.values()).any(counts)
    }

    /// Nobody knows whether the engine did what it was asked.
    pub(crate) fn doubt(&mut self, event: &Event) {
        match event {
            Event::Answer(token, _) => {
                if let Some(token) = self.tokens.get_mut(token) {
                    token.in_doubt = true;
                }
            }
            // It may run again.
            Event::Redrive(number) => drop(self.ended.remove(&self.executions[*number].arn)),
            _ => {}
        }
    }

    /// The process died: nobody knows what became of the requests under way. They are made again.
    pub(crate) fn lose_requests(&mut self) {
        // What it told before it died is durable.
        self.hear_changes();
        for event in std::mem::take(&mut self.in_flight).into_values() {
            self.doubt(&event);
            let later = self.dice.between(0, 2_000);
            self.after(later, event);
        }
        self.changes = None;
        // A redrive of their parent may have begun them again.
        self.ended.retain(|arn| !is_map_child(arn));
    }

    pub(crate) fn violation(&mut self, text: String) {
        self.trace.add(|| format!("VIOLATION {text}"));
        self.violations.push(text);
    }

    /// The engine of a new process tells of its changes.
    pub(crate) fn listen(&mut self, changes: broadcast::Receiver<ExecutionChange>) {
        self.changes = Some(changes);
    }

    /// Hears what the engine has told until now.
    pub(crate) fn hear_changes(&mut self) {
        while let Some(Ok(change)) = self.changes.as_mut().map(broadcast::Receiver::try_recv) {
            self.counts.steps += 1;
            self.trace.add(|| format!("engine: {} {:?} {} events", change.name, change.status, change.events));
            match change.status {
                Status::Running => drop(self.ended.remove(&change.execution_arn)),
                status => self.has_ended(&change.execution_arn, status.as_str()),
            }
        }
    }

    /// An execution has ended; somebody may redrive it.
    pub(crate) fn has_ended(&mut self, execution: &str, status: &str) {
        if !self.ended.insert(execution.into()) || status == "SUCCEEDED" {
            return;
        }
        let found = self.executions.iter().position(|known| &*known.arn == execution);
        if let Some(number) = found.filter(|number| self.executions[*number].redrives_left > 0) {
            self.executions[number].redrives_left -= 1;
            let later = self.dice.between(0, 3_600_000);
            self.after(later, Event::Redrive(number));
        }
    }

    /// Whether the engine has told of the execution's end.
    pub(crate) fn is_ended(&self, execution: &str) -> bool {
        self.ended.contains(execution)
    }

    /// A task is answered, in or out of the order in which tasks were given out.
    pub(crate) fn note_order(&mut self, number: u64) {
        self.counts.reordered += u64::from(number < self.latest_answered);
        self.latest_answered = self.latest_answered.max(number);
    }

    /// A service is called by this execution: never by one that has ended.
    pub(crate) fn check_running(&mut self, execution: &str, what: &str) {
        self.hear_changes();
        if self.ended.contains(execution) {
            self.violation(format!("{what} of {execution}, which has ended"));
        }
    }

    /// The script of a task that asks this.
    pub(crate) fn script(&self, question: &Question) -> Option<(Script, Task)> {
        let task = self.tasks.get(&question.state)?.clone();
        let redrives = self.executions.get(usize::try_from(question.e).ok()?)?.redrives;
        Some((script(self.seed, question, redrives, &task), task))
    }

    /// Somebody got a task token; the first to get it will answer, another may answer as well.
    pub(crate) fn token_given(&mut self, token: &str, execution: &str, parameters: &Value) {
        let Some((script, task)) = Question::from_value(parameters).and_then(|question| self.script(&question)) else {
            return self.violation(format!("a task token with parameters that no state has: {parameters}"));
        };
        let token: Arc<str> = token.into();
        let again = self.tokens.contains_key(&token);
        self.trace.add(|| format!("token of {execution}: {parameters}, again: {again}"));
        if again {
            self.counts.redelivered += 1;
            let answers = matches!(script.answer, Answer::Success(_) | Answer::Failure(..));
            if answers && self.dice.percent(50) {
                self.after(script.delay, Event::Answer(token, 0));
            }
            return;
        }
        self.counts.tasks += 1;
        let done = self.schedule_answers(&token, &script, &task);
        let known = Token {
            number: self.counts.tasks,
            execution: execution.into(),
            heartbeat_seconds: task.heartbeat_seconds,
            script,
            done,
            acknowledged: None,
            in_doubt: false,
        };
        self.tokens.insert(token, known);
    }

    /// Answers when whoever has the token is done.
    fn schedule_answers(&mut self, token: &Arc<str>, script: &Script, task: &Task) -> Timestamp {
        let lapse = task.timeout_seconds.unwrap_or_default().max(task.heartbeat_seconds.unwrap_or_default());
        let delay = match script.answer {
            Answer::Success(_) | Answer::Failure(..) => script.delay,
            Answer::Never => return Timestamp(i64::MAX),
            Answer::Late | Answer::Heartless => lapse * 1_000 + crate::plan::SLACK_MILLIS + script.delay,
        };
        self.after(delay, Event::Answer(token.clone(), 0));
        for number in 1..=script.repeats {
            let later = self.dice.between(0, 3_000);
            self.after(delay + later, Event::Answer(token.clone(), if script.repeats_differ { number } else { 0 }));
        }
        if let (Some(seconds), Answer::Success(_) | Answer::Failure(..)) = (task.heartbeat_seconds, &script.answer) {
            self.after(seconds * 1_000 / 3, Event::Heartbeat(token.clone()));
        }
        self.now().plus_millis(i64::try_from(delay).unwrap_or(i64::MAX))
    }
}

/// Whether this is the ARN of a child of a distributed Map.
fn is_map_child(arn: &str) -> bool {
    arn.contains('/')
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        let pairs = [
            (&mut self.executions, other.executions),
            (&mut self.steps, other.steps),
            (&mut self.commits, other.commits),
            (&mut self.crashes, other.crashes),
            (&mut self.disk_faults, other.disk_faults),
            (&mut self.tasks, other.tasks),
            (&mut self.redelivered, other.redelivered),
            (&mut self.duplicated, other.duplicated),
            (&mut self.reordered, other.reordered),
            (&mut self.foretold, other.foretold),
            (&mut self.simulated_millis, other.simulated_millis),
        ];
        for (sum, more) in pairs {
            *sum += more;
        }
    }
}

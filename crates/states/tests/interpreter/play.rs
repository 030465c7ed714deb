//! Playing an execution by hand: a clock that stands still until told, and stimuli one at a time.

use std::sync::Arc;

use asl::Definition;
use clock::Timestamp;
use serde_json::Value;
use states::history::HistoryEvent;
use states::interpreter::{
    Command, Decision, Execution, ExecutionIdentity, ExecutionKind, Outcome, Step, Stimulus, TimerId, decide,
};

/// When every execution starts: 2024-01-01T00:00:00Z.
pub(crate) const START: Timestamp = Timestamp(1_704_067_200_000);

/// An execution and all that happened to it.
pub(crate) struct Play {
    pub(crate) execution: Execution,
    pub(crate) now: Timestamp,
    pub(crate) steps: Vec<Step>,
    pub(crate) events: Vec<HistoryEvent>,
    pub(crate) absent_activities: Vec<Arc<str>>,
}

/// An identity with fixed names.
pub(crate) fn identity(input: &str, kind: ExecutionKind) -> ExecutionIdentity {
    let state_machine_name = "orders";
    let arn = match kind {
        ExecutionKind::Standard => "arn:aws:states:us-east-1:111111111111:execution:orders:order-1",
        ExecutionKind::Express => "arn:aws:states:us-east-1:111111111111:express:orders:order-1:uuid-1",
    };
    ExecutionIdentity {
        arn: arn.into(),
        name: "order-1".into(),
        state_machine_arn: "arn:aws:states:us-east-1:111111111111:stateMachine:orders".into(),
        state_machine_name: state_machine_name.into(),
        state_machine_version_arn: None,
        state_machine_alias_arn: None,
        role_arn: "arn:aws:iam::111111111111:role/orders".into(),
        start_time: START,
        input: input.into(),
        kind,
    }
}

/// Parses a definition that must be valid.
pub(crate) fn definition(text: &str) -> Arc<Definition> {
    match Definition::parse(text) {
        Ok(definition) => Arc::new(definition),
        Err(diagnostics) => panic!("{diagnostics:?}\n{text}"),
    }
}

impl Play {
    pub(crate) fn new(definition: Arc<Definition>, input: &str, kind: ExecutionKind) -> Self {
        let execution = Execution::new(definition, identity(input, kind));
        Self { execution, now: START, steps: Vec::new(), events: Vec::new(), absent_activities: Vec::new() }
    }

    /// Lets one thing happen now.
    pub(crate) fn step(&mut self, stimulus: Stimulus) -> Decision {
        let step = Step {
            at: self.now,
            seed: self.steps.len() as u64,
            stimulus,
            absent_activities: self.absent_activities.clone(),
        };
        let decision = decide(&mut self.execution, &step);
        self.steps.push(step);
        self.events.extend(decision.events.iter().cloned());
        decision
    }

    /// The timer that comes due next.
    pub(crate) fn next_timer(&self) -> Option<(TimerId, Timestamp)> {
        self.execution.pending_timers().min_by_key(|(timer, due)| (*due, *timer))
    }

    /// Starts the execution and fires timers as they come due until it ends or waits for something else.
    pub(crate) fn run(&mut self) -> &Outcome {
        self.step(Stimulus::Started);
        while self.execution.is_running() {
            let Some((timer, due)) = self.next_timer() else { break };
            self.now = self.now.max(due);
            self.step(Stimulus::TimerFired { timer });
        }
        self.execution.outcome()
    }

    /// The answer of GetExecutionHistory.
    pub(crate) fn history(&self) -> Value {
        serde_json::json!({ "events": self.events.iter().map(|event| event.to_wire(true)).collect::<Vec<_>>() })
    }

    /// Replays the steps from nothing, comparing state and events after each one.
    pub(crate) fn assert_replays(&self) {
        let fresh = || Execution::new(self.execution.definition().clone(), self.execution.identity().clone());
        for cut in 0..=self.steps.len() {
            let mut execution = fresh();
            let mut events = Vec::new();
            for step in &self.steps[..cut] {
                let stored: Step = serde_json::from_str(&serde_json::to_string(step).unwrap()).unwrap();
                events.extend(decide(&mut execution, &stored).events);
            }
            // What a driver stores of the history must be the history.
            let stored: Vec<HistoryEvent> = serde_json::from_str(&serde_json::to_string(&events).unwrap()).unwrap();
            assert_eq!(stored, self.events[..events.len()], "events after {cut} steps");
            for step in &self.steps[cut..] {
                events.extend(decide(&mut execution, step).events);
            }
            assert_eq!(events, self.events, "cut after {cut} steps");
            assert_eq!(execution.fingerprint(), self.execution.fingerprint(), "cut after {cut} steps");
        }
    }
}

/// A command in one line; tokens are left out, they are opaque.
pub(crate) fn describe(command: &Command) -> String {
    match command {
        Command::Task(request) => {
            let token = if request.token.is_some() { " with a token" } else { "" };
            format!("call task {}{token}: {} {}", request.task.0, request.resource, request.parameters)
        }
        Command::CancelTask(task) => format!("cancel task {}", task.0),
        Command::StopJob(job) => format!("stop job of task {}", job.task.0),
        Command::SetTimer { timer, due } => format!("set timer {} at {}", timer.0, offset(*due)),
        Command::CancelTimer(timer) => format!("cancel timer {}", timer.0),
    }
}

/// A time after the start, such as `+1.5s`.
pub(crate) fn offset(at: Timestamp) -> String {
    format!("+{}s", (at.0 - START.0) as f64 / 1000.0)
}

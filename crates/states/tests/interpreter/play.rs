//! Playing an execution by hand: a clock that stands still until told, and stimuli one at a time.

use std::sync::Arc;

use asl::Definition;
use clock::Timestamp;
use serde_json::Value;
use states::history::HistoryEvent;
use states::interpreter::{
    ChildEnd, ChildOutcome, ChildStart, Command, Decision, Execution, ExecutionIdentity, ExecutionKind, MapRunId,
    Outcome, Step, Stimulus, TimerId, decide,
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
        map_state: None,
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

    /// Starts the execution, runs the children it asks for, and fires timers as they come due until it ends or waits for
    /// something else.
    pub(crate) fn run(&mut self) -> &Outcome {
        let mut decision = self.step(Stimulus::Started);
        while self.execution.is_running() {
            let ended: Vec<ChildEnd> =
                decision.commands.iter().flat_map(|command| self.run_children(command)).collect();
            decision = if !ended.is_empty() {
                self.step(Stimulus::ChildrenEnded { ended })
            } else if let Some((timer, due)) = self.next_timer() {
                self.now = self.now.max(due);
                self.step(Stimulus::TimerFired { timer })
            } else {
                break;
            };
        }
        self.execution.outcome()
    }

    fn run_children(&self, command: &Command) -> Vec<ChildEnd> {
        let Command::StartChildren { run, children } = command else { return Vec::new() };
        children.iter().map(|child| self.run_child(*run, child)).collect()
    }

    fn run_child(&self, run: MapRunId, child: &ChildStart) -> ChildEnd {
        let state = self.execution.map_run(run).expect("the run goes on");
        let parent = self.execution.identity();
        let identity = ExecutionIdentity {
            name: child.name.clone(),
            state_machine_arn: format!("{}/{}", parent.state_machine_arn, state.label).into(),
            state_machine_name: format!("{}/{}", parent.state_machine_name, state.label).into(),
            input: child.input.clone(),
            map_state: Some(state.state),
            ..parent.clone()
        };
        let mut play = Self {
            execution: Execution::new(self.execution.definition().clone(), identity),
            now: self.now,
            steps: Vec::new(),
            events: Vec::new(),
            absent_activities: self.absent_activities.clone(),
        };
        let (outcome, output) = match play.run() {
            Outcome::Succeeded(output) => (ChildOutcome::Succeeded, output.clone()),
            Outcome::TimedOut => (ChildOutcome::TimedOut { redrivable: true }, r#"{"Status":"TIMED_OUT"}"#.into()),
            _ => (ChildOutcome::Failed { redrivable: true }, r#"{"Status":"FAILED"}"#.into()),
        };
        ChildEnd { run, index: child.index, redrive: child.redrive, outcome, output }
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
        Command::ReadItems { run, request } => {
            let most = request.max_items.map(|most| format!(", at most {most}")).unwrap_or_default();
            format!("read items of run {}: {} {} {}{most}", run.0, request.resource, request.arguments, request.config)
        }
        Command::StartChildren { run, children } => {
            let children = children.iter().map(|child| {
                let redrive = if child.redrive > 0 { format!(" again ({})", child.redrive) } else { String::new() };
                format!("\n     {}{redrive} on {}: {}", child.index, child.items, child.input)
            });
            format!("start children of run {}:{}", run.0, children.collect::<String>())
        }
        Command::AbortChildren { run, names, .. } => format!("abort {} children of run {}", names.len(), run.0),
        Command::WriteResults { run, request } => format!(
            "write results of run {}: {} {}, pending {:?}",
            run.0,
            request.resource.as_deref().unwrap_or("-"),
            request.arguments,
            request.pending
        ),
    }
}

/// A time after the start, such as `+1.5s`.
pub(crate) fn offset(at: Timestamp) -> String {
    format!("+{}s", (at.0 - START.0) as f64 / 1000.0)
}

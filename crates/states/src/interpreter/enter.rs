//! Entering states, and the work of those that need no one else: Pass, Choice, Wait, Succeed and Fail.

use asl::{Choice, Data, FailText, Pause, State, StateId, StateKind, Wait};
use clock::Timestamp;

use super::{
    context::Scene,
    data_flow::Leaving,
    frame::{Activation, FrameId, Work},
    problem::Problem,
    run::{Run, Unit, state_type},
    timers::{Purpose, seconds_after},
};
use crate::history::EventDetails;

impl Run<'_> {
    /// A frame enters a state. Nothing happens if the frame is gone: a sibling failed meanwhile.
    pub(super) fn enter(&mut self, frame: FrameId, state: StateId, input: Data) {
        let Some(before) = self.frame(frame).map(|frame| frame.last_event) else { return };
        let definition = self.definition.clone();
        let state = definition.state(state);
        let details =
            EventDetails::StateEntered { state: state_type(state), name: state.name.clone(), input: input.text() };
        let entered = self.chain(frame, details);
        let activation = Activation {
            state: state.id,
            entered,
            before,
            entered_at: self.at,
            input,
            retries: vec![self.execution.earlier_retries(); state.retry.len()],
            work: Work::Entering,
        };
        if let Some(frame) = self.frame_mut(frame) {
            frame.active = Some(activation);
        }
        self.attempt(frame);
    }

    /// The state's work: on entering it, and again on every retry.
    pub(super) fn attempt(&mut self, frame: FrameId) {
        let (Some(scene), Some(active)) = (self.scene(frame), self.active(frame)) else { return };
        let (id, raw) = (active.state, active.input.clone());
        let definition = self.definition.clone();
        let state = definition.state(id);
        let work = Attempt { frame, state, scene, raw: &raw };
        let outcome = match &state.kind {
            StateKind::Pass { result } => self.pass(&work, result.as_ref()),
            StateKind::Choice(choice) => self.choose(&work, choice),
            StateKind::Wait(wait) => self.wait(&work, wait),
            StateKind::Succeed => self.succeed(&work),
            StateKind::Fail { error, cause } => self.raise(&work, error.as_ref(), cause.as_ref()),
            StateKind::Task(task) => self.schedule(work, task),
            StateKind::Parallel { branches } => self.start_branches(&work, branches),
            StateKind::Map(map) => self.start_map(&work, map),
        };
        if let Err(problem) = outcome {
            self.fail(frame, problem);
        }
    }

    fn pass(&mut self, work: &Attempt<'_>, result: Option<&Data>) -> Result<(), Problem> {
        let result = match result {
            Some(result) => {
                self.inspect(|inspection| inspection.result = Some(result.clone()));
                result.clone()
            }
            None => self.arguments(work)?,
        };
        self.leave(work, Leaving::of(work.state, &result))
    }

    fn choose(&mut self, work: &Attempt<'_>, choice: &Choice) -> Result<(), Problem> {
        let effective = self.effective_input(work)?;
        let chosen = choice.choose(&self.scope(&work.scene, &effective)).map_err(|error| work.scene.problem(&error))?;
        let leaving = Leaving { next: Some(chosen.next), ..Leaving::of(work.state, &effective) };
        match chosen.rule {
            Some(rule) => {
                self.leave(work, Leaving { assign: rule.assign.as_ref(), output: rule.output.as_ref(), ..leaving })
            }
            None => self.leave(work, leaving),
        }
    }

    fn wait(&mut self, work: &Attempt<'_>, wait: &Wait) -> Result<(), Problem> {
        let effective = self.effective_input(work)?;
        let pause = wait.pause(&self.scope(&work.scene, &effective)).map_err(|error| work.scene.problem(&error))?;
        let due = match pause {
            Pause::Seconds(seconds) => seconds_after(self.at, seconds),
            Pause::Until(millis) => Timestamp(millis),
        };
        if due <= self.at {
            return self.leave(work, Leaving::of(work.state, &effective));
        }
        let timer = self.set_timer(due, Purpose::Wait(work.frame));
        self.set_work(work.frame, Work::Waiting(timer));
        Ok(())
    }

    /// The time of a Wait state has come.
    pub(super) fn wait_is_over(&mut self, frame: FrameId) {
        let (Some(scene), Some(active)) = (self.scene(frame), self.active(frame)) else { return };
        let (id, raw) = (active.state, active.input.clone());
        let definition = self.definition.clone();
        let work = Attempt { frame, state: definition.state(id), scene, raw: &raw };
        let left =
            self.effective_input(&work).and_then(|effective| self.leave(&work, Leaving::of(work.state, &effective)));
        if let Err(problem) = left {
            self.fail(frame, problem);
        }
    }

    fn succeed(&mut self, work: &Attempt<'_>) -> Result<(), Problem> {
        let effective = self.effective_input(work)?;
        self.leave(work, Leaving::of(work.state, &effective))
    }

    /// A Fail state: its error is the problem.
    fn raise(&mut self, work: &Attempt<'_>, error: Option<&FailText>, cause: Option<&FailText>) -> Result<(), Problem> {
        let effective = self.effective_input(work)?;
        let text = |field: Option<&FailText>| {
            let scope = field.map(|field| (field, self.scope(&work.scene, &effective)));
            scope.map(|(field, scope)| field.evaluate(&scope)).transpose().map_err(|error| work.scene.problem(&error))
        };
        let (error, cause) = (text(error)?, text(cause)?);
        Err(Problem::given(error.as_deref(), cause.as_deref()))
    }

    pub(super) fn set_work(&mut self, frame: FrameId, work: Work) {
        if let Some(active) = self.active_mut(frame) {
            active.work = work;
        }
    }

    /// Queues a frame's next state, or its end.
    pub(super) fn go_on(&mut self, frame: FrameId, next: Option<StateId>, output: Data) {
        if self.execution.trial.is_some() {
            return self.end_trial(next, &output);
        }
        match next {
            Some(state) => self.later(Unit::Enter { frame, state, input: output }),
            None => self.next(Unit::Finish { frame, output }),
        }
    }
}

/// A state at work in a frame.
pub(super) struct Attempt<'a> {
    pub(super) frame: FrameId,
    pub(super) state: &'a State,
    pub(super) scene: Scene,
    /// The raw input.
    pub(super) raw: &'a Data,
}

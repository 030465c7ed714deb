//! The way of the data through a state: what goes into its work, and what it leaves behind.
//!
//! One pipeline serves both query languages: the fields that a language lacks hold defaults that change nothing.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html>

use std::{collections::BTreeMap, sync::Arc};

use asl::{Data, PathField, QueryLanguage, ResultPath, Scope, State, StateId, Template, Transition};

use super::{
    context::Scene,
    enter::Attempt,
    problem::Problem,
    run::{Run, state_type},
};
use crate::history::EventDetails;

/// AWS's limit of all variables of an execution together, in bytes of UTF-8.
const MAX_VARIABLES_BYTES: usize = 10 << 20;

/// How a state is left.
pub(super) struct Leaving<'a> {
    /// What its work gave.
    pub(super) result: &'a Data,
    /// Whether [`Self::result`] is `$states.result`.
    pub(super) shows_result: bool,
    pub(super) assign: Option<&'a Template>,
    pub(super) output: Option<&'a Template>,
    /// `None` at the end of the frame's states.
    pub(super) next: Option<StateId>,
}

impl<'a> Leaving<'a> {
    /// The usual way: the state's own fields, to its own `Next`.
    pub(super) fn of(state: &'a State, result: &'a Data) -> Self {
        let next = match state.transition {
            Some(Transition::Next(next)) => Some(next),
            Some(Transition::End) | None => None,
        };
        Self { result, shows_result: false, assign: state.assign.as_ref(), output: state.output.as_ref(), next }
    }

    /// The same for a state whose work is done elsewhere: Task, Parallel, Map.
    pub(super) fn with_result(state: &'a State, result: &'a Data) -> Self {
        Self { shows_result: true, ..Self::of(state, result) }
    }
}

/// What a state leaves behind.
struct Left {
    output: Data,
    assigned: Vec<(Arc<str>, Data)>,
}

impl Run<'_> {
    /// The raw input after `InputPath`.
    pub(super) fn effective_input(&mut self, work: &Attempt<'_>) -> Result<Data, Problem> {
        let input = self.select(&work.state.input_path, &work.scene, work.raw)?;
        self.inspect(|inspection| inspection.after_input_path = Some(input.clone()));
        Ok(input)
    }

    /// The effective input after `Parameters` or `Arguments`.
    pub(super) fn arguments(&mut self, work: &Attempt<'_>) -> Result<Data, Problem> {
        let effective = self.effective_input(work)?;
        let arguments = match &work.state.arguments {
            Some(template) => self.evaluate(template, &work.scene, &self.scope(&work.scene, &effective))?,
            None => effective,
        };
        self.inspect(|inspection| inspection.after_arguments = Some(arguments.clone()));
        Ok(arguments)
    }

    /// Leaves the state: evaluates `Assign` and the output, records StateExited and queues what comes next.
    pub(super) fn leave(&mut self, work: &Attempt<'_>, leaving: Leaving<'_>) -> Result<(), Problem> {
        let Attempt { state, scene, raw, .. } = work;
        let selected = match &state.result_selector {
            Some(selector) => self.evaluate(selector, scene, &self.scope(scene, leaving.result))?,
            None => leaving.result.clone(),
        };
        self.inspect(|inspection| inspection.after_result_selector = Some(selected.clone()));
        let scope = match state.query_language {
            QueryLanguage::JSONata => {
                Scope { result: leaving.shows_result.then_some(leaving.result), ..self.scope(scene, raw) }
            }
            QueryLanguage::JSONPath => self.scope(scene, &selected),
        };
        let assigned = self.assigned(leaving.assign, state, scene, &scope)?;
        let output = match leaving.output {
            Some(template) => self.evaluate(template, scene, &scope)?,
            None => {
                let placed = place(&state.result_path, scene, raw, &selected)?;
                self.inspect(|inspection| inspection.after_result_path = Some(placed.clone()));
                self.select(&state.output_path, scene, &placed)?
            }
        };
        self.exit(work, Left { output, assigned }, leaving.next)
    }

    /// Leaves the state by a catcher, with the error output in the place of a result.
    pub(super) fn leave_caught(
        &mut self,
        work: &Attempt<'_>,
        catcher: &asl::Catcher,
        error_output: &Data,
    ) -> Result<(), Problem> {
        let Attempt { state, scene, raw, .. } = work;
        let scope = match state.query_language {
            QueryLanguage::JSONata => Scope { error_output: Some(error_output), ..self.scope(scene, raw) },
            QueryLanguage::JSONPath => self.scope(scene, error_output),
        };
        let assigned = self.assigned(catcher.assign.as_ref(), state, scene, &scope)?;
        let output = match &catcher.output {
            Some(template) => self.evaluate(template, scene, &scope)?,
            None => place(&catcher.result_path, scene, raw, error_output)?,
        };
        self.exit(work, Left { output, assigned }, Some(catcher.next))
    }

    pub(super) fn select(&self, path: &PathField, scene: &Scene, data: &Data) -> Result<Data, Problem> {
        match path {
            PathField::Whole => Ok(data.clone()),
            path => path.select(&self.scope(scene, data)).map_err(|error| scene.problem(&error)),
        }
    }

    pub(super) fn evaluate(&self, template: &Template, scene: &Scene, scope: &Scope<'_>) -> Result<Data, Problem> {
        template.evaluate(scope).map_err(|error| scene.problem(&error))
    }

    /// The new values of an `Assign`; all see the old ones.
    fn assigned(
        &self,
        assign: Option<&Template>,
        state: &State,
        scene: &Scene,
        scope: &Scope<'_>,
    ) -> Result<Vec<(Arc<str>, Data)>, Problem> {
        let Some(template) = assign else { return Ok(Vec::new()) };
        let assigned = template.evaluate_members(scope).map_err(|error| scene.problem(&error))?;
        let size: usize = assigned.iter().map(|(_, value)| value.size()).sum();
        if size > self.execution.bounds.payload_bytes { Err(Problem::too_large(&state.name)) } else { Ok(assigned) }
    }

    fn exit(&mut self, work: &Attempt<'_>, left: Left, next: Option<StateId>) -> Result<(), Problem> {
        let Left { output, assigned } = left;
        if output.size() > self.execution.bounds.payload_bytes {
            return Err(Problem::too_large(&work.state.name));
        }
        let texts: BTreeMap<_, _> = assigned.iter().map(|(name, value)| (name.clone(), value.text())).collect();
        self.set_variables(work, assigned)?;
        let details = EventDetails::StateExited {
            state: state_type(work.state),
            name: work.state.name.clone(),
            output: output.text(),
            assigned_variables: texts,
        };
        self.chain(work.frame, details);
        if let Some(frame) = self.frame_mut(work.frame) {
            frame.active = None;
        }
        self.go_on(work.frame, next, output);
        Ok(())
    }

    fn set_variables(&mut self, work: &Attempt<'_>, assigned: Vec<(Arc<str>, Data)>) -> Result<(), Problem> {
        let Some(frame) = self.frame_mut(work.frame) else { return Ok(()) };
        if assigned.is_empty() {
            return Ok(());
        }
        let mut variables = (*frame.variables).clone();
        variables.extend(assigned);
        // AWS differs: it counts the variables of all scopes of the execution, we those that one frame can read.
        let size: usize = variables.values().map(Data::size).sum();
        if size > MAX_VARIABLES_BYTES {
            return Err(Problem::too_large(&work.state.name));
        }
        let variables = Arc::new(variables);
        frame.variables = variables.clone();
        self.inspect(|inspection| inspection.variables = (*variables).clone());
        Ok(())
    }
}

/// Merges a result into the raw input.
fn place(path: &ResultPath, scene: &Scene, raw: &Data, result: &Data) -> Result<Data, Problem> {
    match path {
        ResultPath::Replace => Ok(result.clone()),
        ResultPath::Discard => Ok(raw.clone()),
        path => path.place(raw, result).map_err(|error| scene.problem(&error)),
    }
}

//! Task states: scheduling a task, what its service or worker says, and its time-outs.

use std::sync::Arc;

use asl::{Data, NumberField, Task};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    Command, Job, TaskId, TaskRequest, TimerId,
    data_flow::Leaving,
    enter::Attempt,
    frame::{FrameId, Work},
    parameters,
    problem::Problem,
    resource::Integration,
    run::{Run, Unit},
    timers::{Purpose, seconds_after},
};
use crate::history::{EventDetails, Failure};

/// A task that waits for its result.
#[derive(Debug, Clone)]
pub(super) struct LiveTask {
    pub(super) frame: FrameId,
    pub(super) request: TaskRequest,
    pub(super) integration: Integration,
    timeout: Option<TimerId>,
    heartbeat: Option<TimerId>,
    heartbeat_seconds: Option<u64>,
    /// Its service or a worker has taken it on.
    pub(super) started: bool,
    /// The call of a `.waitForTaskToken` or `.sync` task has returned.
    pub(super) submitted: bool,
}

impl LiveTask {
    /// What a `.sync` task awaits.
    pub(super) fn job(&self) -> Option<Job> {
        let TaskRequest { task, resource, parameters, credentials_role_arn, .. } = &self.request;
        let is_job = [".sync", ".sync:2"].iter().any(|suffix| resource.ends_with(suffix));
        let job = Job {
            task: *task,
            resource: resource.clone(),
            parameters: parameters.clone(),
            submitted: self.submitted,
            credentials_role_arn: credentials_role_arn.clone(),
        };
        is_job.then_some(job)
    }
}

/// The evaluated fields of a Task state.
struct Fields {
    parameters: Data,
    timeout_seconds: Option<u64>,
    heartbeat_seconds: Option<u64>,
    credentials_role_arn: Option<Arc<str>>,
}

impl Run<'_> {
    /// Schedules a task: on entering a Task state, and again on each retry.
    pub(super) fn schedule(&mut self, mut work: Attempt<'_>, task: &Task) -> Result<(), Problem> {
        let integration = Integration::of(&task.resource);
        if integration.is_activity() && self.absent_activities.contains(&task.resource) {
            return Err(work.scene.runtime(&format!("The activity {} does not exist.", task.resource)));
        }
        let id = TaskId(self.execution.next_task);
        work.scene.token = integration.has_token().then(|| self.token(id));
        let fields = self.fields(&work, task)?;
        if let Integration::Service(name) = &integration
            && let Some(problem) = parameters::problem(name, &fields.parameters)
        {
            return Err(work.scene.runtime(&problem));
        }
        if fields.parameters.size() > self.execution.bounds.payload_bytes {
            return Err(Problem::too_large(&work.state.name));
        }
        self.execution.next_task += 1;
        self.chain(work.frame, self.scheduled(&integration, task, &fields));
        let request = TaskRequest {
            task: id,
            resource: task.resource.clone(),
            parameters: fields.parameters.text(),
            token: work.scene.token.clone(),
            credentials_role_arn: fields.credentials_role_arn.clone(),
        };
        self.begin(work.frame, integration, request, &fields);
        Ok(())
    }

    fn fields(&mut self, work: &Attempt<'_>, task: &Task) -> Result<Fields, Problem> {
        let effective = self.effective_input(work)?;
        let parameters = self.arguments(work)?;
        let problem = |error| work.scene.problem(&error);
        let seconds = |field: &Option<NumberField>| {
            let field = field.as_ref().map(|field| field.integer(&self.scope(&work.scene, &effective)));
            field.transpose().map_err(problem)
        };
        let role_arn = task.credentials.as_ref().map(|role| role.role_arn(&self.scope(&work.scene, &effective)));
        Ok(Fields {
            parameters,
            timeout_seconds: seconds(&task.timeout_seconds)?,
            heartbeat_seconds: seconds(&task.heartbeat_seconds)?,
            credentials_role_arn: role_arn.transpose().map_err(problem)?.map(Arc::from),
        })
    }

    fn scheduled(&self, integration: &Integration, task: &Task, fields: &Fields) -> EventDetails {
        let parameters = fields.parameters.text();
        let (timeout_in_seconds, heartbeat_in_seconds) = (fields.timeout_seconds, fields.heartbeat_seconds);
        let credentials_role_arn = fields.credentials_role_arn.clone();
        match integration {
            Integration::Lambda => EventDetails::LambdaFunctionScheduled {
                resource: task.resource.clone(),
                input: parameters,
                timeout_in_seconds,
                credentials_role_arn,
            },
            Integration::Activity => EventDetails::ActivityScheduled {
                resource: task.resource.clone(),
                input: parameters,
                timeout_in_seconds,
                heartbeat_in_seconds,
            },
            Integration::Service(name) => EventDetails::TaskScheduled {
                resource: name.clone(),
                region: self.execution.identity.region().into(),
                parameters,
                timeout_in_seconds,
                heartbeat_in_seconds,
                credentials_role_arn,
            },
        }
    }

    /// Makes the task known, sets its timers and sends it out.
    fn begin(&mut self, frame: FrameId, integration: Integration, request: TaskRequest, fields: &Fields) {
        let task = request.task;
        let is_activity = integration.is_activity();
        let timeout = fields
            .timeout_seconds
            .map(|seconds| self.set_timer(seconds_after(self.at, seconds), Purpose::TaskTimeout(task)));
        let live = LiveTask {
            frame,
            request: request.clone(),
            integration,
            timeout,
            heartbeat: None,
            heartbeat_seconds: fields.heartbeat_seconds,
            started: false,
            submitted: false,
        };
        self.execution.tasks.insert(task, live);
        self.set_work(frame, Work::Task(task));
        self.command(Command::Task(request));
        if !is_activity {
            self.later(Unit::StartTask(task));
        }
    }

    /// A service has taken the task on: at once, for the call is under way when the step is durable.
    pub(super) fn start_task(&mut self, task: TaskId) {
        let Some(live) = self.execution.tasks.get(&task) else { return };
        let details = match &live.integration {
            Integration::Service(name) => EventDetails::TaskStarted { resource: name.clone() },
            Integration::Lambda => EventDetails::LambdaFunctionStarted,
            Integration::Activity => return,
        };
        self.mark_started(task, details);
    }

    /// A worker has taken the activity task.
    pub(super) fn activity_started(&mut self, task: TaskId, worker: Option<&str>) {
        let live = self.execution.tasks.get(&task);
        if live.is_some_and(|live| live.integration.is_activity() && !live.started) {
            self.mark_started(task, EventDetails::ActivityStarted { worker_name: worker.map(Arc::from) });
        }
    }

    fn mark_started(&mut self, task: TaskId, details: EventDetails) {
        let Some(live) = self.execution.tasks.get_mut(&task) else { return };
        live.started = true;
        let frame = live.frame;
        self.chain(frame, details);
        self.heartbeat(task);
    }

    /// The worker is alive: its heartbeat counts from now.
    pub(super) fn heartbeat(&mut self, task: TaskId) {
        let Some(live) = self.execution.tasks.get_mut(&task) else { return };
        let Some(seconds) = live.heartbeat_seconds else { return };
        if let Some(timer) = live.heartbeat.take() {
            self.cancel_timer(timer);
        }
        let timer = self.set_timer(seconds_after(self.at, seconds), Purpose::Heartbeat(task));
        if let Some(live) = self.execution.tasks.get_mut(&task) {
            live.heartbeat = Some(timer);
        }
    }

    /// The call of a `.waitForTaskToken` or `.sync` task has returned.
    pub(super) fn task_submitted(&mut self, task: TaskId, output: &Arc<str>) {
        let Some(live) = self.execution.tasks.get_mut(&task) else { return };
        let Integration::Service(resource) = &live.integration else { return };
        if !live.submitted {
            live.submitted = true;
            let (frame, resource) = (live.frame, resource.clone());
            self.chain(frame, EventDetails::TaskSubmitted { resource, output: output.clone() });
        }
    }

    /// The task has its result.
    pub(super) fn task_succeeded(&mut self, task: TaskId, output: &Arc<str>) {
        let Some(live) = self.take_task(task) else { return };
        let too_large = (output.len() > self.execution.bounds.payload_bytes)
            .then(|| Problem::too_large(live.integration.label(&live.request.resource)));
        match (&live.integration, too_large) {
            // A function has succeeded even if its result is too large (recorded on AWS).
            (Integration::Lambda, Some(problem)) => {
                self.chain(live.frame, succeeded(&live.integration, output));
                self.fail(live.frame, problem);
            }
            (_, Some(problem)) => self.failed(&live, problem),
            (_, None) => {
                self.chain(live.frame, succeeded(&live.integration, output));
                self.leave_task(live.frame, output);
            }
        }
    }

    fn leave_task(&mut self, frame: FrameId, output: &Arc<str>) {
        let (Some(scene), Some(active)) = (self.scene(frame), self.active(frame)) else { return };
        let (id, raw) = (active.state, active.input.clone());
        let definition = self.definition.clone();
        let work = Attempt { frame, state: definition.state(id), scene, raw: &raw };
        let left = Data::parse(output.clone())
            .map_err(|error| work.scene.runtime(&format!("The task's result is not valid JSON: {error}")))
            .and_then(|result| {
                self.inspect(|inspection| inspection.result = Some(result.clone()));
                self.leave(&work, Leaving::with_result(work.state, &result))
            });
        if let Err(problem) = left {
            self.fail(frame, problem);
        }
    }

    /// The task has failed.
    pub(super) fn task_failed(&mut self, task: TaskId, problem: Problem) {
        if let Some(live) = self.take_task(task) {
            self.failed(&live, problem);
        }
    }

    fn failed(&mut self, live: &LiveTask, problem: Problem) {
        let failure = problem.failure.clone();
        let details = match &live.integration {
            Integration::Lambda => EventDetails::LambdaFunctionFailed(failure),
            Integration::Activity => EventDetails::ActivityFailed(failure),
            Integration::Service(name) => EventDetails::TaskFailed { resource: name.clone(), failure },
        };
        self.chain(live.frame, details);
        self.fail(live.frame, problem);
    }

    /// A task's time has passed. Every other task whose time has passed as well is recorded before any of them fails its
    /// state (recorded on AWS: a Map's iterations that time out together).
    pub(super) fn task_timed_out(&mut self, task: TaskId, heartbeat: bool) {
        let mut lapsed = vec![(task, heartbeat)];
        lapsed.extend(self.execution.timers.values().filter(|timer| timer.due <= self.at).filter_map(|timer| {
            match timer.purpose {
                Purpose::TaskTimeout(task) => Some((task, false)),
                Purpose::Heartbeat(task) => Some((task, true)),
                _ => None,
            }
        }));
        let mut frames = Vec::new();
        for (task, heartbeat) in lapsed {
            let Some(live) = self.take_task(task) else { continue };
            self.command(Command::CancelTask(task));
            let problem = Problem::timeout(heartbeat);
            self.chain(live.frame, timed_out(&live.integration, problem.failure.clone()));
            frames.push((live.frame, problem));
        }
        for (frame, problem) in frames {
            self.fail(frame, problem);
        }
    }

    /// Ends a task for good because a sibling of its state has failed, and with it what it awaits.
    pub(super) fn abort_task(&mut self, task: TaskId) {
        let Some(live) = self.take_task(task) else { return };
        self.command(Command::CancelTask(task));
        if let Some(job) = live.job() {
            self.command(Command::StopJob(job));
        }
    }

    /// Takes a task out of the live ones and cancels its timers.
    pub(super) fn take_task(&mut self, task: TaskId) -> Option<LiveTask> {
        let live = self.execution.tasks.remove(&task)?;
        for timer in [live.timeout, live.heartbeat].into_iter().flatten() {
            self.cancel_timer(timer);
        }
        Some(live)
    }

    /// An opaque text that no one can guess, for its random part, and that is unique, for its other parts.
    fn token(&self, task: TaskId) -> Arc<str> {
        let (high, low) = (self.random.next_u64(), self.random.next_u64());
        URL_SAFE_NO_PAD.encode(format!("{}|{}|{high:016x}{low:016x}", self.execution.identity.arn, task.0)).into()
    }
}

/// How every token of an execution begins, and those of few others.
pub(crate) fn token_prefix(execution: &str) -> String {
    let text = format!("{execution}|");
    // Three bytes are four letters; those of an incomplete three depend on what follows.
    URL_SAFE_NO_PAD.encode(&text.as_bytes()[..text.len() / 3 * 3])
}

fn succeeded(integration: &Integration, output: &Arc<str>) -> EventDetails {
    let output = output.clone();
    match integration {
        Integration::Lambda => EventDetails::LambdaFunctionSucceeded { output },
        Integration::Activity => EventDetails::ActivitySucceeded { output },
        Integration::Service(name) => EventDetails::TaskSucceeded { resource: name.clone(), output },
    }
}

fn timed_out(integration: &Integration, failure: Failure) -> EventDetails {
    match integration {
        Integration::Lambda => EventDetails::LambdaFunctionTimedOut(failure),
        Integration::Activity => EventDetails::ActivityTimedOut(failure),
        Integration::Service(name) => EventDetails::TaskTimedOut { resource: name.clone(), failure },
    }
}

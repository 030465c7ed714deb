//! Performs what a durable step commands.

use std::sync::Arc;

use futures::future::Abortable;

use super::{activities::Offer, slot::Running};
use crate::{
    engine::Shared,
    integrations::{Resource, TaskCall},
    interpreter::{Command, Stimulus, TaskRequest},
    records::MachineType,
};

impl Shared {
    /// Performs the commands of a step, in order, and forgets what its stimulus has ended.
    pub(super) fn perform(self: &Arc<Self>, running: &mut Running, stimulus: &Stimulus, commands: Vec<Command>) {
        match stimulus {
            Stimulus::TaskSucceeded { task, .. } | Stimulus::TaskFailed { task, .. } => {
                running.tasks.remove(task);
                // A token may be answered before the call that brought it has returned, or has been made again.
                self.calls.abort(running.row.id, *task);
            }
            Stimulus::TimerFired { timer } => {
                running.timers.remove(timer);
            }
            _ => {}
        }
        for command in commands {
            self.perform_one(running, command, false);
        }
    }

    /// Performs one command. `again`: it may have been performed before, by a process that ended or by this one.
    pub(super) fn perform_one(self: &Arc<Self>, running: &mut Running, command: Command, again: bool) {
        let id = running.row.id;
        match command {
            Command::Task(request) => {
                running.tasks.insert(request.task);
                self.issue(running, request, again);
            }
            Command::CancelTask(task) => {
                running.tasks.remove(&task);
                self.calls.abort(id, task);
                self.activities.withdraw(id, task);
            }
            Command::StopJob(job) => {
                let (shared, row) = (self.clone(), running.row.clone());
                tokio::spawn(async move { shared.stop_job(&row, job).await });
            }
            Command::SetTimer { timer, due } => {
                running.timers.insert(timer, due);
                self.timers.set(due, id, timer, &running.row.arn);
            }
            Command::CancelTimer(timer) => {
                if let Some(due) = running.timers.remove(&timer) {
                    self.timers.cancel(due, id, timer);
                }
            }
            Command::ReadItems { run, request } => self.read_items(running, run, request),
            Command::StartChildren { run, children } => self.start_children(running, run, children, again),
            Command::AbortChildren { run, redrive, names } => self.abort_children(running, run, redrive, names),
            Command::WriteResults { run, request } => self.write_results(running, run, request),
        }
    }

    /// Ends everything that was set in motion for an execution that has ended.
    pub(super) fn forget_all(&self, running: &Running) {
        let id = running.row.id;
        for task in &running.tasks {
            self.calls.abort(id, *task);
            self.activities.withdraw(id, *task);
        }
        for (timer, due) in &running.timers {
            self.timers.cancel(*due, id, *timer);
        }
    }

    /// Puts an activity task on offer, or calls the service of any other task.
    fn issue(self: &Arc<Self>, running: &Running, request: TaskRequest, again: bool) {
        let resource = Resource::parse(&request.resource);
        let row = &running.row;
        if let (Resource::Activity, Some(token)) = (&resource, &request.token) {
            let (token, input) = (token.clone(), request.parameters.clone());
            let offer = Offer { execution: row.arn.clone(), execution_id: row.id, task: request.task, token, input };
            self.activities.offer(&request.resource, offer);
            return;
        }
        let submitted = running.execution.is_submitted(request.task);
        if submitted && request.token.is_some() {
            // The service has the token; the answer comes through SendTask.
            return;
        }
        let call = TaskCall {
            resource,
            resource_arn: request.resource,
            parameters: request.parameters,
            task: request.task,
            execution_arn: row.arn.clone(),
            machine_arn: row.machine.arn.clone(),
            role_arn: row.machine.role_arn.clone(),
            credentials_role_arn: request.credentials_role_arn,
            started: row.started,
            durable: row.machine.kind == MachineType::Standard,
            again,
            submitted,
        };
        let registration = self.calls.register(row.id, call.task);
        tokio::spawn(Abortable::new(self.clone().run_task(call), registration));
    }
}

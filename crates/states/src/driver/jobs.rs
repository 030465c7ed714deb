//! What aborted `.sync` tasks have begun is stopped, as AWS does it when the execution is stopped or when another branch of
//! a Parallel state or iteration of a Map fails (Step Functions developer guide, "Run a Job (.sync)").
//!
//! The step that aborts the task keeps a record of the job, which goes once the job's service has heard of it: a crash in
//! between stops the job at the next start.

use std::{ops::Bound, sync::Arc};

use store::Transaction;

use crate::{
    Error,
    engine::Shared,
    integrations::{Resource, TaskCall},
    interpreter::Job,
    layout,
    records::{ExecutionRow, JobRecord, MachineType},
};

/// How many jobs one read brings.
const PAGE: usize = 256;

impl Shared {
    /// Tells the service of a job to stop it, and forgets the job. One whose service fails is left for the next start.
    pub(super) async fn stop_job(self: Arc<Self>, row: &ExecutionRow, job: Job) {
        let key = layout::job_key(row.id, &job);
        if let Err(error) = self.stop_job_of(&stop_call(row, job)).await {
            tracing::warn!(execution = %row.arn, %error, "what an aborted task began could not be stopped");
            return;
        }
        let mut transaction = Transaction::new();
        transaction.delete(layout::JOBS, key);
        if let Err(error) = self.store.commit(transaction).await {
            tracing::warn!(execution = %row.arn, %error, "a stopped job is stopped again at the next start");
        }
    }

    /// Stops the jobs that were to be stopped when the engine stopped.
    ///
    /// # Errors
    /// A store that fails.
    pub(crate) fn stop_jobs(self: &Arc<Self>) -> Result<(), Error> {
        self.stop_jobs_within(Vec::new(), Bound::Unbounded)
    }

    /// Stops the jobs that were to be stopped for the execution with this id.
    ///
    /// # Errors
    /// A store that fails.
    pub(super) fn stop_jobs_of(self: &Arc<Self>, execution: u64) -> Result<(), Error> {
        self.stop_jobs_within(layout::key(&[execution]), Bound::Excluded(&layout::key(&[execution + 1])))
    }

    fn stop_jobs_within(self: &Arc<Self>, mut after: Vec<u8>, upper: Bound<&[u8]>) -> Result<(), Error> {
        loop {
            let page = self.store.range(layout::JOBS, Bound::Excluded(&after), upper, PAGE, false)?;
            let last_page = page.len() < PAGE;
            for (key, bytes) in page {
                let JobRecord { execution, job } = layout::decode(layout::JOBS, &key, &bytes)?;
                if let Some(row) = layout::get(&*self.store, layout::EXECUTIONS, execution.as_bytes())? {
                    let shared = self.clone();
                    tokio::spawn(async move { shared.stop_job(&row, job).await });
                }
                after = key;
            }
            if last_page {
                return Ok(());
            }
        }
    }
}

/// The call that began the job, for the names in it.
fn stop_call(row: &ExecutionRow, job: Job) -> TaskCall {
    TaskCall {
        resource: Resource::parse(&job.resource),
        resource_arn: job.resource,
        parameters: job.parameters,
        task: job.task,
        execution_arn: row.arn.clone(),
        machine_arn: row.machine.arn.clone(),
        role_arn: row.machine.role_arn.clone(),
        credentials_role_arn: job.credentials_role_arn,
        started: row.started,
        durable: row.machine.kind == MachineType::Standard,
        again: true,
        submitted: job.submitted,
    }
}

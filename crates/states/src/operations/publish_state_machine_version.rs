//! [PublishStateMachineVersion](https://docs.aws.amazon.com/step-functions/latest/apireference/API_PublishStateMachineVersion.html):
//! idempotent for one revision.

use std::sync::Arc;

use serde_json::{Value, json};

use super::input::Input;
use crate::{
    Error, arn,
    catalog::Changes,
    engine::Shared,
    records::{Machine, Version},
};

/// What `revisionId` calls the revision of a machine that was never updated (Step Functions API reference).
const INITIAL: &str = "INITIAL";

pub(super) async fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let machine_arn = input.arn("stateMachineArn")?;
    let revision = input.text("revisionId", 0, 256)?;
    let description = input.text("description", 0, 256)?.map(str::to_owned);
    input.finish()?;
    let name = arn::state_machine_name(machine_arn)?;
    let changes = shared.catalog.lock().await;
    let machine = shared.catalog.active_machine(&name, machine_arn)?;
    let current = machine.revision.as_deref().unwrap_or(INITIAL);
    if let Some(revision) = revision.filter(|revision| *revision != current) {
        return Err(Error::Conflict(format!(
            "Failed to publish the State Machine version for revision {revision}. The current State Machine revision is \
             {current}."
        )));
    }
    let version = publish(shared, &changes, &machine, description).await?;
    Ok(json!({ "creationDate": version.created.epoch_seconds(), "stateMachineVersionArn": version.arn() }))
}

/// The version of the machine's revision: the one there is, or a new one.
pub(super) async fn publish(
    shared: &Shared,
    changes: &Changes<'_>,
    machine: &Machine,
    description: Option<String>,
) -> Result<Arc<Version>, Error> {
    let versions = shared.catalog.published().versions(machine.id);
    if let Some(version) = versions.iter().find(|version| version.machine.revision == machine.revision) {
        return Ok(version.clone());
    }
    let limit = shared.limits.versions;
    if versions.len() >= limit {
        return Err(Error::ServiceQuotaExceeded(format!("Version limit exceeded: '{limit}'")));
    }
    let now = shared.clock.now();
    shared.catalog.publish_machine(changes, machine.clone(), None, description, now).await
}

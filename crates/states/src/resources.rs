//! Typed entry for a template's resources: state machines and activities that exist by name, whatever was there before.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use crate::{
    Engine, Error, MachineType, arn,
    operations::{create_activity, create_state_machine, update_state_machine},
};

/// `AWS::StepFunctions::StateMachine`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateMachine {
    /// 1 to 80 characters.
    pub name: String,
    /// Amazon States Language, JSON text.
    pub definition: String,
    /// The role its executions act in.
    pub role_arn: String,
    /// `StateMachineType`.
    pub kind: MachineType,
    /// `LoggingConfiguration`, its members named as in the API; off where absent.
    pub logging: Option<Value>,
    /// Whether executions are traced.
    pub tracing: bool,
    /// `Tags`; they replace the ones there are.
    pub tags: BTreeMap<String, String>,
}

/// What a put found, and so did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// Nothing of the name.
    Created,
    /// The same.
    Unchanged,
    /// Another definition, role, configuration or tags.
    Updated,
}

impl Engine {
    /// Makes the state machine `wanted.name` be as `wanted`: creates it, updates it or leaves it, and answers its ARN.
    /// Running executions keep their definition. A machine of the other type is replaced, as CloudFormation
    /// does it, and so is one that is being deleted.
    ///
    /// # Errors
    /// `InvalidName`, `InvalidDefinition`, `StateMachineLimitExceeded`, or a store that fails.
    pub async fn put_state_machine(&self, wanted: StateMachine) -> Result<(Arc<str>, Put), Error> {
        let shared = &self.shared;
        let definition = create_state_machine::check_definition(shared, &wanted.definition, wanted.kind)?;
        arn::check_name(&wanted.name)?;
        let changes = shared.catalog.lock().await;
        match shared.catalog.machine(&wanted.name) {
            Some(machine) if machine.kind == wanted.kind && !machine.deleting => {
                update_state_machine::to_wanted(shared, &changes, &machine, wanted, definition).await
            }
            _ => {
                let machine = create_state_machine::insert(shared, &changes, wanted.into(), definition).await?;
                Ok((machine.arn.clone(), Put::Created))
            }
        }
    }

    /// Makes an activity of this name exist, and answers its ARN.
    ///
    /// # Errors
    /// `InvalidName`, `ActivityLimitExceeded`, or a store that fails.
    pub async fn put_activity(&self, name: &str, tags: BTreeMap<String, String>) -> Result<(Arc<str>, Put), Error> {
        arn::check_name(name)?;
        let changes = self.shared.catalog.lock().await;
        match self.shared.catalog.activity(name) {
            Some(activity) if activity.tags == tags => Ok((activity.arn.clone(), Put::Unchanged)),
            Some(activity) => {
                let activity = crate::records::Activity { tags, ..(*activity).clone() };
                let activity = self.shared.catalog.put_activity(&changes, activity).await?;
                Ok((activity.arn.clone(), Put::Updated))
            }
            None => {
                let encryption = create_activity::default_encryption();
                let activity = create_activity::insert(&self.shared, &changes, name, encryption, tags).await?;
                Ok((activity.arn.clone(), Put::Created))
            }
        }
    }
}

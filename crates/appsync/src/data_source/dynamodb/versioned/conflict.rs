//! Conflict handlers: what becomes of a mutation whose `_version` is not that of the item (developer guide,
//! "Conflict detection and resolution").

use serde_json::{Value, json};

use super::{
    Item, Versioned, automerge, metadata,
    write::{Mutation, Operation, Wanted},
};
use crate::{
    ConflictHandler,
    data_source::{
        Call, Failure,
        dynamodb::attribute::{from_plain, plain_map},
        lambda::Lambda,
    },
};

impl Versioned {
    pub(super) async fn resolve(
        &self,
        call: &Call<'_>,
        handler: &ConflictHandler,
        mutation: &Mutation<'_>,
        current: &Item,
    ) -> Result<Wanted, Failure> {
        tracing::debug!(field = call.field, ?handler, "a mutation does not know the item's latest version");
        match (handler, &mutation.operation) {
            // That automerge does not delete is known from reports, not from the guide.
            (ConflictHandler::OptimisticConcurrency, _) | (ConflictHandler::Automerge, Operation::Delete) => {
                Err(unhandled(current))
            }
            (ConflictHandler::Automerge, _) => {
                let incoming = self.incoming(call, mutation, current).await?;
                Ok(Wanted::Item(automerge::merge(current, &incoming)))
            }
            (ConflictHandler::Lambda { function_arn }, _) => {
                self.ask_function(call, function_arn, mutation, current).await
            }
        }
    }

    /// The attributes that a mutation brings.
    async fn incoming(&self, call: &Call<'_>, mutation: &Mutation<'_>, current: &Item) -> Result<Item, Failure> {
        if let Operation::Put(item) = &mutation.operation {
            return Ok(item.clone());
        }
        // `SET a = :a` needs no item: what it makes of none is what it brings.
        if let Ok(brought) = self.rehearse(mutation, None).await? {
            return Ok(brought);
        }
        let mut changed = self.preview(call, mutation, Some(current)).await?;
        changed.retain(|name, value| current.get(name) != Some(value));
        // A list that goes on where the present one ends brings its new end only.
        for (name, value) in &mut changed {
            let present = current.get(name).and_then(|present| present["L"].as_array());
            if let (Some(present), Some(Value::Array(list))) = (present, value.get_mut("L"))
                && list.starts_with(present)
            {
                list.drain(..present.len());
            }
        }
        Ok(changed)
    }

    async fn ask_function(
        &self,
        call: &Call<'_>,
        function_arn: &str,
        mutation: &Mutation<'_>,
        current: &Item,
    ) -> Result<Wanted, Failure> {
        let new = match &mutation.operation {
            Operation::Put(item) => plain_map(item),
            Operation::Update => plain_map(&self.preview(call, mutation, Some(current)).await?),
            Operation::Delete => Value::Null,
        };
        let event = json!({
            "newItem": new,
            "existingItem": plain_map(current),
            "arguments": call.arguments,
            "resolver": {
                "tableName": self.base.table,
                "awsRegion": self.base.region,
                "parentType": call.parent_type,
                "field": call.field,
            },
            "identity": call.identity,
        });
        let function = Lambda { remote: self.base.remote.clone(), function_arn: function_arn.to_owned() };
        let answer = function.ask(call, event).await.map_err(|cause| broken(cause.message()))?;
        match (answer["action"].as_str(), &answer["item"], &mutation.operation) {
            (Some("REJECT"), ..) => Err(unhandled(current)),
            (Some("REMOVE"), _, Operation::Delete) => Ok(Wanted::Tombstone),
            (Some("RESOLVE"), Value::Object(item), Operation::Put(_) | Operation::Update) => {
                let mut resolved = from_plain(item);
                metadata::strip(&mut resolved);
                resolved.extend(mutation.key.clone());
                Ok(Wanted::Item(resolved))
            }
            _ => Err(broken("it answered neither of what it may: RESOLVE with an item, REMOVE of a deletion, REJECT")),
        }
    }
}

/// The mutation is refused; the item as it is goes back with the error, for the client to go on with.
fn unhandled(current: &Item) -> Failure {
    Failure::Reported {
        message: "Conflict resolver rejects mutation.".to_owned(),
        kind: "ConflictUnhandled".to_owned(),
        result: plain_map(current),
    }
}

fn broken(cause: &str) -> Failure {
    Failure::of_kind("ConflictError", format!("The conflict handler's Lambda function failed: {cause}"))
}

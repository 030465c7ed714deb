//! Tags of state machines and activities.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::input::{Input, wrong_type};
use crate::{
    Error,
    arn::Resource,
    engine::Shared,
    records::{Activity, Machine},
};

/// Reads `tags`: a list of `{key, value}`, a repeated key counting once.
pub(super) fn read(input: &Input<'_>) -> Result<BTreeMap<String, String>, Error> {
    let mut tags = BTreeMap::new();
    for (at, tag) in input.list("tags")?.iter().enumerate() {
        let text = |member: &str| tag.get(member).and_then(Value::as_str);
        let key = text("key").ok_or_else(|| wrong_type(tag, "Tag"))?;
        if key.is_empty() || key.chars().count() > 128 {
            let text = format!(
                "1 validation error detected: Value '{key}' at 'tags.{}.member.key' failed to satisfy constraint: Member \
                 must have length between 1 and 128",
                at + 1
            );
            return Err(Error::Validation(text));
        }
        tags.insert(key.to_owned(), text("value").unwrap_or_default().to_owned());
    }
    Ok(tags)
}

/// As ListTagsForResource shows them.
pub(super) fn show(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

/// Checks the number of tags of the resource `arn`.
pub(super) fn check_number(shared: &Shared, arn: &str, tags: &BTreeMap<String, String>) -> Result<(), Error> {
    if tags.len() > shared.limits.tags { Err(Error::TooManyTags(arn.to_owned())) } else { Ok(()) }
}

/// What can have tags.
pub(super) enum Tagged {
    Machine(Arc<Machine>),
    Activity(Arc<Activity>),
}

impl Tagged {
    /// The resource that `arn` names.
    ///
    /// # Errors
    /// `InvalidArn`, `ResourceNotFound` (for a version or an alias too, as recorded on AWS).
    pub(super) fn find(shared: &Shared, arn: &str) -> Result<Self, Error> {
        let found = match Resource::parse(arn)? {
            Resource::StateMachine { name, qualifier: None } => shared.catalog.machine(&name).map(Self::Machine),
            Resource::Activity { name } => shared.catalog.activity(&name).map(Self::Activity),
            _ => None,
        };
        found.ok_or_else(|| Error::ResourceNotFound(arn.to_owned()))
    }

    /// Its tags.
    pub(super) fn tags(&self) -> &BTreeMap<String, String> {
        match self {
            Self::Machine(machine) => &machine.tags,
            Self::Activity(activity) => &activity.tags,
        }
    }
}

/// Changes the tags of the resource that `arn` names.
pub(super) async fn change(
    shared: &Shared,
    arn: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<(), Error> {
    let changes = shared.catalog.lock().await;
    let tagged = Tagged::find(shared, arn)?;
    let mut tags = tagged.tags().clone();
    change(&mut tags);
    check_number(shared, arn, &tags)?;
    match tagged {
        Tagged::Machine(machine) => {
            let machine = Machine { tags, ..(*machine).clone() };
            shared.catalog.put_machine(&changes, machine, None).await?;
        }
        Tagged::Activity(activity) => {
            shared.catalog.put_activity(&changes, Activity { tags, ..(*activity).clone() }).await?;
        }
    }
    Ok(())
}

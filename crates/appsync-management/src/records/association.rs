//! The association of a source API with a merged API.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Api, Core, DataSource, Function, Members, Resolver};

/// `SourceApiAssociation` without what follows from its ids. It belongs to the merged API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Association {
    /// 26 lowercase letters and digits.
    pub(crate) association_id: String,
    pub(crate) source_api_id: String,
    pub(crate) description: Option<String>,
    pub(crate) merge_type: MergeType,
    pub(crate) status: Status,
    /// Why the last merge or the deletion failed.
    pub(crate) detail: Option<String>,
    /// Milliseconds since 1970. Sources are merged in the order in which they were associated.
    pub(crate) created_millis: i64,
    /// Seconds since 1970.
    pub(crate) last_successful_merge: Option<i64>,
    /// The source as it was merged last: what the merged API serves, whatever becomes of the source.
    pub(crate) merged: Option<Snapshot>,
}

/// Who starts a merge after a change of the source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum MergeType {
    /// The change itself.
    AutoMerge,
    /// StartSchemaMerge.
    #[default]
    ManualMerge,
}

/// AWS differs: the statuses of work that is scheduled or under way are answered, and never seen afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    /// The last merge went well.
    MergeSuccess,
    /// The last merge did not: what was merged before is served still.
    MergeFailed,
    /// Without this source the others cannot be merged.
    DeletionFailed,
}

/// What of a source goes into a merged API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Snapshot {
    core: Core,
    sdl: Option<String>,
    data_sources: Vec<DataSource>,
    functions: Vec<Function>,
    resolvers: Vec<Resolver>,
}

impl Snapshot {
    /// The source as it is now.
    pub(crate) fn of(api: &Api) -> Self {
        let members = &api.members;
        Self {
            core: Core::clone(&api.core),
            sdl: api.sdl.as_deref().map(str::to_owned),
            data_sources: members.data_sources.values().map(|source| DataSource::clone(source)).collect(),
            functions: members.functions.values().map(|function| Function::clone(function)).collect(),
            resolvers: members.resolvers.values().map(|resolver| Resolver::clone(resolver)).collect(),
        }
    }

    /// The source as it was.
    pub(crate) fn to_api(&self) -> Api {
        let mut api = Api::of(self.core.settings.clone());
        api.core = Arc::new(self.core.clone());
        api.sdl = self.sdl.as_deref().map(Arc::from);
        let sources = self.data_sources.iter().map(|source| (source.name.clone(), Arc::new(source.clone())));
        let functions =
            self.functions.iter().map(|function| (function.function_id.clone(), Arc::new(function.clone())));
        let resolvers = self.resolvers.iter().map(|resolver| (resolver.field(), Arc::new(resolver.clone())));
        api.members = Members {
            data_sources: sources.collect(),
            functions: functions.collect(),
            resolvers: resolvers.collect(),
            ..Members::default()
        };
        api
    }
}

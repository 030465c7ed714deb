//! Merged APIs: what their sources are merged by, and when.
//!
//! An association keeps its source as it was merged last. A merge takes the source as it is now; where that does not go
//! together with the other sources, the merged API goes on as it was and the association says why.
//!
//! AWS differs: merges run in the background there; here they are done when the call answers that starts them, which for
//! `AUTO_MERGE` is the change of the source.

use std::sync::Arc;

use template::{GraphqlApi, SourceApi};

use super::{Kind, Registry};
use crate::{
    Error, limits,
    records::{Api, Association, MergeType, SchemaStatus, Snapshot, Status},
};

/// The sources of a merged API as the `template` crate describes them.
pub(super) fn sources(api: &Api, load: impl Fn(&Api) -> Result<GraphqlApi, Error>) -> Result<Vec<SourceApi>, Error> {
    let mut associations: Vec<_> = api.members.associations.values().collect();
    associations.sort_by_key(|association| association.created_millis);
    let merged = associations.into_iter().filter_map(|association| Some((association, association.merged.as_ref()?)));
    let source = |(association, snapshot): (&Arc<Association>, &Snapshot)| {
        let api = load(&snapshot.to_api())?;
        Ok(SourceApi {
            logical_id: association.association_id.clone(),
            id: association.association_id.clone(),
            position: api.position,
            merge_type: merge_type(association.merge_type).to_owned(),
            api,
        })
    };
    merged.map(source).collect()
}

fn merge_type(kind: MergeType) -> &'static str {
    match kind {
        MergeType::AutoMerge => "AUTO_MERGE",
        MergeType::ManualMerge => "MANUAL_MERGE",
    }
}

impl Registry {
    /// The API with this id or ARN.
    pub(crate) fn identified(&self, identifier: &str) -> Result<Arc<Api>, Error> {
        let id = identifier.strip_prefix(&self.partition.arn("appsync", "apis/")).unwrap_or(identifier);
        self.api(id)
    }

    /// The API with its schema, a merged one with that of its sources.
    pub(crate) fn with_schema(&self, id: &str) -> Result<Arc<Api>, Error> {
        let mut api = self.api(id)?;
        if api.is_merged()
            && let Some(sdl) = self.deployer.merged_schema(id, None)
        {
            let merged = Arc::make_mut(&mut api);
            merged.sdl = Some(sdl.into());
            merged.core_mut().schema = SchemaStatus { status: "SUCCESS".to_owned(), details: None, is_whole: true };
        }
        Ok(api)
    }

    /// The merged API that this API is a source of, with the association.
    pub(crate) fn association_of(&self, source_api_id: &str) -> Option<(Arc<Api>, Arc<Association>)> {
        self.apis().into_values().find_map(|api| {
            let mut associations = api.members.associations.values();
            let found = associations.find(|association| association.source_api_id == source_api_id)?.clone();
            Some((api, found))
        })
    }

    /// Makes an API a source of a merged one, and merges it.
    pub(crate) async fn associate(&self, merged_api_id: &str, mut association: Association) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        let merged = self.own(Kind::Graphql, merged_api_id)?;
        if !merged.is_merged() {
            return Err(Error::BadRequest(format!("The API {merged_api_id} is not a merged API.")));
        }
        if self.api(&association.source_api_id)?.is_merged() {
            return Err(Error::bad("A merged API cannot be a source API of another merged API."));
        }
        if let Some((other, _)) = self.association_of(&association.source_api_id) {
            return Err(Error::BadRequest(format!("The source API is associated with the merged API {}.", other.id())));
        }
        if merged.members.associations.len() >= limits::SOURCE_APIS {
            let most = limits::SOURCE_APIS;
            return Err(Error::LimitExceeded(format!("A merged API has at most {most} source APIs.")));
        }
        // Two within a millisecond are in the order in which they came, too.
        let last = merged.members.associations.values().map(|other| other.created_millis).max();
        association.created_millis =
            last.map_or(association.created_millis, |last| association.created_millis.max(last + 1));
        self.merge(&merged, association).await
    }

    /// Merges the source of an association after `change`, unless that leaves it `MANUAL_MERGE` and nobody asked for it.
    pub(crate) async fn change_association(
        &self,
        merged_api_id: &str,
        association_id: &str,
        merges: bool,
        change: impl FnOnce(&mut Association) + Send,
    ) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        let merged = self.own(Kind::Graphql, merged_api_id)?;
        let mut association = Association::clone(&*association(&merged, association_id)?);
        change(&mut association);
        if merges || association.merge_type == MergeType::AutoMerge {
            return self.merge(&merged, association).await;
        }
        let after = with(&merged, association);
        self.replace(Some(merged), Some(after)).await
    }

    /// Takes a source out of a merged API. Where the other sources cannot be merged without it, it stays.
    pub(crate) async fn disassociate(&self, merged_api_id: &str, association_id: &str) -> Result<bool, Error> {
        let _turn = self.turn.lock().await;
        let merged = self.own(Kind::Graphql, merged_api_id)?;
        let association = association(&merged, association_id)?;
        let mut after = Api::clone(&merged);
        after.members.associations.remove(association_id);
        let refused = self.replace(Some(merged.clone()), Some(Arc::new(after))).await;
        let Err(Error::BadRequest(detail)) = refused else { return refused.map(|()| true) };
        let kept =
            Association { status: Status::DeletionFailed, detail: Some(detail), ..Association::clone(&association) };
        let after = with(&merged, kept);
        self.replace(Some(merged), Some(after)).await?;
        Ok(false)
    }

    /// Merges the API into the merged one that follows it, if one does. Only the log hears of a store that fails: what
    /// the caller asked for is done.
    pub(super) async fn follow(&self, source_api_id: &str) {
        let Some((merged, association)) = self.association_of(source_api_id) else { return };
        if merged.of_the_template || association.merge_type != MergeType::AutoMerge {
            return;
        }
        if let Err(error) = self.merge(&merged, Association::clone(&association)).await {
            tracing::error!(api = merged.id(), source = source_api_id, %error, "a merge could not be made durable");
        }
    }

    /// Merges the APIs of the template that are other than they were merged, and has the associations of those that are
    /// gone say so.
    pub(crate) async fn follow_template(&self) {
        let _turn = self.turn.lock().await;
        let merged: Vec<Arc<Api>> = self.apis.read().values().filter(|api| api.is_merged()).cloned().collect();
        for association in merged.iter().flat_map(|merged| merged.members.associations.values()) {
            let source = &association.source_api_id;
            match self.api(source) {
                Ok(now) if !now.of_the_template || is_merged_as(association, &now) => {}
                Ok(_) => self.follow(source).await,
                Err(_) => self.lose(source).await,
            }
        }
    }

    /// The source is in the template no more. What it was goes on being served, until somebody disassociates it.
    // AWS differs: an API cannot be deleted there as long as it is a source.
    async fn lose(&self, source_api_id: &str) {
        let Some((merged, association)) = self.association_of(source_api_id) else { return };
        let detail = Some(format!("The source API {source_api_id} does not exist any more."));
        if association.status == Status::MergeFailed && association.detail == detail {
            return;
        }
        let lost = Association { status: Status::MergeFailed, detail, ..Association::clone(&association) };
        if let Err(error) = self.replace(Some(merged.clone()), Some(with(&merged, lost))).await {
            tracing::error!(api = merged.id(), source = source_api_id, %error, "a lost source could not be made known");
        }
    }

    /// Merges the source as it is now, or has the association say why that is not possible.
    async fn merge(&self, merged: &Arc<Api>, association: Association) -> Result<(), Error> {
        let source = self.api(&association.source_api_id)?;
        let detail = if source.served_sdl().is_none() {
            "No schema definition exists.".to_owned()
        } else {
            let attempt = Association {
                status: Status::MergeSuccess,
                detail: None,
                last_successful_merge: Some(self.clock.now().0 / 1000),
                merged: Some(Snapshot::of(&source)),
                ..association.clone()
            };
            match self.replace(Some(merged.clone()), Some(with(merged, attempt))).await {
                Err(Error::BadRequest(detail)) => detail,
                done => return done,
            }
        };
        let failed = Association { status: Status::MergeFailed, detail: Some(detail), ..association };
        self.replace(Some(merged.clone()), Some(with(merged, failed))).await
    }
}

/// Whether the merged API has the source as it is now, and says so.
fn is_merged_as(association: &Association, source: &Api) -> bool {
    association.status == Status::MergeSuccess && association.merged.as_ref() == Some(&Snapshot::of(source))
}

/// The association of a merged API with this id.
pub(crate) fn association(merged: &Api, association_id: &str) -> Result<Arc<Association>, Error> {
    let found = merged.members.associations.get(association_id);
    found.cloned().ok_or_else(|| Error::NotFound(format!("Source API association {association_id} not found.")))
}

fn with(merged: &Arc<Api>, association: Association) -> Arc<Api> {
    let mut after = Api::clone(merged);
    after.members.associations.insert(association.association_id.clone(), Arc::new(association));
    Arc::new(after)
}

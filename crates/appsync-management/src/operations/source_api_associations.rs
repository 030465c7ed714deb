//! The associations of merged APIs with their sources, from either side, and StartSchemaMerge.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_AssociateSourceGraphqlApi.html>

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, ids,
    input::{self, OfApi, Page},
    records::{Api, Association, MergeType, Status},
    registry::{self, Registry},
    wire,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssociateRequest {
    merged_api_identifier: String,
    source_api_identifier: String,
    description: Option<String>,
    source_api_association_config: Option<Config>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default)]
    merge_type: MergeType,
}

/// AssociateSourceGraphqlApi and AssociateMergedGraphqlApi.
pub(super) async fn associate(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let request: AssociateRequest = input::parse(input)?;
    let merged = registry.identified(&request.merged_api_identifier)?;
    let source = registry.identified(&request.source_api_identifier)?;
    let association = Association {
        association_id: ids::id(&*registry.clock),
        source_api_id: source.id().to_owned(),
        description: request.description,
        merge_type: request.source_api_association_config.map(|config| config.merge_type).unwrap_or_default(),
        status: Status::MergeFailed,
        detail: None,
        created_millis: registry.clock.now().0,
        last_successful_merge: None,
        merged: None,
    };
    let answer = scheduled(registry, &merged, &association);
    registry.associate(merged.id(), association).await?;
    Ok(answer)
}

/// What names an association: either of the APIs, and its id.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    merged_api_identifier: Option<String>,
    source_api_identifier: Option<String>,
    association_id: String,
}

impl Named {
    fn find(&self, registry: &Registry) -> Result<(Arc<Api>, Arc<Association>), Error> {
        let not_found = || Error::NotFound(format!("Source API association {} not found.", self.association_id));
        match (&self.merged_api_identifier, &self.source_api_identifier) {
            (Some(merged), _) => {
                let merged = registry.identified(merged)?;
                let association = registry::association(&merged, &self.association_id)?;
                Ok((merged, association))
            }
            (None, Some(source)) => {
                let found = registry.association_of(registry.identified(source)?.id());
                found.filter(|(_, found)| found.association_id == self.association_id).ok_or_else(not_found)
            }
            (None, None) => Err(Error::constraint("null", "mergedApiIdentifier", "Member must not be null")),
        }
    }
}

pub(super) fn get(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let (merged, association) = input::parse::<Named>(input)?.find(registry)?;
    Ok(json!({ "sourceApiAssociation": wire::association(&registry.partition, merged.id(), &association) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateRequest {
    description: Option<String>,
    source_api_association_config: Option<Config>,
}

pub(super) async fn update(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let (merged, association) = input::parse::<Named>(input)?.find(registry)?;
    let UpdateRequest { description, source_api_association_config } = input::parse(input)?;
    let change = |association: &mut Association| {
        association.description = description.or(association.description.take());
        association.merge_type =
            source_api_association_config.map_or(association.merge_type, |config| config.merge_type);
    };
    registry.change_association(merged.id(), &association.association_id, false, change).await?;
    get(registry, input)
}

/// DisassociateSourceGraphqlApi and DisassociateMergedGraphqlApi.
pub(super) async fn disassociate(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let (merged, association) = input::parse::<Named>(input)?.find(registry)?;
    let is_gone = registry.disassociate(merged.id(), &association.association_id).await?;
    let status = if is_gone { "DELETION_SCHEDULED" } else { "DELETION_FAILED" };
    Ok(json!({ "sourceApiAssociationStatus": status }))
}

pub(super) async fn start_merge(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let (merged, association) = input::parse::<Named>(input)?.find(registry)?;
    registry.change_association(merged.id(), &association.association_id, true, |_| {}).await?;
    Ok(json!({ "sourceApiAssociationStatus": SCHEDULED }))
}

#[derive(Deserialize)]
struct ListRequest {
    #[serde(flatten)]
    api: OfApi,
    #[serde(flatten)]
    page: Page,
}

/// The associations of a merged API, or that of a source API.
pub(super) fn list(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let ListRequest { api, page } = input::parse(input)?;
    let api = registry.identified(&api.api_id)?;
    let found: Vec<(Arc<Api>, Arc<Association>)> = if api.is_merged() {
        api.members.associations.values().map(|association| (api.clone(), association.clone())).collect()
    } else {
        registry.association_of(api.id()).into_iter().collect()
    };
    let summaries = found.iter().map(|(merged, association)| {
        let summary = wire::association_summary(&registry.partition, merged.id(), association);
        (association.association_id.clone(), summary)
    });
    page.of("sourceApiAssociationSummaries", summaries)
}

/// What is answered before anybody can see how a merge went.
const SCHEDULED: &str = "MERGE_SCHEDULED";

fn scheduled(registry: &Registry, merged: &Api, association: &Association) -> Value {
    let mut answer = wire::association(&registry.partition, merged.id(), association);
    answer["sourceApiAssociationStatus"] = SCHEDULED.into();
    json!({ "sourceApiAssociation": answer })
}

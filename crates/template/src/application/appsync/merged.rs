//! `AWS::AppSync::SourceApiAssociation`: what a merged API is merged from.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-appsync-sourceapiassociation.html>

use serde::Deserialize;

use super::GraphqlApi;
use crate::{application::assemble::Assembly, diagnostic::Position, template::Resource};

/// A source API of a merged API, as it stands in the template.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceApi {
    /// The association's name in the template.
    pub logical_id: String,
    /// The association's id.
    pub id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// `AUTO_MERGE` or `MANUAL_MERGE`. A template's sources are merged whenever it is loaded, either way.
    pub merge_type: String,
    /// The source.
    pub api: GraphqlApi,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssociationProperties {
    source_api_identifier: String,
    merged_api_identifier: String,
    source_api_association_config: Option<AssociationConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssociationConfig {
    merge_type: Option<String>,
}

/// Source APIs of a merged API, at most (developer guide, "Merged API limitations").
const MOST_SOURCES: usize = 10;

/// The merged API that this one is a source of, and the association that made it one.
fn associated<'a>(apis: &'a [GraphqlApi], source: &str) -> Option<(&'a str, &'a str)> {
    apis.iter().find_map(|merged| {
        let found = merged.sources.iter().flatten().find(|of| of.api.id == source)?;
        Some((merged.name.as_str(), found.logical_id.as_str()))
    })
}

/// Gives a merged API one of its sources. Every API has to be complete.
pub(in crate::application) fn associate(assembly: &mut Assembly<'_, '_>, resource: &Resource, apis: &mut [GraphqlApi]) {
    let Some(properties) = assembly.properties::<AssociationProperties>(resource) else { return };
    let mut find = |identifier: &str, property: &str, is_merged: bool| {
        let position = apis.iter().position(|api| api.id == identifier || api.arn == identifier);
        let message = match position {
            Some(position) if apis[position].sources.is_some() == is_merged => return Some(position),
            Some(_) if is_merged => "this API is no merged API: its ApiType has to be MERGED".to_owned(),
            Some(_) => "a merged API cannot be a source of another".to_owned(),
            None => format!("the template has no API with the id '{identifier}'"),
        };
        // After an earlier error the API may be missing for that reason.
        if !assembly.report.has_errors() {
            assembly.error("SW0180", resource, property, message);
        }
        None
    };
    let source = find(&properties.source_api_identifier, "SourceApiIdentifier", false);
    let merged = find(&properties.merged_api_identifier, "MergedApiIdentifier", true);
    let (Some(source), Some(merged)) = (source, merged) else { return };
    if let Some((other, association)) = associated(apis, &apis[source].id) {
        let message = format!(
            "a source API has one merged API, and {association} has made '{}' a part of '{other}' already",
            apis[source].name
        );
        return assembly.error("SW0185", resource, "SourceApiIdentifier", message);
    }
    if apis[merged].sources.as_ref().is_some_and(|sources| sources.len() >= MOST_SOURCES) {
        let message = format!("a merged API has at most {MOST_SOURCES} source APIs");
        return assembly.error("SW0185", resource, "MergedApiIdentifier", message);
    }
    let config = properties.source_api_association_config;
    let source = SourceApi {
        logical_id: resource.logical_id.clone(),
        id: resource.identity.attributes.get("AssociationId").cloned().unwrap_or_default(),
        position: resource.at,
        merge_type: config.and_then(|config| config.merge_type).unwrap_or_else(|| "MANUAL_MERGE".to_owned()),
        api: apis[source].clone(),
    };
    apis[merged].sources.get_or_insert_default().push(source);
}

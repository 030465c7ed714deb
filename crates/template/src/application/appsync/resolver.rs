//! `AWS::AppSync::Resolver` and `AWS::AppSync::FunctionConfiguration`.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use super::GraphqlApi;
use crate::{
    application::assemble::Assembly,
    diagnostic::{Position, Problem},
    source::Source,
    template::Resource,
};

/// Functions that one pipeline may have: AWS's quota.
const MOST_FUNCTIONS: usize = 10;

/// What runs before and after a data source.
#[derive(Debug, Clone, PartialEq)]
pub enum Handler {
    /// An APPSYNC_JS module with `request` and `response`.
    Code(Source),
    /// VTL templates. Without both, a Lambda function is called directly.
    Templates {
        /// The request mapping template.
        request: Option<Source>,
        /// The response mapping template.
        response: Option<Source>,
    },
}

/// A function of pipeline resolvers.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// What pipelines call it by.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// The data source's name.
    pub data_source_name: String,
    /// Its code.
    pub handler: Handler,
    /// Largest batch for `BatchInvoke`; 0 when not given.
    pub max_batch_size: u32,
    /// Conflict detection of versioned sources.
    pub sync: Option<SyncConfig>,
}

/// The resolver of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolver {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// The object type.
    pub type_name: String,
    /// The field.
    pub field_name: String,
    /// One data source, or functions.
    pub kind: ResolverKind,
    /// Its code.
    pub handler: Handler,
    /// What is cached, if anything is.
    pub caching: Option<CachingConfig>,
    /// Largest batch for `BatchInvoke`; 0 when not given.
    pub max_batch_size: u32,
    /// Conflict detection of versioned sources.
    pub sync: Option<SyncConfig>,
}

/// What a resolver runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolverKind {
    /// `UNIT`: the data source's name.
    Unit(String),
    /// `PIPELINE`: function ids in their order, at most 10.
    Pipeline(Vec<String>),
}

/// How a resolver's results are cached.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CachingConfig {
    /// Seconds, 1 to 3,600.
    pub ttl: f64,
    /// For example `$context.arguments.id`; at most 25.
    #[serde(default)]
    pub caching_keys: Vec<String>,
}

/// Conflict detection and resolution.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SyncConfig {
    /// `VERSION` or `NONE`.
    pub conflict_detection: String,
    /// `OPTIMISTIC_CONCURRENCY`, `AUTOMERGE`, `LAMBDA` or `NONE`.
    pub conflict_handler: Option<String>,
    /// `LambdaConflictHandlerConfig` as the template has it.
    pub lambda_conflict_handler_config: Option<Value>,
}

/// The code of a resolver or a function.
fn handler(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Handler {
    let code = assembly.text(resource, "Code", "CodeS3Location");
    if let Some(code) = code {
        if resource.properties.get("Runtime").is_none() {
            let message = "code needs the property 'Runtime' beside it".to_owned();
            assembly.error("SW0152", resource, "Code", message);
        }
        return Handler::Code(code);
    }
    let mut template = |which: &str| {
        assembly.text(resource, &format!("{which}MappingTemplate"), &format!("{which}MappingTemplateS3Location"))
    };
    Handler::Templates { request: template("Request"), response: template("Response") }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FunctionProperties {
    name: String,
    data_source_name: String,
    max_batch_size: Option<u32>,
    sync_config: Option<SyncConfig>,
}

pub(super) fn function(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Option<Function> {
    let properties: FunctionProperties = assembly.properties(resource)?;
    check_sync(assembly, resource, properties.sync_config.as_ref());
    Some(Function {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        id: resource.identity.attributes.get("FunctionId").cloned().unwrap_or_default(),
        name: properties.name,
        data_source_name: properties.data_source_name,
        handler: handler(assembly, resource),
        max_batch_size: properties.max_batch_size.unwrap_or(0),
        sync: properties.sync_config,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResolverProperties {
    type_name: String,
    field_name: String,
    kind: Option<String>,
    data_source_name: Option<String>,
    pipeline_config: Option<PipelineConfig>,
    caching_config: Option<CachingConfig>,
    max_batch_size: Option<u32>,
    sync_config: Option<SyncConfig>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct PipelineConfig {
    #[serde(default)]
    functions: Vec<String>,
}

pub(super) fn resolver(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Option<Resolver> {
    let properties: ResolverProperties = assembly.properties(resource)?;
    let kind = match (properties.kind.as_deref(), properties.data_source_name) {
        (Some("PIPELINE"), _) => ResolverKind::Pipeline(properties.pipeline_config.unwrap_or_default().functions),
        (_, Some(name)) => ResolverKind::Unit(name),
        (_, None) => {
            let message = "a unit resolver needs the property 'DataSourceName'".to_owned();
            assembly.error("SW0152", resource, "Kind", message);
            return None;
        }
    };
    if matches!(&kind, ResolverKind::Pipeline(functions) if functions.len() > MOST_FUNCTIONS) {
        let message = format!("a pipeline has at most {MOST_FUNCTIONS} functions");
        assembly.error("SW0153", resource, "PipelineConfig", message);
    }
    check_sync(assembly, resource, properties.sync_config.as_ref());
    Some(Resolver {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        type_name: properties.type_name,
        field_name: properties.field_name,
        kind,
        handler: handler(assembly, resource),
        caching: properties.caching_config,
        max_batch_size: properties.max_batch_size.unwrap_or(0),
        sync: properties.sync_config,
    })
}

/// A conflict handler of type `LAMBDA` must name its function.
fn check_sync(assembly: &mut Assembly<'_, '_>, resource: &Resource, sync: Option<&SyncConfig>) {
    let Some(sync) = sync.filter(|sync| sync.conflict_handler.as_deref() == Some("LAMBDA")) else { return };
    let config = sync.lambda_conflict_handler_config.as_ref();
    if config.and_then(|config| config.get("LambdaConflictHandlerArn")).is_none() {
        let message = "the conflict handler LAMBDA needs the property 'LambdaConflictHandlerArn'".to_owned();
        assembly.error("SW0152", resource, "SyncConfig", message);
    }
}

/// Every data source and function that is named must be there.
pub(in crate::application) fn check_references(apis: &[GraphqlApi], assembly: &mut Assembly<'_, '_>) {
    if assembly.report.has_errors() {
        return;
    }
    for api in apis {
        let known: HashSet<&str> = api.data_sources.iter().map(|source| &*source.name).collect();
        let functions: HashSet<&str> = api.functions.iter().map(|function| &*function.id).collect();
        let mut named: Vec<(&str, Position)> =
            api.functions.iter().map(|function| (&*function.data_source_name, function.position)).collect();
        for resolver in &api.resolvers {
            match &resolver.kind {
                ResolverKind::Unit(name) => named.push((name, resolver.position)),
                ResolverKind::Pipeline(ids) => {
                    if let Some(id) = ids.iter().find(|id| !functions.contains(&***id)) {
                        let message = format!("the API has no function with the id '{id}'");
                        assembly.report.add(Problem::error("SW0182", resolver.position, message));
                    }
                }
            }
        }
        for (name, at) in named.into_iter().filter(|(name, _)| !known.contains(name)) {
            let problem = Problem::error("SW0181", at, format!("the API has no data source '{name}'"));
            assembly.report.add(problem.suggest(name, known.iter().copied()));
        }
    }
}

//! Data sources, functions, resolvers and environment variables of all sources, under names that are unique.

use std::collections::HashMap;

use resolver::Source;

use super::{Declared, part::SchemaPart};
use crate::{ApiConfig, DataSourceConfig, DataSourceKind, Diagnostic, LambdaOptions, ResolverConfig, ResolverKind};

/// The data source of resolvers that read a property under its old name.
const RENAMED: &str = "renamed";

/// Adds what the sources have to `api`; what is wrong with it.
pub(super) fn collect(
    api: &mut ApiConfig,
    sources: &[ApiConfig],
    parts: &[SchemaPart],
    declared: &Declared,
) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    for source in sources {
        for (name, value) in &source.environment {
            if api.environment.insert(name.clone(), value.clone()).is_some() {
                let message = format!("the environment variable {name} is defined by another source API, too");
                wrong.push(Diagnostic::of_resource(&source.name, message));
            }
        }
        api.data_sources.extend(source.data_sources.iter().map(|each| data_source(sources, source, each)));
        api.functions.extend(source.functions.iter().map(|function| {
            let mut function = function.clone();
            function.id = qualified(source, &function.id);
            function.data_source = unique(sources, source, &function.data_source);
            function
        }));
    }
    let none = DataSourceConfig { name: RENAMED.to_owned(), role_arn: None, kind: DataSourceKind::None };
    api.data_sources.push(none);
    wrong.extend(resolvers(api, sources, parts, declared));
    wrong
}

fn resolvers(api: &mut ApiConfig, sources: &[ApiConfig], parts: &[SchemaPart], declared: &Declared) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    let mut taken: HashMap<(String, String), usize> = HashMap::new();
    for (index, (source, part)) in sources.iter().zip(parts).enumerate() {
        let counts = |field: &(String, String)| declared.get(field).is_some_and(|by| by.contains(&index));
        for resolver in &source.resolvers {
            let Some(field) = part.renamed(&resolver.type_name, &resolver.field_name).filter(counts) else { continue };
            match taken.insert(field.clone(), index) {
                None => api.resolvers.push(moved(sources, source, resolver, field)),
                Some(_) => {
                    let message = format!(
                        "Unable to resolve conflict on object with name {}: Merging is not supported for fields with \
                         several resolvers.",
                        field.1
                    );
                    wrong.push(Diagnostic::of_resource(format!("{}: {}.{}", source.name, field.0, field.1), message));
                }
            }
        }
        for (ty, own) in part.renamed_fields() {
            let Some(field) = part.renamed(ty, own).filter(counts) else { continue };
            let is_root = matches!(field.0.as_str(), "Query" | "Mutation" | "Subscription");
            if !is_root && taken.insert(field.clone(), index).is_none() {
                api.resolvers.push(property(own, field));
            }
        }
    }
    wrong
}

fn qualified(source: &ApiConfig, name: &str) -> String {
    format!("{}/{name}", source.api_id)
}

/// A data source's name in the merged API: its own, which is also in the keys of delta tables, unless other sources
/// have one of this name.
fn unique(sources: &[ApiConfig], source: &ApiConfig, name: &str) -> String {
    let has = |api: &&ApiConfig| api.data_sources.iter().any(|known| known.name == name);
    if name != RENAMED && sources.iter().filter(has).count() <= 1 { name.to_owned() } else { qualified(source, name) }
}

/// A data source goes on acting with the role of its own API.
fn data_source(sources: &[ApiConfig], source: &ApiConfig, data_source: &DataSourceConfig) -> DataSourceConfig {
    let mut moved = data_source.clone();
    moved.name = unique(sources, source, &data_source.name);
    let own = || source.partition.arn("appsync", &format!("apis/{}", source.api_id));
    moved.role_arn = Some(moved.role_arn.unwrap_or_else(own));
    moved
}

fn moved(
    sources: &[ApiConfig],
    source: &ApiConfig,
    resolver: &ResolverConfig,
    (type_name, field_name): (String, String),
) -> ResolverConfig {
    let mut kind = resolver.kind.clone();
    match &mut kind {
        ResolverKind::Unit { data_source, .. } => *data_source = unique(sources, source, data_source),
        ResolverKind::Pipeline { functions, .. } => {
            functions.iter_mut().for_each(|function| *function = qualified(source, function));
        }
    }
    ResolverConfig { type_name, field_name, kind, ..resolver.clone() }
}

/// A field without a resolver reads its parent's property of the same name. A renamed one reads it under the old name.
fn property(own: &str, (type_name, field_name): (String, String)) -> ResolverConfig {
    let code = format!(
        "export function request(ctx) {{ return {{ payload: ctx.source.{own} }} }}\n\
         export function response(ctx) {{ return ctx.result }}"
    );
    let code = Source { name: format!("{type_name}.{field_name} (renamed)"), code };
    ResolverConfig {
        type_name,
        field_name,
        kind: ResolverKind::Unit { data_source: RENAMED.to_owned(), code: Some(code.into()) },
        lambda: LambdaOptions::default(),
        caching: None,
        conflict_handler: None,
    }
}

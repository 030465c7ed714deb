//! Merged APIs: the schemas, resolvers, functions and data sources of several source APIs become one API (AppSync
//! developer guide, "Merging APIs").
//!
//! `raw` reads the types of a source's schema, `part` applies `@hidden` and `@renamed`, `combine` brings types of one name
//! together with `@canonical`, `authorization` the modes of a field, `resources` everything but the schema. The result is
//! an [`ApiConfig`] like any other; nothing here runs while the API does.

mod authorization;
mod combine;
mod part;
mod raw;
mod resources;

use std::collections::HashMap;

use apollo_compiler::ast::{Definition, Document};
use resolver::Source;

use crate::{ApiConfig, Diagnostic, limits};
use combine::Combined;
use part::SchemaPart;

/// Merges `sources` into `api`, which has settings and authorization modes of its own, but no schema and no resolvers;
/// without sources it stays as it is.
/// This is what StartSchemaMerge does, and what an association with `AUTO_MERGE` does after each change of a source.
///
/// # Errors
/// Every conflict, at its place in the schema of a source; in AWS's words where the guide quotes them.
pub fn merge(mut api: ApiConfig, sources: &[ApiConfig]) -> Result<ApiConfig, Vec<Diagnostic>> {
    if sources.is_empty() {
        return Ok(api);
    }
    let wrong = incompatible(&api, sources);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut parts = Vec::with_capacity(sources.len());
    for (index, source) in sources.iter().enumerate() {
        parts.push(SchemaPart::read(index, source)?);
    }
    let combined = Combined::of(&api, sources, &parts);
    let mut wrong = combined.conflicts;
    let sdl = document(combined.definitions).to_string();
    // AWS differs: a merged schema may have 10 MB there, here the 1 MB of every schema.
    api.schema = Source { name: format!("{} (merged)", api.name), code: sdl };
    wrong.extend(resources::collect(&mut api, sources, &parts, &combined.declared));
    if wrong.is_empty() { Ok(api) } else { Err(wrong) }
}

/// For each field of the merged schema, by type and name: the sources whose declaration of it counts.
type Declared = HashMap<(String, String), Vec<usize>>;

/// What is wrong before any schema is read.
fn incompatible(api: &ApiConfig, sources: &[ApiConfig]) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    let mut report = |name: &str, message: String| wrong.push(Diagnostic::of_resource(name, message));
    if sources.len() > limits::SOURCE_APIS {
        let message = format!("{} source APIs are associated, AppSync allows {}", sources.len(), limits::SOURCE_APIS);
        report(&api.name, message);
    }
    for source in sources {
        let mode = source.default_mode;
        if mode != api.default_mode && !api.additional_modes.contains(&mode) {
            let message = format!(
                "its primary authorization mode (@{}) is none of the modes of the merged API {}",
                authorization::of_mode(mode),
                api.name
            );
            report(&source.name, message);
        }
    }
    wrong
}

fn document(definitions: Vec<Definition>) -> Document {
    let mut document = Document::new();
    document.definitions = definitions;
    document
}

//! `StartSchemaCreation`, `GetSchemaCreationStatus` and `GetIntrospectionSchema`.
//!
//! AWS differs: a schema is worked on for seconds there; here it is served, or refused, when the call answers, and the
//! first status that anybody sees is the last one.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_StartSchemaCreation.html>

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error,
    input::{self, OfApi},
    records::{Api, SchemaStatus},
    registry::Registry,
    schema::{Sdl, Whole},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartRequest {
    api_id: String,
    /// SDL in base64.
    definition: String,
}

pub(super) async fn start_creation(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let StartRequest { api_id, definition } = input::parse(input)?;
    let text = STANDARD.decode(definition).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(|| Error::bad("The definition must be UTF-8 text in base64."))?;
    input::check_schema_size(&text)?;
    let created = match checked(&text) {
        Ok((types, whole)) => {
            let replace = |api: &mut Api| {
                take(api, text, types, &whole);
                Ok(())
            };
            registry.change(&api_id, replace).await
        }
        Err(details) => Err(Error::BadRequest(details)),
    };
    match created {
        Err(Error::BadRequest(details)) => {
            let failed = |api: &mut Api| {
                let schema = &mut api.core_mut().schema;
                *schema = SchemaStatus { status: "FAILED".to_owned(), details: Some(details), ..schema.clone() };
                Ok(())
            };
            registry.change(&api_id, failed).await?;
        }
        other => other?,
    }
    Ok(json!({ "status": "PROCESSING" }))
}

/// The number of types of a whole schema, and the schema.
fn checked(text: &str) -> Result<(usize, Whole), String> {
    let sdl = Sdl::parse(text).map_err(|error| error.to_string())?;
    let whole = Whole::check(text).map_err(|found| problems(&found))?;
    Ok((sdl.types().count(), whole))
}

/// What is wrong with a schema, in AWS's form. The sentences are those of our parser.
fn problems(found: &[appsync::Diagnostic]) -> String {
    let lines = found.iter().map(|problem| match problem.line {
        0 => problem.message.clone(),
        _ => format!("{} [@{}:{}]", problem.message, problem.line, problem.column),
    });
    format!("Found {} problem(s) with the schema:\n{}", found.len(), lines.collect::<Vec<_>>().join("\n"))
}

/// Makes the schema the API's. Resolvers of fields that it does not have go, as on AWS.
fn take(api: &mut Api, text: String, types: usize, whole: &Whole) {
    api.members.resolvers.retain(|(type_name, field), _| whole.has_field(type_name, field));
    api.sdl = Some(Arc::from(text));
    let details = Some(format!("Successfully created schema with {types} types."));
    api.core_mut().schema = SchemaStatus { status: "SUCCESS".to_owned(), details, is_whole: true };
}

/// Makes an edited schema the API's. Without a root type it is kept until it is whole.
pub(super) fn put(api: &mut Api, sdl: &Sdl) -> Result<(), Error> {
    let text = sdl.print(true);
    input::check_schema_size(&text)?;
    match Whole::check(&text) {
        Ok(whole) => take(api, text, sdl.types().count(), &whole),
        Err(found) if sdl.has_root() => return Err(Error::BadRequest(problems(&found))),
        Err(_) => {
            api.sdl = Some(Arc::from(text));
            api.core_mut().schema.is_whole = false;
        }
    }
    Ok(())
}

pub(super) fn status(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let api = registry.with_schema(&api_id)?;
    let SchemaStatus { status, details, .. } = &api.core.schema;
    Ok(match details {
        Some(details) => json!({ "status": status, "details": details }),
        None => json!({ "status": status }),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntrospectionRequest {
    api_id: String,
    /// `SDL` or `JSON`.
    format: String,
    #[serde(default = "yes")]
    include_directives: bool,
}

fn yes() -> bool {
    true
}

/// The schema as text, in the member that is the whole body of the answer.
pub(super) fn introspection(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let IntrospectionRequest { api_id, format, include_directives } = input::parse(input)?;
    let api = registry.with_schema(&api_id)?;
    let none = || Error::GraphqlSchema("No schema definition exists.".to_owned());
    let sdl = api.sdl.as_ref().ok_or_else(none)?;
    let text = match &*format {
        "SDL" => Sdl::parse(sdl)?.print(include_directives),
        "JSON" => whole(&api)?.introspect(include_directives)?.to_string(),
        other => return Err(Error::constraint(other, "format", "Member must satisfy enum value set: [SDL, JSON]")),
    };
    Ok(json!({ "schema": text }))
}

/// The schema that the API is served with.
pub(super) fn whole(api: &Api) -> Result<Whole, Error> {
    let none = || Error::GraphqlSchema("No schema definition exists.".to_owned());
    Whole::check(api.served_sdl().ok_or_else(none)?).map_err(|found| Error::GraphqlSchema(problems(&found)))
}

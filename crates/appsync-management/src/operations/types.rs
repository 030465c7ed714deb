//! `CreateType`, `GetType`, `UpdateType`, `DeleteType` and `ListTypes`: the schema type by type.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateType.html>

use std::borrow::Cow;

use apollo_compiler::ast::Definition;
use serde::Deserialize;
use serde_json::{Value, json};

use super::schemas;
use crate::{
    Error,
    input::{self, Page},
    records::Api,
    registry::{self, Registry},
    schema::{Sdl, json, sdl},
    wire,
};

const NOT_WHOLE: &str = "The schema has no query type yet: its types can be described in the format SDL only.";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    api_id: String,
    type_name: Option<String>,
    definition: Option<String>,
    #[serde(default = "sdl_format")]
    format: String,
}

fn sdl_format() -> String {
    "SDL".to_owned()
}

impl Request {
    /// The type that the request defines.
    fn only_type(&self) -> Result<(String, Definition), Error> {
        let missing = || Error::constraint("null", "definition", "Member must not be null");
        let definition = self.definition.as_deref().ok_or_else(missing)?;
        input::check_schema_size(definition)?;
        let text = match &*self.format {
            "JSON" => Cow::Owned(json::to_sdl(definition)?),
            _ => Cow::Borrowed(definition),
        };
        Sdl::parse(&text)?.only_type()
    }

    fn type_name(&self) -> Result<&str, Error> {
        self.type_name.as_deref().ok_or_else(|| Error::constraint("null", "typeName", "Member must not be null"))
    }
}

pub(super) async fn create(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let (name, definition) = request.only_type()?;
    let create = |api: &mut Api| {
        let mut sdl = sdl_of(api)?;
        if sdl.get(&name).is_some() {
            return Err(Error::BadRequest(format!("A type named {name} already exists.")));
        }
        sdl.push(definition);
        schemas::put(api, &sdl)?;
        // Said now, so that nothing has changed.
        if request.format == "JSON" && !api.core.schema.is_whole {
            return Err(Error::GraphqlSchema(NOT_WHOLE.to_owned()));
        }
        Ok(())
    };
    registry.change(&request.api_id, create).await?;
    described_in(registry, &request.api_id, &name, &request.format)
}

pub(super) async fn update(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let type_name = request.type_name()?;
    if request.definition.is_some() {
        let (name, definition) = request.only_type()?;
        if name != type_name {
            return Err(Error::bad("The definition must be that of the type in typeName."));
        }
        let update = |api: &mut Api| {
            let mut sdl = sdl_of(api)?;
            find(&sdl, &name)?;
            sdl.replace(&name, Some(definition));
            schemas::put(api, &sdl)
        };
        registry.change(&request.api_id, update).await?;
    }
    described_in(registry, &request.api_id, type_name, &request.format)
}

pub(super) fn get(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    described_in(registry, &request.api_id, request.type_name()?, &request.format)
}

pub(super) async fn delete(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let type_name = request.type_name()?;
    let delete = |api: &mut Api| {
        let mut sdl = sdl_of(api)?;
        find(&sdl, type_name)?;
        sdl.replace(type_name, None);
        schemas::put(api, &sdl)?;
        Ok(json!({}))
    };
    registry.change(&request.api_id, delete).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListRequest {
    api_id: String,
    format: String,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn list(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let ListRequest { api_id, format, page } = input::parse(input)?;
    listed(registry, &*registry.with_schema(&api_id)?, &format, &page, |_| true)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssociationRequest {
    merged_api_identifier: String,
    association_id: String,
    format: String,
    #[serde(flatten)]
    page: Page,
}

/// The types that a source has in the merged API, as that has them: under their new names, and with what other sources add
/// to them.
pub(super) fn list_by_association(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let AssociationRequest { merged_api_identifier, association_id, format, page } = input::parse(input)?;
    let merged = registry.identified(&merged_api_identifier)?;
    registry::association(&merged, &association_id)?;
    let Some(source) = registry.deployer.merged_schema(merged.id(), Some(&association_id)) else {
        return page.of("types", std::iter::empty());
    };
    let source = Sdl::parse(&source)?;
    let api = registry.with_schema(merged.id())?;
    listed(registry, &api, &format, &page, |name| source.get(name).is_some())
}

/// A page of those of an API's types that are wanted, by name.
fn listed(
    registry: &Registry,
    api: &Api,
    format: &str,
    page: &Page,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Value, Error> {
    let sdl = sdl_of(api)?;
    let mut types: Vec<(&str, &Definition)> = sdl.types().filter(|(name, _)| is_wanted(name)).collect();
    types.sort_by_key(|(name, _)| *name);
    let described: Result<Vec<_>, Error> = types
        .into_iter()
        .map(|(name, definition)| Ok((name.to_owned(), described(registry, api, name, definition, format)?)))
        .collect();
    page.of("types", described?.into_iter())
}

fn described_in(registry: &Registry, api_id: &str, name: &str, format: &str) -> Result<Value, Error> {
    let api = registry.with_schema(api_id)?;
    let sdl = sdl_of(&api)?;
    Ok(json!({ "type": described(registry, &api, name, find(&sdl, name)?, format)? }))
}

fn described(
    registry: &Registry,
    api: &Api,
    name: &str,
    definition: &Definition,
    format: &str,
) -> Result<Value, Error> {
    let text = match format {
        "SDL" => sdl::text_of(definition),
        // Nobody can introspect a schema that is not whole yet.
        "JSON" if !api.core.schema.is_whole => return Err(Error::GraphqlSchema(NOT_WHOLE.to_owned())),
        "JSON" => schemas::whole(api)?.introspect_type(name)?.to_string(),
        other => return Err(Error::constraint(other, "format", "Member must satisfy enum value set: [SDL, JSON]")),
    };
    let arn = wire::arn(&registry.partition, api.id(), &format!("/types/{name}"));
    let mut answer = json!({ "name": name, "arn": arn, "definition": text, "format": format });
    if let Some(description) = sdl::description_of(definition) {
        answer["description"] = description.into();
    }
    Ok(answer)
}

fn sdl_of(api: &Api) -> Result<Sdl, Error> {
    Sdl::parse(api.sdl.as_deref().unwrap_or_default())
}

fn find<'s>(sdl: &'s Sdl, name: &str) -> Result<&'s Definition, Error> {
    sdl.get(name).ok_or_else(|| Error::NotFound(format!("No type found named {name}")))
}

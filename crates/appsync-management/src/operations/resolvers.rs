//! `CreateResolver`, `GetResolver`, `UpdateResolver`, `DeleteResolver`, `ListResolvers` and `ListResolversByFunction`.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateResolver.html>

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{data_sources, functions, handlers};
use crate::{
    Error,
    input::{self, OfApi, Page},
    limits,
    records::{Api, Resolver},
    registry::Registry,
    schema::Whole,
    wire,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    api_id: String,
    type_name: String,
    field_name: String,
}

pub(super) async fn create(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let resolver: Resolver = input::parse(input)?;
    put(registry, &api_id, resolver, |api, resolver| {
        let key = (resolver.type_name.clone(), resolver.field_name.clone());
        if api.members.resolvers.contains_key(&key) {
            return Err(Error::bad("Only one resolver is allowed per field."));
        }
        Ok(())
    })
    .await
}

pub(super) async fn update(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let resolver: Resolver = input::parse(input)?;
    put(registry, &api_id, resolver, |api, resolver| find(api, &resolver.type_name, &resolver.field_name).map(drop))
        .await
}

async fn put(
    registry: &Registry,
    api_id: &str,
    resolver: Resolver,
    check: impl FnOnce(&Api, &Resolver) -> Result<(), Error> + Send,
) -> Result<Value, Error> {
    input::check_name(&resolver.type_name, "typeName")?;
    input::check_name(&resolver.field_name, "fieldName")?;
    let known = registry.api(api_id)?;
    field_exists(&known, &resolver)?;
    handlers::check(&resolver.handler)?;
    let put = |api: &mut Api| {
        // The schema may have changed since.
        field_exists(api, &resolver)?;
        check(api, &resolver)?;
        references(api, &resolver)?;
        let answer = wire::resolver(&registry.partition, api.id(), &resolver);
        let key = (resolver.type_name.clone(), resolver.field_name.clone());
        api.members.resolvers.insert(key, Arc::new(resolver));
        Ok(answer)
    };
    Ok(json!({ "resolver": registry.change(api_id, put).await? }))
}

fn field_exists(api: &Api, resolver: &Resolver) -> Result<(), Error> {
    let schema = api.served_sdl().and_then(|sdl| Whole::check(sdl).ok());
    if schema.is_some_and(|schema| schema.has_field(&resolver.type_name, &resolver.field_name)) {
        return Ok(());
    }
    let (field, type_name) = (&resolver.field_name, &resolver.type_name);
    Err(Error::NotFound(format!("No field named {field} found on type {type_name}")))
}

/// The data source or the functions must be there.
fn references(api: &Api, resolver: &Resolver) -> Result<(), Error> {
    match (&*resolver.kind, &resolver.data_source_name) {
        ("UNIT", Some(name)) => data_sources::find(api, name).map(drop),
        ("UNIT", None) => Err(Error::bad("A unit resolver needs a data source.")),
        ("PIPELINE", _) => {
            let ids = resolver.functions();
            if ids.len() > limits::PIPELINE_FUNCTIONS {
                let most = limits::PIPELINE_FUNCTIONS;
                return Err(Error::BadRequest(format!("A pipeline has at most {most} functions.")));
            }
            ids.iter().try_for_each(|id| functions::find(api, id).map(drop))
        }
        (kind, _) => Err(Error::constraint(kind, "kind", "Member must satisfy enum value set: [UNIT, PIPELINE]")),
    }
}

pub(super) fn get(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { api_id, type_name, field_name } = input::parse(input)?;
    let resolver = find(&*registry.api(&api_id)?, &type_name, &field_name)?;
    Ok(json!({ "resolver": wire::resolver(&registry.partition, &api_id, &resolver) }))
}

pub(super) async fn delete(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { api_id, type_name, field_name } = input::parse(input)?;
    let delete = |api: &mut Api| {
        find(api, &type_name, &field_name)?;
        api.members.resolvers.remove(&(type_name, field_name));
        Ok(json!({}))
    };
    registry.change(&api_id, delete).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfType {
    api_id: String,
    type_name: String,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn list(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfType { api_id, type_name, page } = input::parse(input)?;
    listed(registry, &api_id, &page, |resolver| resolver.type_name == type_name)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfFunction {
    api_id: String,
    function_id: String,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn list_by_function(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfFunction { api_id, function_id, page } = input::parse(input)?;
    functions::find(&*registry.api(&api_id)?, &function_id)?;
    listed(registry, &api_id, &page, |resolver| resolver.functions().contains(&function_id))
}

fn listed(registry: &Registry, api_id: &str, page: &Page, wanted: impl Fn(&Resolver) -> bool) -> Result<Value, Error> {
    let api = registry.api(api_id)?;
    let resolvers = api.members.resolvers.iter().filter(|(_, resolver)| wanted(resolver));
    page.of(
        "resolvers",
        resolvers.map(|((type_name, field), resolver)| {
            (format!("{type_name}.{field}"), wire::resolver(&registry.partition, api_id, resolver))
        }),
    )
}

fn find(api: &Api, type_name: &str, field: &str) -> Result<Arc<Resolver>, Error> {
    let key = (type_name.to_owned(), field.to_owned());
    api.members.resolvers.get(&key).cloned().ok_or_else(|| Error::NotFound("No resolver found.".to_owned()))
}

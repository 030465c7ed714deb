//! `CreateFunction`, `GetFunction`, `UpdateFunction`, `DeleteFunction` and `ListFunctions`.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateFunction.html>

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{data_sources, handlers};
use crate::{
    Error, ids,
    input::{self, OfApi, Page},
    records::{Api, Function},
    registry::Registry,
    wire,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    api_id: String,
    function_id: String,
}

pub(super) async fn create(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let mut function: Function = input::parse(input)?;
    function.function_id = ids::id(&*registry.clock);
    put(registry, &api_id, function, |_| Ok(())).await
}

pub(super) async fn update(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { api_id, function_id } = input::parse(input)?;
    let function: Function = input::parse(input)?;
    put(registry, &api_id, function, |api| find(api, &function_id).map(drop)).await
}

async fn put(
    registry: &Registry,
    api_id: &str,
    function: Function,
    check: impl FnOnce(&Api) -> Result<(), Error> + Send,
) -> Result<Value, Error> {
    input::check_name(&function.name, "name")?;
    // Existence before code, so that a mistake in the id is not hidden by one in the code.
    registry.api(api_id)?;
    handlers::check(&function.handler)?;
    let put = |api: &mut Api| {
        check(api)?;
        data_sources::find(api, &function.data_source_name)?;
        let answer = wire::function(&registry.partition, api.id(), &function);
        api.members.functions.insert(function.function_id.clone(), Arc::new(function));
        Ok(answer)
    };
    Ok(json!({ "functionConfiguration": registry.change(api_id, put).await? }))
}

pub(super) fn get(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { api_id, function_id } = input::parse(input)?;
    let function = find(&*registry.api(&api_id)?, &function_id)?;
    Ok(json!({ "functionConfiguration": wire::function(&registry.partition, &api_id, &function) }))
}

pub(super) async fn delete(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { api_id, function_id } = input::parse(input)?;
    let delete = |api: &mut Api| {
        find(api, &function_id)?;
        if api.members.resolvers.values().any(|resolver| resolver.functions().contains(&function_id)) {
            return Err(Error::bad("Cannot delete a function which is currently used by a resolver"));
        }
        api.members.functions.remove(&function_id);
        Ok(json!({}))
    };
    registry.change(&api_id, delete).await
}

pub(super) fn list(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let page: Page = input::parse(input)?;
    let api = registry.api(&api_id)?;
    let functions = api.members.functions.iter();
    page.of(
        "functions",
        functions.map(|(id, function)| (id.clone(), wire::function(&registry.partition, &api_id, function))),
    )
}

/// The function with this id.
pub(super) fn find(api: &Api, id: &str) -> Result<Arc<Function>, Error> {
    let not_found = || Error::NotFound(format!("No function found with id {id}"));
    api.members.functions.get(id).cloned().ok_or_else(not_found)
}

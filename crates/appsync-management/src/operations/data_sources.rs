//! `CreateDataSource`, `GetDataSource`, `UpdateDataSource`, `DeleteDataSource` and `ListDataSources`.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateDataSource.html>

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error,
    input::{self, OfApi, Page},
    records::{Api, DataSource},
    registry::{Kind, Registry},
    wire,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    api_id: String,
    name: String,
}

pub(super) async fn create(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let source: DataSource = input::parse(input)?;
    input::check_name(&source.name, "name")?;
    let put = |api: &mut Api| {
        if api.members.data_sources.contains_key(&source.name) {
            return Err(Error::BadRequest(format!("Data source with name {} already exists", source.name)));
        }
        Ok(put(registry, api, source))
    };
    Ok(json!({ "dataSource": registry.change_of(Kind::Either, &api_id, put).await? }))
}

pub(super) async fn update(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let source: DataSource = input::parse(input)?;
    let put = |api: &mut Api| {
        find(api, &source.name)?;
        Ok(put(registry, api, source))
    };
    Ok(json!({ "dataSource": registry.change_of(Kind::Either, &api_id, put).await? }))
}

fn put(registry: &Registry, api: &mut Api, source: DataSource) -> Value {
    let answer = wire::data_source(&registry.partition, api.id(), &source);
    api.members.data_sources.insert(source.name.clone(), Arc::new(source));
    answer
}

pub(super) fn get(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { api_id, name } = input::parse(input)?;
    let source = find(&*registry.find(Kind::Either, &api_id)?, &name)?;
    Ok(json!({ "dataSource": wire::data_source(&registry.partition, &api_id, &source) }))
}

pub(super) async fn delete(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { api_id, name } = input::parse(input)?;
    let delete = |api: &mut Api| {
        find(api, &name)?;
        let used = api.members.resolvers.values().any(|resolver| resolver.data_source_name.as_ref() == Some(&name))
            || api.members.functions.values().any(|function| function.data_source_name == name)
            || api.members.namespaces.values().any(|namespace| namespace.uses(&name));
        if used {
            // AWS differs: a data source that is still used can be deleted there, and its resolvers fail.
            return Err(Error::BadRequest(format!(
                "Data source {name} is used by a resolver, a function or a channel namespace."
            )));
        }
        api.members.data_sources.remove(&name);
        Ok(json!({}))
    };
    registry.change_of(Kind::Either, &api_id, delete).await
}

pub(super) fn list(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let page: Page = input::parse(input)?;
    let api = registry.find(Kind::Either, &api_id)?;
    let sources = api.members.data_sources.iter();
    page.of(
        "dataSources",
        sources.map(|(name, source)| (name.clone(), wire::data_source(&registry.partition, &api_id, source))),
    )
}

/// The data source called `name`.
pub(super) fn find(api: &Api, name: &str) -> Result<Arc<DataSource>, Error> {
    let not_found = || Error::NotFound(format!("No data source found named {name}"));
    api.members.data_sources.get(name).cloned().ok_or_else(not_found)
}

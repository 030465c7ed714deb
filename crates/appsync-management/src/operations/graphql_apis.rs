//! `CreateGraphqlApi`, `GetGraphqlApi`, `UpdateGraphqlApi`, `DeleteGraphqlApi` and `ListGraphqlApis`.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateGraphqlApi.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, ids,
    input::{self, OfApi, Page},
    limits,
    records::{Api, GraphqlApi, Settings},
    registry::{Kind, Registry},
    wire,
};

pub(super) async fn create(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let mut settings: GraphqlApi = input::parse(input)?;
    settings.api_id = ids::id(&*registry.clock);
    check(&settings)?;
    input::check_tags(&settings.tags)?;
    let answer = described(registry, &settings);
    registry.create(Api::new(settings)).await?;
    Ok(json!({ "graphqlApi": answer }))
}

pub(super) fn get(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let api = registry.api(&api_id)?;
    Ok(json!({ "graphqlApi": api.graphql().map(|settings| described(registry, settings)) }))
}

pub(super) async fn update(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let wanted: GraphqlApi = input::parse(input)?;
    check(&wanted)?;
    let id = wanted.api_id.clone();
    let change = |api: &mut Api| {
        // What an update cannot say stays.
        let settings = match api.graphql().cloned() {
            Some(GraphqlApi { visibility, api_type, tags, .. }) => GraphqlApi { visibility, api_type, tags, ..wanted },
            None => wanted,
        };
        let answer = described(registry, &settings);
        api.core_mut().settings = Settings::Graphql(Box::new(settings));
        Ok(answer)
    };
    Ok(json!({ "graphqlApi": registry.change(&id, change).await? }))
}

pub(super) async fn delete(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    registry.delete(Kind::Graphql, &api_id).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListRequest {
    #[serde(flatten)]
    page: Page,
    api_type: Option<String>,
    owner: Option<String>,
}

pub(super) fn list(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let request: ListRequest = input::parse(input)?;
    // Every API here is of this account.
    let is_mine = request.owner.as_deref() != Some("OTHER_ACCOUNTS");
    let is_kind = |api: &GraphqlApi| request.api_type.as_ref().is_none_or(|kind| api.api_type == *kind);
    let apis = registry.apis();
    let mine = apis.values().filter(|_| is_mine).filter_map(|api| api.graphql());
    let wanted = mine.filter(|settings| is_kind(settings));
    request.page.of("graphqlApis", wanted.map(|api| (api.api_id.clone(), described(registry, api))))
}

fn described(registry: &Registry, api: &GraphqlApi) -> Value {
    wire::graphql_api(&registry.partition, api, &registry.deployer.addresses(&api.api_id))
}

fn check(settings: &GraphqlApi) -> Result<(), Error> {
    if settings.name.is_empty() {
        return Err(Error::constraint("", "name", "Member must have length greater than or equal to 1"));
    }
    for (value, name, most) in [
        (settings.query_depth_limit, "queryDepthLimit", 75),
        (settings.resolver_count_limit, "resolverCountLimit", 10_000),
    ] {
        if value > most {
            let constraint = format!("Member must have value less than or equal to {most}");
            return Err(Error::constraint(&value.to_string(), name, &constraint));
        }
    }
    let additional = settings.additional_authentication_providers.as_deref().unwrap_or_default();
    if additional.len() > limits::ADDITIONAL_PROVIDERS {
        let most = limits::ADDITIONAL_PROVIDERS;
        return Err(Error::LimitExceeded(format!("An API has at most {most} additional authentication providers.")));
    }
    Ok(())
}

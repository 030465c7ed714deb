//! `CreateGraphqlApi`, `GetGraphqlApi`, `UpdateGraphqlApi`, `DeleteGraphqlApi` and `ListGraphqlApis`.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateGraphqlApi.html>

use serde::Deserialize;
use serde_json::{Value, json};

use super::tags;
use crate::{
    Error, ids,
    input::{self, OfApi, Page},
    limits,
    records::{Api, GraphqlApi},
    registry::Registry,
    wire,
};

pub(super) async fn create(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let mut settings: GraphqlApi = input::parse(input)?;
    settings.api_id = ids::id(&*registry.clock);
    check(&settings)?;
    tags::check(&settings.tags)?;
    let api = Api::new(settings);
    let answer = described(registry, &api);
    registry.create(api).await?;
    Ok(json!({ "graphqlApi": answer }))
}

pub(super) fn get(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    Ok(json!({ "graphqlApi": described(registry, &*registry.api(&api_id)?) }))
}

pub(super) async fn update(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let wanted: GraphqlApi = input::parse(input)?;
    check(&wanted)?;
    let id = wanted.api_id.clone();
    let change = |api: &mut Api| {
        let core = api.core_mut();
        let before = core.settings.clone();
        // What an update cannot say stays.
        let GraphqlApi { visibility, api_type, tags, .. } = before;
        core.settings = GraphqlApi { visibility, api_type, tags, ..wanted };
        Ok(described(registry, api))
    };
    Ok(json!({ "graphqlApi": registry.change(&id, change).await? }))
}

pub(super) async fn delete(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let domains = registry.domains();
    if let Some(domain) = domains.values().find(|domain| domain.api_id.as_deref() == Some(&*api_id)) {
        let name = &domain.domain_name;
        return Err(Error::BadRequest(format!("The API is associated with the domain name {name}.")));
    }
    registry.delete(&api_id).await?;
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
    let is_kind = |api: &Api| request.api_type.as_ref().is_none_or(|kind| api.core.settings.api_type == *kind);
    let apis = registry.apis();
    let wanted = apis.into_iter().filter(|(_, api)| is_mine && is_kind(api));
    request.page.of("graphqlApis", wanted.map(|(id, api)| (id, described(registry, &api))))
}

fn described(registry: &Registry, api: &Api) -> Value {
    wire::graphql_api(&registry.partition, &api.core.settings, &registry.deployer.addresses(api.id()))
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

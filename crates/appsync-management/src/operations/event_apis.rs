//! `CreateApi`, `GetApi`, `UpdateApi`, `DeleteApi` and `ListApis`: Event APIs.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateApi.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, ids,
    input::{self, OfApi, Page},
    limits,
    records::{Api, EventApi, Settings},
    registry::{Kind, Registry},
    wire,
};

pub(super) async fn create(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let mut settings: EventApi = input::parse(input)?;
    settings.api_id = ids::id(&*registry.clock);
    settings.created = Some(registry.clock.now().0 / 1000);
    check(&settings)?;
    input::check_tags(&settings.tags)?;
    let answer = described(registry, &settings);
    registry.create(Api::of_events(settings)).await?;
    Ok(json!({ "api": answer }))
}

pub(super) fn get(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let api = registry.find(Kind::Events, &api_id)?;
    Ok(json!({ "api": api.events().map(|settings| described(registry, settings)) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateRequest {
    api_id: String,
    #[serde(flatten)]
    settings: EventApi,
}

pub(super) async fn update(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let UpdateRequest { api_id, settings: wanted } = input::parse(input)?;
    check(&wanted)?;
    let change = |api: &mut Api| {
        // What an update cannot say stays.
        let known = api.events().map(|known| (known.tags.clone(), known.created));
        let (tags, created) = known.unwrap_or_default();
        let settings = EventApi { tags, created, api_id: api.id().to_owned(), ..wanted };
        let answer = described(registry, &settings);
        api.core_mut().settings = Settings::Events(settings);
        Ok(answer)
    };
    Ok(json!({ "api": registry.change_of(Kind::Events, &api_id, change).await? }))
}

pub(super) async fn delete(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    registry.delete(Kind::Events, &api_id).await?;
    Ok(json!({}))
}

pub(super) fn list(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let page: Page = input::parse(input)?;
    let apis = registry.apis();
    let described = apis.iter().filter_map(|(id, api)| Some((id.clone(), described(registry, api.events()?))));
    page.of("apis", described)
}

fn described(registry: &Registry, settings: &EventApi) -> Value {
    wire::event_api(&registry.partition, settings, &registry.deployer.addresses(&settings.api_id))
}

fn check(settings: &EventApi) -> Result<(), Error> {
    let EventApi { name, owner_contact, .. } = settings;
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_- ".contains(&byte));
    if name.is_empty() || !letters {
        let pattern = "Member must satisfy regular expression pattern: [A-Za-z0-9_\\-\\ ]+";
        return Err(Error::constraint(name, "name", pattern));
    }
    input::check_length(name, "name", limits::EVENT_NAME_CHARS)?;
    input::check_length(owner_contact.as_deref().unwrap_or_default(), "ownerContact", limits::OWNER_CONTACT_CHARS)
}

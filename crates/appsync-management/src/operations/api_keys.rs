//! `CreateApiKey`, `UpdateApiKey`, `DeleteApiKey` and `ListApiKeys`.
//!
//! A key lives between 1 and 365 days from now, to the hour; 60 days after its end it is deleted.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateApiKey.html>

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, ids,
    input::{self, OfApi, Page},
    limits,
    records::{Api, ApiKey},
    registry::{Kind, Registry},
    wire,
};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    api_id: String,
    description: Option<String>,
    /// Epoch seconds.
    expires: Option<i64>,
}

pub(super) async fn create(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Request { api_id, description, expires } = input::parse(input)?;
    let now = registry.clock.now().0 / 1000;
    let expires = expires_at(expires.unwrap_or(now + limits::API_KEY_DEFAULT_DAYS * DAY), now)?;
    let key = ApiKey { id: ids::api_key(&*registry.clock), description, expires };
    let answer = wire::api_key(&key);
    let put = |api: &mut Api| {
        delete_old(api, now);
        if api.members.api_keys.len() >= limits::API_KEYS {
            return Err(Error::ApiKeyLimit);
        }
        api.members.api_keys.insert(key.id.clone(), Arc::new(key));
        Ok(())
    };
    registry.change_of(Kind::Either, &api_id, put).await?;
    Ok(json!({ "apiKey": answer }))
}

/// The hour that a key ends with.
fn expires_at(expires: i64, now: i64) -> Result<i64, Error> {
    let days = |number: i64| now + number * DAY;
    // Rounding down may take up to an hour from the shortest life.
    if expires < days(*limits::API_KEY_DAYS.start()) || expires > days(*limits::API_KEY_DAYS.end()) {
        return Err(Error::ApiKeyValidity);
    }
    Ok(expires - expires.rem_euclid(HOUR))
}

/// Keys whose time to be deleted has come go with the next change.
fn delete_old(api: &mut Api, now: i64) {
    api.members.api_keys.retain(|_, key| key.expires + limits::API_KEY_DELETED_AFTER_DAYS * DAY > now);
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    api_id: String,
    id: String,
}

pub(super) async fn update(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { api_id, id } = input::parse(input)?;
    let Request { description, expires, .. } = input::parse(input)?;
    let now = registry.clock.now().0 / 1000;
    let expires = expires.map(|expires| expires_at(expires, now)).transpose()?;
    let put = |api: &mut Api| {
        let mut key = ApiKey::clone(&*find(api, &id)?);
        key.description = description.or(key.description);
        key.expires = expires.unwrap_or(key.expires);
        let answer = wire::api_key(&key);
        api.members.api_keys.insert(id, Arc::new(key));
        Ok(answer)
    };
    Ok(json!({ "apiKey": registry.change_of(Kind::Either, &api_id, put).await? }))
}

pub(super) async fn delete(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { api_id, id } = input::parse(input)?;
    let delete = |api: &mut Api| {
        find(api, &id)?;
        api.members.api_keys.remove(&id);
        Ok(json!({}))
    };
    registry.change_of(Kind::Either, &api_id, delete).await
}

pub(super) fn list(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let page: Page = input::parse(input)?;
    let now = registry.clock.now().0 / 1000;
    let mut api = Api::clone(&*registry.find(Kind::Either, &api_id)?);
    delete_old(&mut api, now);
    page.of("apiKeys", api.members.api_keys.iter().map(|(id, key)| (id.clone(), wire::api_key(key))))
}

fn find(api: &Api, id: &str) -> Result<Arc<ApiKey>, Error> {
    // The id is a secret: it stays out of the message.
    api.members.api_keys.get(id).cloned().ok_or_else(|| Error::NotFound("API key not found.".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_end_with_an_hour_between_one_day_and_a_year() {
        let now = 1_700_000_000;
        assert_eq!(expires_at(now + 7 * DAY, now).ok(), Some(1_700_604_000));
        for (expires, good) in
            [(now + DAY - 1, false), (now + DAY, true), (now + 365 * DAY, true), (now + 366 * DAY, false)]
        {
            assert_eq!(expires_at(expires, now).is_ok(), good, "{}", expires - now);
        }
    }
}

//! `CreateApiCache`, `GetApiCache`, `UpdateApiCache`, `DeleteApiCache` and `FlushApiCache`.
//!
//! AWS differs: a cache is a machine that takes minutes to come and go there; here it is there at once.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateApiCache.html>

use serde_json::{Value, json};

use crate::{
    Error,
    input::{self, OfApi},
    records::{Api, ApiCache},
    registry::Registry,
    wire,
};

pub(super) async fn create(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let cache = checked(input)?;
    let put = |api: &mut Api| {
        let core = api.core_mut();
        if core.cache.is_some() {
            return Err(Error::bad("The API already has a cache."));
        }
        Ok(wire::api_cache(core.cache.insert(cache)))
    };
    Ok(json!({ "apiCache": registry.change(&api_id, put).await? }))
}

pub(super) async fn update(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let wanted = checked(input)?;
    let put = |api: &mut Api| {
        let cache = api.core_mut().cache.as_mut().ok_or_else(not_found)?;
        let (transit, rest) = (cache.transit_encryption_enabled, cache.at_rest_encryption_enabled);
        // Encryption is decided when the cache is made.
        *cache = ApiCache { transit_encryption_enabled: transit, at_rest_encryption_enabled: rest, ..wanted };
        Ok(wire::api_cache(cache))
    };
    Ok(json!({ "apiCache": registry.change(&api_id, put).await? }))
}

pub(super) fn get(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let api = registry.api(&api_id)?;
    Ok(json!({ "apiCache": wire::api_cache(api.core.cache.as_ref().ok_or_else(not_found)?) }))
}

pub(super) async fn delete(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    let delete = |api: &mut Api| api.core_mut().cache.take().map(|_| json!({})).ok_or_else(not_found);
    registry.change(&api_id, delete).await
}

pub(super) fn flush(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    registry.api(&api_id)?.core.cache.as_ref().ok_or_else(not_found)?;
    registry.deployer.flush_cache(&api_id);
    Ok(json!({}))
}

fn checked(input: &Value) -> Result<ApiCache, Error> {
    let cache: ApiCache = input::parse(input)?;
    if !(1..=3_600).contains(&cache.ttl) {
        return Err(Error::constraint(&cache.ttl.to_string(), "ttl", "Member must be between 1 and 3600"));
    }
    Ok(cache)
}

fn not_found() -> Error {
    Error::NotFound("Unable to find the cache for the API.".to_owned())
}

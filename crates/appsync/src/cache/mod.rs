//! Server-side caching (AppSync developer guide, "Configuring server-side caching"): results of queries' resolvers, or
//! responses to whole queries, in memory.
//!
//! A cache belongs to one build of an API. A change of a resolver, a data source or the schema is a new build, whose
//! cache is empty: what the old resolver answered cannot be served by the new one, and what is still under way there
//! has nowhere to go.

mod entries;
mod key;
mod operations;
mod resolvers;

pub(crate) use operations::{Answer, OperationCache};
pub(crate) use resolvers::ResolverCache;

use crate::{Api, ApiConfig, Deps, Diagnostic, limits};

/// How an API caches (`AWS::AppSync::ApiCache`).
#[derive(Debug, Clone)]
pub struct CacheConfig {
    /// What is cached.
    pub behavior: CachingBehavior,
    /// Seconds, 1 to 3,600.
    pub ttl_seconds: u32,
}

/// What an API caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachingBehavior {
    /// `FULL_REQUEST_CACHING`: the result of every resolver.
    FullRequest,
    /// `PER_RESOLVER_CACHING`: the results of those resolvers that have a [`CachingConfig`].
    PerResolver,
    /// `OPERATION_LEVEL_CACHING`: whole responses.
    OperationLevel,
}

/// How a resolver's results are cached (`CachingConfig` of `AWS::AppSync::Resolver`).
#[derive(Debug, Clone)]
pub struct CachingConfig {
    /// Seconds, 1 to 3,600.
    pub ttl_seconds: u32,
    /// At most 25 of `$context.arguments`, `$context.source`, `$context.identity` and members of them; all three maps
    /// where there are none. Without the identity, callers share what is cached.
    pub keys: Vec<String>,
}

/// The cache of an API.
pub(crate) enum ApiCache {
    Resolvers(ResolverCache),
    Operations(OperationCache),
}

impl ApiCache {
    /// The cache that an API is to have; an error is what is wrong with it.
    pub(crate) fn build(config: &ApiConfig, deps: &Deps) -> Result<Option<Self>, Vec<Diagnostic>> {
        let Some(cache) = &config.cache else { return Ok(None) };
        if !is_ttl(cache.ttl_seconds) {
            return Err(vec![Diagnostic::of_resource(&config.name, ttl_message("cache"))]);
        }
        let built = match cache.behavior {
            CachingBehavior::OperationLevel => Self::Operations(OperationCache::new(cache, deps)),
            CachingBehavior::FullRequest | CachingBehavior::PerResolver => {
                Self::Resolvers(ResolverCache::build(cache, &config.resolvers, deps)?)
            }
        };
        Ok(Some(built))
    }

    pub(crate) fn resolvers(&self) -> Option<&ResolverCache> {
        match self {
            Self::Resolvers(cache) => Some(cache),
            Self::Operations(_) => None,
        }
    }

    pub(crate) fn operations(&self) -> Option<&OperationCache> {
        match self {
            Self::Operations(cache) => Some(cache),
            Self::Resolvers(_) => None,
        }
    }
}

impl Api {
    /// Forgets everything that is cached (`FlushApiCache`); whether the API has a cache.
    pub fn flush_cache(&self) -> bool {
        match &self.cache {
            Some(ApiCache::Resolvers(cache)) => cache.flush(),
            Some(ApiCache::Operations(cache)) => cache.flush(),
            None => return false,
        }
        true
    }
}

fn is_ttl(seconds: u32) -> bool {
    limits::CACHE_TTL_SECONDS.contains(&seconds)
}

fn ttl_message(whose: &str) -> String {
    let (least, most) = (limits::CACHE_TTL_SECONDS.start(), limits::CACHE_TTL_SECONDS.end());
    format!("the TTL of the {whose} has to be {least} to {most} seconds")
}

/// `"extensions":{"apiCacheEntriesDeleted":N}` at the end of a response, where entries were evicted.
pub(crate) fn report_deleted(body: &mut Vec<u8>, deleted: usize) {
    if deleted > 0 {
        body.pop();
        body.extend_from_slice(format!(r#","extensions":{{"apiCacheEntriesDeleted":{deleted}}}}}"#).as_bytes());
    }
}

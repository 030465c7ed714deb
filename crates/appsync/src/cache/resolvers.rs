//! `FULL_REQUEST_CACHING` and `PER_RESOLVER_CACHING`: the results of single resolvers.

use std::{collections::HashMap, sync::Arc};

use apollo_compiler::executable::OperationType;
use serde_json::{Map, Value};

use super::{
    CacheConfig, CachingBehavior, CachingConfig,
    entries::{Entries, Found},
    is_ttl,
    key::{self, Key, Part},
    ttl_message,
};
use crate::{
    Deps, Diagnostic, ResolverConfig,
    batch::Seat,
    limits,
    pipeline::{Effects, Invocation, Raised, Resolver, Shared},
    trace::Steps,
};

/// Results of resolvers.
pub(crate) struct ResolverCache {
    /// By type and field.
    policies: HashMap<String, HashMap<String, Policy>>,
    entries: Entries<Arc<Value>>,
}

/// How one resolver's results are cached.
struct Policy {
    parts: Vec<Part>,
    ttl_seconds: u32,
}

/// The place that a resolver's result has in the cache.
pub(crate) struct Lookup<'a> {
    entries: &'a Entries<Arc<Value>>,
    key: Key,
    ttl_seconds: u32,
}

impl ResolverCache {
    pub(super) fn build(
        config: &CacheConfig,
        resolvers: &[ResolverConfig],
        deps: &Deps,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut policies: HashMap<String, HashMap<String, Policy>> = HashMap::new();
        let mut wrong = Vec::new();
        for resolver in resolvers {
            let (type_name, field_name) = (&resolver.type_name, &resolver.field_name);
            let policy = match (config.behavior, &resolver.caching) {
                // Where everything is cached, what a resolver asks for has no say [K].
                (CachingBehavior::FullRequest, _) => Ok(Policy { parts: Part::all(), ttl_seconds: config.ttl_seconds }),
                (_, Some(caching)) => Policy::of(caching),
                (_, None) => continue,
            };
            match policy {
                Ok(policy) => {
                    policies.entry(type_name.clone()).or_default().insert(field_name.clone(), policy);
                }
                Err(message) => wrong.push(Diagnostic::of_resource(format!("{type_name}.{field_name}"), message)),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Self { policies, entries: Entries::new(deps.cache_bytes, &deps.clock) })
    }

    /// Where to look before a resolver runs. Only resolvers of queries are cached: those of mutations run always, and
    /// so do those below them, which show what the mutation did.
    pub(crate) fn lookup(&self, operation: OperationType, shared: &Shared, field: &Invocation) -> Option<Lookup<'_>> {
        if operation != OperationType::Query {
            return None;
        }
        let policy = self.policies.get(&field.info.parent_type_name)?.get(&field.info.field_name)?;
        let key = key::of_field(&policy.parts, shared, field);
        Some(Lookup { entries: &self.entries, key, ttl_seconds: policy.ttl_seconds })
    }

    /// Forgets what the arguments of `extensions.evictFromApiCache(typeName, fieldName, keyValuePairs)` name; how many
    /// entries that were.
    pub(crate) fn evict(&self, arguments: &[Value]) -> usize {
        let key = match arguments {
            [Value::String(parent), Value::String(field), Value::Object(values), ..] => {
                key::evicted(parent, field, values)
            }
            _ => None,
        };
        match key {
            Some(key) => usize::from(self.entries.remove(&key)),
            None => {
                let Named { parent, field, keys } = Named::by(arguments);
                tracing::warn!(
                    parent,
                    field,
                    ?keys,
                    "evictFromApiCache names no entry: it takes a type, a field and caching keys"
                );
                0
            }
        }
    }

    pub(super) fn flush(&self) {
        self.entries.clear();
    }
}

/// What the arguments of `evictFromApiCache` name. The values of caching keys are those of requests, and no matter of
/// the log.
#[derive(Debug, PartialEq)]
struct Named<'a> {
    parent: Option<&'a str>,
    field: Option<&'a str>,
    keys: Vec<&'a str>,
}

impl<'a> Named<'a> {
    fn by(arguments: &'a [Value]) -> Self {
        let text = |position: usize| arguments.get(position).and_then(Value::as_str);
        let values = arguments.get(2).and_then(Value::as_object);
        let keys = values.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        Self { parent: text(0), field: text(1), keys }
    }
}

impl Policy {
    fn of(caching: &CachingConfig) -> Result<Self, String> {
        let CachingConfig { ttl_seconds, keys } = caching;
        if !is_ttl(*ttl_seconds) {
            return Err(ttl_message("resolver"));
        }
        if keys.len() > limits::CACHING_KEYS {
            return Err(format!(
                "the resolver has {} caching keys, AppSync allows {}",
                keys.len(),
                limits::CACHING_KEYS
            ));
        }
        let mut parts = Vec::with_capacity(keys.len());
        for key in keys {
            let part = Part::parse(key).ok_or_else(|| {
                format!("'{key}' is no caching key: those are $context.arguments, $context.source, $context.identity and members of them")
            })?;
            parts.push(part);
        }
        let parts = if parts.is_empty() { Part::all() } else { parts };
        Ok(Self { parts, ttl_seconds: *ttl_seconds })
    }
}

impl Lookup<'_> {
    /// The cached result, or what the resolver gives now. A result with errors is not kept; null is one like any
    /// other [K]. What else the resolver did when its result was cached (headers, logs) is not done again [K].
    pub(crate) async fn or_run(
        self,
        resolver: &Resolver,
        shared: &Shared,
        field: Invocation,
        seat: Seat<'_>,
    ) -> (Result<Value, Raised>, Effects, Steps) {
        let traced = field.traced;
        let hit = |value: Arc<Value>| {
            let mut steps = Steps::begin(&shared.recorder, traced);
            steps.cache(true);
            (Ok((*value).clone()), Effects::default(), steps)
        };
        let flight = match self.entries.find(self.key) {
            Found::Value(value) => return hit(value),
            Found::Nothing(flight) => Some(flight),
            Found::UnderWay(waiting) => match seat.aside(waiting.landed()).await {
                Some(value) => return hit(value),
                None => None,
            },
        };
        let (result, effects, mut steps) = resolver.run(shared, field, seat).await;
        steps.cache(false);
        if let (Some(flight), Ok(value), true) = (flight, &result, effects.appended.is_empty()) {
            flight.land(Arc::new(value.clone()), size(value), self.ttl_seconds);
        }
        (result, effects, steps)
    }
}

/// The memory that a value takes, bytes, roughly.
fn size(value: &Value) -> u64 {
    let mut bytes = 0;
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        bytes += size_of::<Value>();
        match value {
            Value::String(text) => bytes += text.len(),
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                bytes += members.keys().map(|name| name.len() + limits::CACHE_MEMBER_OVERHEAD).sum::<usize>();
                open.extend(members.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    bytes as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_log_gets_the_names_of_caching_keys_alone() {
        let arguments = [json!("Query"), json!("note"), json!({ "arguments.token": "hush" }), json!("hush")];
        let keys = vec!["arguments.token"];
        assert_eq!(Named::by(&arguments), Named { parent: Some("Query"), field: Some("note"), keys });
        let arguments = [json!("Query"), json!({ "token": "hush" })];
        assert_eq!(Named::by(&arguments), Named { parent: Some("Query"), field: None, keys: Vec::new() });
    }
}

//! `extensions.*`: noted here, carried out by the API after the handler.

use serde_json::Value;

use super::{Fault, Function, Scope};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("extensions.evictFromApiCache", |scope, arguments| note(scope, "evictFromApiCache", arguments)),
    ("extensions.invalidateSubscriptions", |scope, arguments| note(scope, "invalidateSubscriptions", arguments)),
    ("extensions.setSubscriptionFilter", |scope, arguments| note(scope, "setSubscriptionFilter", arguments)),
    ("extensions.setSubscriptionInvalidationFilter", |scope, arguments| {
        note(scope, "setSubscriptionInvalidationFilter", arguments)
    }),
];

fn note(scope: &mut Scope, name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    scope.extend(name, arguments).map(|()| Value::Null)
}

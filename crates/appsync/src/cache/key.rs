//! Keys: which parts of a context make one (`$context.arguments.id` ...), and the digest that stands for their values.

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::{Map, Number, Value};

use crate::pipeline::{Invocation, Shared};

/// SHA-256 over everything that tells entries apart: nobody can make two that are equal, and long arguments take no
/// memory.
pub(super) type Key = [u8; 32];

/// A part of the context that a caching key names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    root: Root,
    /// Members below the root, outermost first; none for the whole map.
    path: Vec<String>,
}

/// The maps that caching keys may name (AppSync API reference, "CachingConfig").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    Arguments,
    Source,
    Identity,
}

impl Root {
    fn name(self) -> &'static str {
        match self {
            Self::Arguments => "arguments",
            Self::Source => "source",
            Self::Identity => "identity",
        }
    }
}

impl Part {
    /// What entries are told apart by where the resolver does not say: arguments, source and identity.
    pub(super) fn all() -> Vec<Self> {
        [Root::Arguments, Root::Source, Root::Identity].map(|root| Self { root, path: Vec::new() }).into()
    }

    /// Reads `$context.arguments.id`; without the `$`, and with `ctx` and `args`, too, as in the calls of
    /// `evictFromApiCache`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut names = text.strip_prefix('$').unwrap_or(text).split('.');
        if !matches!(names.next()?, "context" | "ctx") {
            return None;
        }
        let root = match names.next()? {
            "arguments" | "args" => Root::Arguments,
            "source" => Root::Source,
            "identity" => Root::Identity,
            _ => return None,
        };
        let path: Vec<String> = names.map(str::to_owned).collect();
        path.iter().all(|name| !name.is_empty()).then_some(Self { root, path })
    }

    /// Adds this part's value of a context to a key.
    fn add(&self, digest: &mut Digest, shared: &Shared, field: &Invocation) {
        match self.root {
            Root::Source => self.add_value(digest, self.below(&field.source)),
            Root::Identity => self.add_value(digest, self.below(&shared.identity)),
            Root::Arguments => match self.path.split_first() {
                None if field.arguments.is_empty() => {}
                None => {
                    digest.text(self.root.name()).count(0).object(&field.arguments);
                }
                Some((first, rest)) => {
                    let value = field.arguments.get(first);
                    self.add_value(digest, value.and_then(|value| descend(value, rest)));
                }
            },
        }
    }

    /// A missing value is as good as null, an empty map as a missing one, and all are as good as a part that is not
    /// there: a root field has no source, a caller with an API key no identity, and who evicts their entries need not
    /// name them.
    fn add_value(&self, digest: &mut Digest, value: Option<&Value>) {
        let Some(value) = value.filter(|value| !value.is_null() && !self.is_empty_map(value)) else { return };
        digest.text(self.root.name()).count(self.path.len());
        self.path.iter().for_each(|name| {
            digest.text(name);
        });
        digest.value(value);
    }

    fn is_empty_map(&self, value: &Value) -> bool {
        self.path.is_empty() && value.as_object().is_some_and(Map::is_empty)
    }

    fn below<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        descend(value, &self.path)
    }
}

fn descend<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

/// The key of a resolver's result.
pub(super) fn of_field(parts: &[Part], shared: &Shared, field: &Invocation) -> Key {
    let mut digest = Digest::of_field(&field.info.parent_type_name, &field.info.field_name);
    parts.iter().for_each(|part| part.add(&mut digest, shared, field));
    digest.finish()
}

/// The key that `extensions.evictFromApiCache(type, field, values)` names, or `None` where it names none.
pub(super) fn evicted(parent: &str, field: &str, values: &Map<String, Value>) -> Option<Key> {
    let mut digest = Digest::of_field(parent, field);
    for (name, value) in values {
        Part::parse(name)?.add_value(&mut digest, Some(value));
    }
    Some(digest.finish())
}

/// A digest under way. Every piece says its kind and its length, so that no two sequences read the same.
pub(super) struct Digest(Context);

impl Digest {
    pub(super) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    fn of_field(parent: &str, field: &str) -> Self {
        let mut digest = Self::new();
        digest.text(parent).text(field);
        digest
    }

    pub(super) fn finish(self) -> Key {
        self.0.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.update(b"s");
        self.count(text.len());
        self.0.update(text.as_bytes());
        self
    }

    pub(super) fn count(&mut self, count: usize) -> &mut Self {
        self.0.update(&(count as u64).to_be_bytes());
        self
    }

    /// Members in any order are the same object. Recursion is as deep as the value, which JSON and handlers bound.
    pub(super) fn object(&mut self, object: &Map<String, Value>) -> &mut Self {
        let mut members: Vec<_> = object.iter().collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        self.0.update(b"o");
        self.count(members.len());
        for (name, value) in members {
            self.text(name).value(value);
        }
        self
    }

    pub(super) fn value(&mut self, value: &Value) -> &mut Self {
        match value {
            Value::Null => self.0.update(b"n"),
            Value::Bool(truth) => self.0.update(if *truth { b"t" } else { b"f" }),
            Value::Number(number) => {
                self.0.update(b"d");
                self.text(&numeral(number));
            }
            Value::String(text) => {
                self.text(text);
            }
            Value::Array(items) => {
                self.0.update(b"a");
                self.count(items.len());
                items.iter().for_each(|item| {
                    self.value(item);
                });
            }
            Value::Object(object) => {
                self.object(object);
            }
        }
        self
    }
}

/// `1` for 1.0, too: a number that went through a handler comes back in another form.
fn numeral(number: &Number) -> String {
    /// Below it every whole number has a form of its own as a double.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.as_f64() {
        Some(double) if double.fract() == 0.0 && double.abs() < EXACT => (double as i64).to_string(),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn digest(value: &Value) -> Key {
        let mut digest = Digest::new();
        digest.value(value);
        digest.finish()
    }

    #[test]
    fn caching_keys_name_arguments_source_and_identity() {
        for (text, known) in [
            ("$context.arguments.id", true),
            ("$context.arguments.input.id", true),
            ("context.source", true),
            ("ctx.args.id", true),
            ("$context.identity.claims.cognito:username", true),
            ("$context.stash.id", false),
            ("$context.request.headers.x", false),
            ("$context.arguments.", false),
            ("$context", false),
            ("arguments.id", false),
            ("", false),
        ] {
            assert_eq!(Part::parse(text).is_some(), known, "{text}");
        }
        assert_eq!(Part::parse("ctx.args.id"), Part::parse("$context.arguments.id"));
    }

    #[test]
    fn values_that_differ_have_digests_that_differ() {
        let values = [
            json!(null),
            json!(false),
            json!(0),
            json!("0"),
            json!(""),
            json!([]),
            json!({}),
            json!([[]]),
            json!(["a", "b"]),
            json!(["ab"]),
            json!(["a", ["b"]]),
            json!({ "a": "b" }),
            json!({ "a": null }),
            json!({ "ab": "" }),
            json!(9_007_199_254_740_993_i64),
            json!(9_007_199_254_740_992_i64),
        ];
        for (index, one) in values.iter().enumerate() {
            for other in &values[..index] {
                assert_ne!(digest(one), digest(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn values_that_are_the_same_in_another_form_have_one_digest() {
        assert_eq!(digest(&json!(2)), digest(&json!(2.0)));
        assert_eq!(digest(&json!({ "a": 1, "b": [2] })), digest(&json!({ "b": [2.0], "a": 1 })));
    }

    #[test]
    fn evictions_name_keys_in_their_order() {
        let key = |values: Value| evicted("Query", "note", values.as_object().unwrap());
        let both = key(json!({ "ctx.args.id": 1, "ctx.identity.sub": "a" }));
        assert_eq!(both, key(json!({ "$context.arguments.id": 1, "context.identity.sub": "a" })));
        assert_ne!(both, key(json!({ "ctx.identity.sub": "a", "ctx.args.id": 1 })), "another order is another key");
        assert_eq!(key(json!({ "ctx.args.id": 1, "ctx.source": null })), key(json!({ "ctx.args.id": 1 })));
        assert_eq!(key(json!({ "id": 1 })), None);
    }
}

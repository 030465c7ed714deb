//! The first pass: resolvers run, siblings and list items at once; plain properties wait for the second pass.

use std::sync::{Arc, atomic::Ordering};

use aws_protocol::BoxFuture;
use futures::future::join_all;
use resolver::{Info, RaisedError};
use serde_json::Value;

use super::Execution;
use crate::{
    observer::FieldTrace,
    pipeline::{Invocation, Raised, Resolver},
    plan::{Field, Fields, Origin, Selection},
};

/// What was fetched below a value, in the value's own shape.
#[derive(Default)]
pub(crate) enum Children {
    /// Nothing below needs a resolver.
    #[default]
    None,
    /// By position in [`Fields::fields`].
    Object(Vec<Option<Fetched>>),
    List(Vec<Children>),
}

/// What was fetched for one field.
pub(crate) enum Fetched {
    /// A resolver ran.
    Resolved { result: Result<Value, Raised>, appended: Vec<RaisedError>, children: Children },
    /// A plain property with resolvers somewhere below.
    Nested(Children),
}

impl Children {
    /// What was fetched for the field at `position`.
    pub(crate) fn field(&self, position: usize) -> Option<&Fetched> {
        match self {
            Self::Object(fields) => fields.get(position)?.as_ref(),
            _ => None,
        }
    }

    /// Whether the first field came to null without any error, or has no resolver.
    pub(crate) fn is_silent_null(&self) -> bool {
        match self.field(0) {
            Some(Fetched::Resolved { result: Ok(Value::Null), appended, .. }) => appended.is_empty(),
            Some(_) => false,
            None => true,
        }
    }

    /// What was fetched below the list item at `index`.
    pub(crate) fn item(&self, index: usize) -> &Self {
        match self {
            Self::List(items) => items.get(index).unwrap_or(&Self::None),
            _ => &Self::None,
        }
    }
}

impl Selection {
    fn needs_fetch(&self) -> bool {
        match self {
            Self::Object(fields) => fields.needs_fetch,
            Self::Abstract(_) => true,
        }
    }
}

impl Execution<'_> {
    /// Fetches what is selected of an object. Recursion follows the plan, whose depth is bounded.
    pub(super) fn object<'f>(&'f self, fields: &'f Fields, source: &'f Value) -> BoxFuture<'f, Children> {
        Box::pin(async move {
            // Resolvers see their parent; one copy serves them all.
            let resolves = fields.fields.iter().any(|field| matches!(field.origin, Origin::Resolver(_)));
            let shared = Arc::new(if resolves { source.clone() } else { Value::Null });
            Children::Object(join_all(fields.fields.iter().map(|field| self.field(field, source, &shared))).await)
        })
    }

    /// Fetches one field; `None` where it needs nothing or may not be read.
    pub(super) async fn field(&self, field: &Field, source: &Value, shared: &Arc<Value>) -> Option<Fetched> {
        if field.too_deep || !field.rule.allows(self.identity, &field.parent, &field.name) {
            return None;
        }
        match &field.origin {
            Origin::Property => {
                let selection = field.selection.as_ref().filter(|selection| selection.needs_fetch())?;
                Some(Fetched::Nested(self.below(selection, source.get(field.name.as_str())?).await))
            }
            Origin::Resolver(resolver) => Some(self.resolve(field, resolver, shared).await),
            Origin::Typename | Origin::Introspection => None,
        }
    }

    async fn resolve(&self, field: &Field, resolver: &Resolver, source: &Arc<Value>) -> Fetched {
        let (result, appended) = self.run(field, resolver, source).await;
        let children = match (&result, &field.selection) {
            (Ok(value), Some(selection)) if selection.needs_fetch() => self.below(selection, value).await,
            _ => Children::None,
        };
        Fetched::Resolved { result, appended, children }
    }

    async fn run(
        &self,
        field: &Field,
        resolver: &Resolver,
        source: &Arc<Value>,
    ) -> (Result<Value, Raised>, Vec<RaisedError>) {
        if self.resolvers_run.fetch_add(1, Ordering::Relaxed) >= self.api.resolver_count_limit {
            let message = format!("Resolver execution limit of {} reached.", self.api.resolver_count_limit);
            return (Err(failed(message, "ResolverExecutionLimitReached")), Vec::new());
        }
        let arguments = match field.arguments.evaluate(&self.variables) {
            Ok(arguments) => arguments,
            Err(message) => return (Err(failed(message, "BadRequest")), Vec::new()),
        };
        let started = self.shared.clock.now();
        let invocation = Invocation { arguments, source: source.clone(), info: self.info(field) };
        let (result, effects) = resolver.run(&self.shared, invocation).await;
        let error = match &result {
            Ok(_) => None,
            Err(Raised::Error(error)) => Some(error.message.as_str()),
            Err(Raised::Unauthorized) => Some("Unauthorized"),
        };
        self.api.observer.field_resolved(&FieldTrace {
            parent_type: &field.parent,
            field: &field.name,
            result: result.as_ref().unwrap_or(&Value::Null),
            error,
            logs: &effects.logs,
            milliseconds: self.shared.clock.now().0 - started.0,
        });
        let mut side = self.side.lock();
        side.headers.extend(effects.headers);
        side.extensions.extend(effects.extensions);
        (result, effects.appended)
    }

    fn info(&self, field: &Field) -> Arc<Info> {
        let make = || {
            Arc::new(Info {
                field_name: field.name.to_string(),
                parent_type_name: field.parent.to_string(),
                variables: self.variables.clone(),
                selection_set_list: field.selection_set_list(),
                selection_set_graphql: field.selection_set_graphql(),
            })
        };
        self.infos.lock().entry(field.id).or_insert_with(make).clone()
    }

    /// Fetches below a composite field's value. Recursion follows the value's lists, which resolvers bound.
    fn below<'f>(&'f self, selection: &'f Selection, value: &'f Value) -> BoxFuture<'f, Children> {
        match value {
            Value::Array(items) => {
                Box::pin(
                    async move { Children::List(join_all(items.iter().map(|item| self.below(selection, item))).await) },
                )
            }
            Value::Object(_) => match selection {
                Selection::Object(fields) if fields.needs_fetch => self.object(fields, value),
                Selection::Object(_) => Box::pin(std::future::ready(Children::None)),
                Selection::Abstract(possible) => Box::pin(async move {
                    let name = value.get("__typename").and_then(Value::as_str).unwrap_or_default();
                    match possible.fields(name) {
                        Ok(Some(fields)) if fields.needs_fetch => self.object(&fields, value).await,
                        // The second pass reports what is wrong.
                        _ => Children::None,
                    }
                }),
            },
            _ => Box::pin(std::future::ready(Children::None)),
        }
    }
}

fn failed(message: String, kind: &str) -> Raised {
    Raised::Error(RaisedError { message, kind: Some(kind.to_owned()), data: None, info: None })
}

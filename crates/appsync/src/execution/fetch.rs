//! The first pass: resolvers run, siblings and list items at once; plain properties wait for the second pass.
//!
//! Every resolver is a task of its own in one flat set: when one ends, its value is searched for fields that need
//! resolvers, and those become tasks. So the depth of a query costs no stack.

use std::{future::poll_fn, sync::Arc, task::Poll};

use apollo_compiler::executable::OperationType;
use aws_protocol::BoxFuture;
use futures::{StreamExt, stream::FuturesUnordered};
use resolver::{Info, RaisedError};
use serde_json::Value;

use super::{Execution, path::Path};
use crate::{
    PathSegment,
    batch::{Above, Seat},
    cache::ApiCache,
    limits,
    pipeline::{Effects, Invocation, Raised, Resolver},
    plan::{Field, Fields, Origin, Selection},
    trace::{Place, Steps},
};

/// Everything that was fetched for an operation.
#[derive(Default)]
pub(crate) struct Fetched {
    pub(crate) root: Children,
    resolved: Vec<Option<Resolved>>,
    /// How many resolvers may run; those beyond it are [`Child::Beyond`].
    pub(crate) resolver_limit: u32,
}

/// What was fetched below a value, in the value's own shape.
#[derive(Default)]
pub(crate) enum Children {
    /// Nothing below needs a resolver.
    #[default]
    None,
    /// By position in [`Fields::fields`].
    Object(Vec<Option<Child>>),
    List(Vec<Children>),
    /// The limit of resolvers was reached before anything below was looked at.
    Beyond,
}

/// What was fetched for one field.
pub(crate) enum Child {
    /// A resolver ran: where its outcome is.
    Resolved(usize),
    /// A plain property with resolvers somewhere below.
    Nested(Children),
    /// No resolver runs here or below any more: their limit was reached.
    Beyond,
}

/// The outcome of a resolver.
pub(crate) struct Resolved {
    pub(crate) result: Result<Value, Raised>,
    pub(crate) appended: Vec<RaisedError>,
    pub(crate) children: Children,
}

/// A search under way.
struct Fetch<'e> {
    execution: &'e Execution<'e>,
    resolved: Vec<Option<Resolved>>,
    /// Whose result is being searched.
    above: Option<Above>,
    /// Whether resolvers are told where they run.
    places: bool,
    running: FuturesUnordered<BoxFuture<'e, Finished>>,
}

/// Where a search is: below which resolver, on which path.
#[derive(Clone, Copy)]
struct At<'a> {
    resolver: Option<usize>,
    path: &'a Path<'a>,
}

impl At<'_> {
    const ROOT: At<'static> = At { resolver: None, path: &Path::Root };
}

/// A resolver that has ended.
struct Finished {
    slot: usize,
    /// Where it ran; empty where nobody wants to know.
    path: Vec<PathSegment>,
    fields: Arc<Fields>,
    position: usize,
    result: Result<Value, Raised>,
    appended: Vec<RaisedError>,
}

impl Children {
    /// What was fetched for the field at `position`.
    pub(crate) fn field(&self, position: usize) -> Option<&Child> {
        match self {
            Self::Object(fields) => fields.get(position)?.as_ref(),
            Self::Beyond => Some(&Child::Beyond),
            Self::None | Self::List(_) => None,
        }
    }

    /// What was fetched below the list item at `index`.
    pub(crate) fn item(&self, index: usize) -> &Self {
        match self {
            Self::List(items) => items.get(index).unwrap_or(&Self::None),
            Self::Beyond => &Self::Beyond,
            Self::None | Self::Object(_) => &Self::None,
        }
    }
}

impl Fetched {
    /// The outcome that a [`Child::Resolved`] points to.
    pub(crate) fn outcome(&self, slot: usize) -> Option<&Resolved> {
        self.resolved.get(slot)?.as_ref()
    }

    /// Whether the first field of the root came to null without any error, or has no resolver.
    pub(crate) fn is_silent_null(&self) -> bool {
        match self.root.field(0) {
            Some(Child::Resolved(slot)) => self
                .outcome(*slot)
                .is_some_and(|resolved| matches!(resolved.result, Ok(Value::Null)) && resolved.appended.is_empty()),
            Some(Child::Nested(_) | Child::Beyond) => false,
            None => true,
        }
    }
}

impl Execution<'_> {
    /// Fetches everything that needs a resolver: mutations one after another, all else together.
    pub(crate) async fn fetch(&self) -> Fetched {
        let root = &self.plan.root;
        if !root.needs_fetch {
            return Fetched::default();
        }
        let places = self.shared.recorder.is_on();
        let (resolved, running) = (Vec::new(), FuturesUnordered::new());
        let mut fetch = Fetch { execution: self, resolved, above: None, places, running };
        let one_by_one = self.plan.operation.name() == "mutation";
        let mut fields = Vec::with_capacity(root.fields.len());
        let mut source = None;
        for position in 0..root.fields.len() {
            fields.push(fetch.field(root, position, &Value::Null, At::ROOT, &mut source));
            if one_by_one {
                fetch.drain().await;
            }
        }
        fetch.drain().await;
        self.shared.recorder.ran(u32::try_from(fetch.resolved.len()).unwrap_or(u32::MAX));
        let resolver_limit = self.api.resolver_count_limit;
        Fetched { root: Children::Object(fields), resolved: fetch.resolved, resolver_limit }
    }

    async fn run(
        &self,
        field: &Field,
        resolver: &Resolver,
        source: Arc<Value>,
        seat: Seat<'_>,
        place: Option<Place>,
    ) -> (Result<Value, Raised>, Vec<RaisedError>) {
        let arguments = match field.arguments.evaluate(&self.variables) {
            Ok(arguments) => arguments,
            Err(message) => return (Err(failed(message, "BadRequest")), Vec::new()),
        };
        let invocation = Invocation { arguments, source, info: self.info(field), traced: place.is_some() };
        let running = self.shared.recorder.running(field, resolver.kind(), place);
        let (result, effects, steps) = self.cached_or_run(resolver, invocation.clone(), seat).await;
        running.ended(invocation, steps, &result);
        let deleted = self.evict(&effects);
        let mut side = self.side.lock();
        side.cache_entries_deleted += deleted;
        side.headers.extend(effects.headers);
        side.extensions.extend(effects.extensions);
        (result, effects.appended)
    }

    async fn cached_or_run(
        &self,
        resolver: &Resolver,
        field: Invocation,
        seat: Seat<'_>,
    ) -> (Result<Value, Raised>, Effects, Steps) {
        let cache = self.api.cache.as_ref().and_then(ApiCache::resolvers);
        match cache.and_then(|cache| cache.lookup(self.plan.operation, &self.shared, &field)) {
            Some(lookup) => lookup.or_run(resolver, &self.shared, field, seat).await,
            None => resolver.run(&self.shared, field, seat).await,
        }
    }

    /// Evicts what a resolver of a mutation asked to be evicted; `evictFromApiCache` does nothing in queries. It is done
    /// once the resolver has run: what a query reads after that is what the resolver wrote.
    fn evict(&self, effects: &Effects) -> usize {
        let Some(cache) = self.api.cache.as_ref().and_then(ApiCache::resolvers) else { return 0 };
        if self.plan.operation != OperationType::Mutation {
            return 0;
        }
        let calls = effects.extensions.iter().filter(|(name, _)| name == "evictFromApiCache");
        calls.map(|(_, arguments)| cache.evict(arguments)).sum()
    }

    fn info(&self, field: &Field) -> Arc<Info> {
        let make = || {
            Arc::new(Info {
                field_name: field.name.to_string(),
                parent_type_name: field.parent.to_string(),
                output_type: field.type_name().to_owned(),
                variables: self.variables.clone(),
                selection_set_list: field.selection_set_list(),
                selection_set_graphql: field.selection_set_graphql(),
            })
        };
        self.infos.lock().entry(field.id).or_insert_with(make).clone()
    }
}

impl Fetch<'_> {
    /// Waits until no resolver runs any more.
    async fn drain(&mut self) {
        while let Some(Finished { slot, path, fields, position, result, appended }) = self.next().await {
            let field = fields.fields[position].id;
            self.above = Some(Above { field, run: slot });
            let children = match (&result, &fields.fields[position].selection) {
                (Ok(value), Some(selection)) => {
                    let at = At { resolver: Some(slot), path: &Path::Below(&path) };
                    self.below(selection, value, at)
                }
                _ => Children::None,
            };
            self.execution.shared.gatherer.ended(field);
            self.resolved[slot] = Some(Resolved { result, appended, children });
        }
        self.above = None;
    }

    /// The next resolver that ends. Where all of them wait, the batches that are complete are sent.
    async fn next(&mut self) -> Option<Finished> {
        let gatherer = &self.execution.shared.gatherer;
        poll_fn(|context| {
            loop {
                match self.running.poll_next_unpin(context) {
                    Poll::Pending if gatherer.release() => {}
                    polled => return polled,
                }
            }
        })
        .await
    }

    /// Whether as many resolvers have started as may.
    fn is_full(&self) -> bool {
        self.resolved.len() >= usize::try_from(self.execution.api.resolver_count_limit).unwrap_or(usize::MAX)
    }

    /// Starts what is selected of an object. Recursion follows plain properties, as deep as the value is.
    fn object(&mut self, fields: &Arc<Fields>, source: &Value, at: At<'_>) -> Children {
        if !fields.needs_fetch {
            return Children::None;
        }
        if self.is_full() {
            return Children::Beyond;
        }
        let mut shared = None;
        let positions = 0..fields.fields.len();
        Children::Object(positions.map(|position| self.field(fields, position, source, at, &mut shared)).collect())
    }

    /// Starts one field; `None` where it needs nothing or may not be read. `shared` is the copy of the source that
    /// the resolvers of one object see, made when the first of them needs it.
    fn field(
        &mut self,
        fields: &Arc<Fields>,
        position: usize,
        source: &Value,
        at: At<'_>,
        shared: &mut Option<Arc<Value>>,
    ) -> Option<Child> {
        let field = &fields.fields[position];
        if field.too_deep || !field.rule.allows(self.execution.identity, &field.parent, &field.name) {
            return None;
        }
        match &field.origin {
            Origin::Property => {
                let selection = field.selection.as_ref()?;
                let at = At { path: &Path::Key(at.path, &field.key), ..at };
                Some(Child::Nested(self.below(selection, source.get(field.name.as_str())?, at)))
            }
            Origin::Resolver(_) if self.is_full() => Some(Child::Beyond),
            Origin::Resolver(resolver) => {
                let source = shared.get_or_insert_with(|| Arc::new(source.clone())).clone();
                Some(Child::Resolved(self.start(fields.clone(), position, resolver.clone(), source, at)))
            }
            Origin::Typename | Origin::Introspection => None,
        }
    }

    fn start(
        &mut self,
        fields: Arc<Fields>,
        position: usize,
        resolver: Arc<Resolver>,
        source: Arc<Value>,
        at: At<'_>,
    ) -> usize {
        let slot = self.resolved.len();
        self.resolved.push(None);
        let execution = self.execution;
        let gatherer = &execution.shared.gatherer;
        let seat = gatherer.started(slot, fields.fields[position].id, self.above, resolver.steps());
        let path = match self.places && slot < limits::TRACE_FIELDS {
            true => Path::Key(at.path, &fields.fields[position].key).segments(),
            false => Vec::new(),
        };
        let place = (!path.is_empty()).then(|| Place { number: slot, parent: at.resolver, path: path.clone() });
        self.running.push(Box::pin(async move {
            let (result, appended) = execution.run(&fields.fields[position], &resolver, source, seat, place).await;
            Finished { slot, path, fields, position, result, appended }
        }));
        slot
    }

    /// Starts what is selected below a composite field's value.
    fn below(&mut self, selection: &Selection, value: &Value, at: At<'_>) -> Children {
        match (value, selection) {
            (_, Selection::Object(fields)) if !fields.needs_fetch => Children::None,
            // Before a list is gone through, or a future made: a page of items times some thousand aliases is millions.
            _ if self.is_full() => Children::Beyond,
            (Value::Array(items), _) => {
                let item = |(index, item)| {
                    let at = At { path: &Path::Index(at.path, index), ..at };
                    self.below(selection, item, at)
                };
                Children::List(items.iter().enumerate().map(item).collect())
            }
            (Value::Object(_), Selection::Object(fields)) => self.object(fields, value, at),
            (Value::Object(object), Selection::Abstract(possible)) => {
                let name = object.get("__typename").and_then(Value::as_str).unwrap_or_default();
                match possible.fields(name) {
                    Ok(Some(fields)) => self.object(&fields, value, at),
                    // The second pass reports what is wrong.
                    _ => Children::None,
                }
            }
            _ => Children::None,
        }
    }
}

fn failed(message: String, kind: &str) -> Raised {
    Raised::Error(Box::new(RaisedError { message, kind: Some(kind.to_owned()), data: None, info: None }))
}

//! The APIs of one kind in this process: those of the template, and those deployed while it runs.
//!
//! A request takes the version that is in force when it comes and finishes on it. A deployment compiles beside the
//! version in force, then takes its place in one step; what belongs to the API's life, above all its open
//! subscriptions, goes on ([`Deployed::take_over`]).

use std::{collections::HashMap, sync::Arc};

use appsync::Diagnostic;
use arc_swap::ArcSwap;

use super::apis::Surroundings;

/// One version of an API, ready to be asked.
pub(crate) trait Deployed: Send + Sync + Sized + 'static {
    /// What it is deployed from.
    type Description: Send + 'static;

    fn id_of(description: &Self::Description) -> &str;

    fn id(&self) -> &str;

    /// Compiles a new API, or the next version of `before`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn compile(
        surroundings: &Surroundings,
        description: Self::Description,
        before: Option<&Self>,
    ) -> Result<Self, Vec<Diagnostic>>;

    /// Goes on with the open subscriptions of the version before. May take a while.
    fn take_over(&self);

    /// The API is gone: its subscriptions end.
    fn end_subscriptions(&self);
}

/// All APIs. Reading takes no lock.
pub(crate) struct Registry<A> {
    surroundings: Arc<Surroundings>,
    table: ArcSwap<Table<A>>,
    /// Held by whoever changes the table, from reading the version in force to taking its place.
    changing: tokio::sync::Mutex<()>,
}

struct Table<A> {
    by_id: HashMap<String, Arc<A>>,
    /// The API at the path without an id, if it is there.
    first: Option<Arc<A>>,
    first_id: Option<String>,
}

impl<A> Default for Table<A> {
    fn default() -> Self {
        Self { by_id: HashMap::new(), first: None, first_id: None }
    }
}

impl<A> Clone for Table<A> {
    fn clone(&self) -> Self {
        Self { by_id: self.by_id.clone(), first: self.first.clone(), first_id: self.first_id.clone() }
    }
}

impl<A: Deployed> Registry<A> {
    /// No API yet.
    pub(crate) fn new(surroundings: Arc<Surroundings>) -> Self {
        Self { surroundings, table: ArcSwap::from_pointee(Table::default()), changing: tokio::sync::Mutex::default() }
    }

    /// The version in force of the API with this id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<A>> {
        self.table.load().by_id.get(id).cloned()
    }

    /// The versions in force of all APIs, in no order.
    pub(crate) fn all(&self) -> Vec<Arc<A>> {
        self.table.load().by_id.values().cloned().collect()
    }

    /// The API at the path without an id.
    pub(crate) fn first(&self) -> Option<Arc<A>> {
        self.table.load().first.clone()
    }

    /// Has the path without an id serve the API with this id, whenever it is there.
    pub(crate) async fn serve_first(&self, id: Option<String>) {
        let _one_at_a_time = self.changing.lock().await;
        let mut table = Table::clone(&self.table.load());
        table.first_id = id;
        self.put_in_force(table);
    }

    /// Compiles an API on a thread of its own and puts it in force: a new one, or the next version of the one with its
    /// id. Open subscriptions go on.
    ///
    /// # Errors
    /// Everything that is wrong with it; the version before stays in force.
    pub(crate) async fn deploy(&self, description: A::Description) -> Result<(), Vec<Diagnostic>> {
        self.prepare(vec![description]).await?.commit().await;
        Ok(())
    }

    /// Takes an API away, and says whether it was there: its subscriptions end, requests in flight do not.
    pub(crate) async fn remove(&self, id: &str) -> bool {
        let _one_at_a_time = self.changing.lock().await;
        let mut table = Table::clone(&self.table.load());
        let Some(removed) = table.by_id.remove(id) else { return false };
        self.put_in_force(table);
        removed.end_subscriptions();
        true
    }

    /// Compiles several APIs, of which all or none are put in force. Other changes wait until the answer is committed or
    /// dropped.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub(crate) async fn prepare(&self, descriptions: Vec<A::Description>) -> Result<Prepared<'_, A>, Vec<Diagnostic>> {
        let one_at_a_time = self.changing.lock().await;
        let compiling = descriptions.into_iter().map(|description| {
            let (surroundings, before) = (self.surroundings.clone(), self.get(A::id_of(&description)));
            tokio::task::spawn_blocking(move || A::compile(&surroundings, description, before.as_deref()))
        });
        let (mut next, mut wrong) = (Vec::new(), Vec::new());
        for compiled in futures::future::join_all(compiling).await {
            match compiled.expect("compiling an API does not panic") {
                Ok(api) => next.push(Arc::new(api)),
                Err(diagnostics) => wrong.extend(diagnostics),
            }
        }
        if wrong.is_empty() { Ok(Prepared { apis: self, _one_at_a_time: one_at_a_time, next }) } else { Err(wrong) }
    }

    fn put_in_force(&self, mut table: Table<A>) {
        table.first = table.first_id.as_ref().and_then(|id| table.by_id.get(id)).cloned();
        self.table.store(Arc::new(table));
    }
}

/// Compiled APIs that are not in force yet.
pub(crate) struct Prepared<'a, A> {
    apis: &'a Registry<A>,
    _one_at_a_time: tokio::sync::MutexGuard<'a, ()>,
    next: Vec<Arc<A>>,
}

impl<A: Deployed> Prepared<'_, A> {
    /// Puts them in force in one step, then has open subscriptions go on with them.
    pub(crate) async fn commit(self) {
        let mut table = Table::clone(&self.apis.table.load());
        let mut replacing = Vec::new();
        for next in self.next {
            if table.by_id.insert(next.id().to_owned(), next.clone()).is_some() {
                replacing.push(next);
            }
        }
        self.apis.put_in_force(table);
        let taking_over = tokio::task::spawn_blocking(move || replacing.iter().for_each(|next| next.take_over()));
        taking_over.await.expect("taking subscriptions over does not panic");
    }
}

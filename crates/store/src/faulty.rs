//! A store that fails where a test tells it to: at one commit, before or after its effect.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use futures::future::BoxFuture;
use parking_lot::Mutex;

use crate::{Bytes, Error, Keyspace, Page, Store, Transaction};

/// What goes wrong at a commit.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Nothing is written and the caller is told this error.
    Refuse(Error),
    /// Everything is written, and yet the caller is told this error.
    LoseAnswer(Error),
    /// The process dies before the write: this and every later call answers [`Error::Closed`].
    CutBefore,
    /// The process dies after the write: this and every later call answers [`Error::Closed`].
    CutAfter,
}

/// Wraps any store. Clones share their plan; what survived a cut is read through the wrapped store.
#[derive(Clone)]
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    faults: BTreeMap<u64, Fault>,
    commits: u64,
    cut: bool,
}

impl FaultyStore {
    /// A wrapper of `inner` that does not fail until it is told to.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, plan: Arc::default() }
    }

    /// Lets the `n`-th commit fail, counted from 1 over the life of this wrapper.
    pub fn fail_at(&self, n: u64, fault: Fault) {
        self.plan.lock().faults.insert(n, fault);
    }

    /// How many commits were begun.
    pub fn commits(&self) -> u64 {
        self.plan.lock().commits
    }

    /// Whether a cut has happened.
    pub fn is_cut(&self) -> bool {
        self.plan.lock().cut
    }

    fn alive(&self) -> Result<&dyn Store, Error> {
        if self.is_cut() { Err(Error::Closed) } else { Ok(&*self.inner) }
    }

    /// Counts one commit and says what shall go wrong with it.
    fn begin_commit(&self) -> Result<Option<Fault>, Error> {
        let mut plan = self.plan.lock();
        if plan.cut {
            return Err(Error::Closed);
        }
        plan.commits += 1;
        let n = plan.commits;
        let fault = plan.faults.remove(&n);
        plan.cut = matches!(fault, Some(Fault::CutBefore | Fault::CutAfter));
        Ok(fault)
    }

    async fn commit_or_fail(self, transaction: Transaction) -> Result<(), Error> {
        match self.begin_commit()? {
            None => self.inner.commit(transaction).await,
            Some(Fault::Refuse(error)) => Err(error),
            Some(Fault::LoseAnswer(error)) => self.inner.commit(transaction).await.and(Err(error)),
            Some(Fault::CutBefore) => Err(Error::Closed),
            Some(Fault::CutAfter) => self.inner.commit(transaction).await.and(Err(Error::Closed)),
        }
    }
}

impl Store for FaultyStore {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, Error> {
        self.alive()?.get(keyspace, key)
    }

    fn range(
        &self,
        keyspace: Keyspace,
        lower: Bound<&[u8]>,
        upper: Bound<&[u8]>,
        limit: usize,
        reverse: bool,
    ) -> Result<Page, Error> {
        self.alive()?.range(keyspace, lower, upper, limit, reverse)
    }

    fn commit(&self, transaction: Transaction) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(self.clone().commit_or_fail(transaction))
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::MemoryStore;

    #[test]
    fn each_fault_has_its_effect_and_its_answer() {
        // (fault, written by the failing commit, later calls work)
        let cases = [
            (Fault::Refuse(Error::Full("test".into())), false, true),
            (Fault::LoseAnswer(Error::Engine("test".into())), true, true),
            (Fault::CutBefore, false, false),
            (Fault::CutAfter, true, false),
        ];
        let keyspace = Keyspace("a");
        let put = |key: u8| {
            let mut transaction = Transaction::new();
            transaction.put(keyspace, [key], [key]);
            transaction
        };
        for (fault, written, works) in cases {
            let inner = MemoryStore::new();
            let store = FaultyStore::new(Arc::new(inner.clone()));
            store.fail_at(2, fault.clone());
            let answers: Vec<_> = (1..=3).map(|key| block_on(store.commit(put(key))).is_ok()).collect();
            assert_eq!(answers, [true, false, works], "{fault:?}");
            assert_eq!(inner.get(keyspace, &[2]).expect("memory").is_some(), written, "{fault:?}");
            assert_eq!(store.get(keyspace, &[1]).is_ok(), works, "{fault:?}");
            assert_eq!((store.is_cut(), store.commits()), (!works, if works { 3 } else { 2 }), "{fault:?}");
        }
    }
}

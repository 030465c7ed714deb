//! A disk that does what disks and crashes do: it is slow, it is full, it takes commits out of order, it dies before or
//! after a write, and what it had not acknowledged by then may be there or not.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use clock::{Clock, SimulatedClock, Timestamp};
use futures::future::BoxFuture;
use parking_lot::Mutex;
use store::{Bytes, Error, Keyspace, MemoryStore, Page, Store, Transaction};

use crate::{dice::Dice, trace::Trace};

/// How a disk behaves: well, if nothing else is said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manners {
    /// Of a thousand commits, how many a crash meets.
    pub(crate) crashes_per_mille: u64,
    /// How many crashes there are at most.
    pub(crate) most_crashes: u64,
    /// Of a thousand commits, how many fail although there is no crash.
    pub(crate) faults_per_mille: u64,
    /// Of a hundred commits, how many take time.
    pub(crate) slow_percent: u64,
    /// The longest that a commit takes, milliseconds.
    pub(crate) slowest_millis: u64,
    /// When the disk is full.
    pub(crate) full: Option<(Timestamp, Timestamp)>,
    /// Of a thousand commits, how many are acknowledged and not made: a bug to be found.
    pub(crate) forgotten_per_mille: u64,
}

/// What a disk has seen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) commits: u64,
    pub(crate) crashes: u64,
    pub(crate) faults: u64,
}

/// See the module's header. Clones are one disk.
#[derive(Clone)]
pub(crate) struct Disk {
    kept: MemoryStore,
    clock: SimulatedClock,
    trace: Trace,
    state: Arc<Mutex<State>>,
}

struct State {
    dice: Dice,
    manners: Manners,
    tally: Tally,
    /// Transactions that are on their way, by the number of their commit.
    pending: BTreeMap<u64, Transaction>,
    /// The process is dead: no commit completes any more.
    cut: bool,
}

/// What becomes of a commit.
enum Fate {
    Done,
    Refused(Error),
    AnswerLost,
    Forgotten,
    CutBefore,
    CutAfter,
    CutAcknowledged,
}

impl Disk {
    /// An empty disk that behaves well.
    pub(crate) fn new(dice: Dice, clock: SimulatedClock, trace: Trace) -> Self {
        let manners = Manners::default();
        let state = State { dice, manners, tally: Tally::default(), pending: BTreeMap::new(), cut: false };
        Self { kept: MemoryStore::new(), clock, trace, state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn tally(&self) -> Tally {
        self.state.lock().tally
    }

    /// Whether a crash has happened since the last [`Self::restart`].
    pub(crate) fn is_cut(&self) -> bool {
        self.state.lock().cut
    }

    /// The process dies now.
    pub(crate) fn cut(&self) {
        let mut state = self.state.lock();
        state.cut = true;
        state.tally.crashes += 1;
    }

    /// The process has died; the disk keeps some of what was on its way, in any order, and is used again.
    pub(crate) async fn restart(&self) {
        let survivors = self.state.lock().survivors();
        for (number, transaction) in survivors {
            let kept = self.kept.commit(transaction).await.is_ok();
            self.trace.add(|| format!("disk: commit {number} was not acknowledged and is kept: {kept}"));
        }
        self.state.lock().cut = false;
    }

    /// From now on the disk behaves so.
    pub(crate) fn behave(&self, manners: Manners) {
        self.state.lock().manners = manners;
    }

    async fn write(self, transaction: Transaction) -> Result<(), Error> {
        let (number, fate, wait) = self.state.lock().begin(transaction, self.clock.now());
        if let Some(millis) = wait {
            self.clock.sleep_until(self.clock.now().plus_millis(millis)).await;
        }
        let Some(transaction) = self.state.lock().take(number) else { return std::future::pending().await };
        let answer = match fate {
            Fate::Done | Fate::AnswerLost | Fate::CutAfter | Fate::CutAcknowledged => {
                self.kept.commit(transaction).await
            }
            Fate::Refused(ref error) => Err(error.clone()),
            Fate::Forgotten => Ok(()),
            Fate::CutBefore => {
                // It is on its way and never arrives, or arrives with nobody to hear of it.
                self.state.lock().pending.insert(number, transaction);
                Ok(())
            }
        };
        self.trace.add(|| format!("disk: commit {number}: {} {answer:?}", fate.name()));
        match fate {
            Fate::AnswerLost => answer.and(Err(Error::Engine("the answer was lost".to_owned()))),
            Fate::CutBefore | Fate::CutAfter => {
                self.cut();
                std::future::pending().await
            }
            Fate::CutAcknowledged => {
                self.cut();
                answer
            }
            Fate::Done | Fate::Refused(_) | Fate::Forgotten => answer,
        }
    }
}

impl Fate {
    fn name(&self) -> &'static str {
        match self {
            Self::Done => "made",
            Self::Refused(_) => "refused",
            Self::AnswerLost => "made, and reported as failed",
            Self::Forgotten => "acknowledged, and not made",
            Self::CutBefore => "crash before",
            Self::CutAfter => "crash after",
            Self::CutAcknowledged => "acknowledged, then crash",
        }
    }
}

impl State {
    /// Takes a commit on: its number, its fate and how long it takes.
    fn begin(&mut self, transaction: Transaction, now: Timestamp) -> (u64, Fate, Option<i64>) {
        self.tally.commits += 1;
        let number = self.tally.commits;
        self.pending.insert(number, transaction);
        let fate = self.fate(now);
        if matches!(fate, Fate::Refused(_) | Fate::AnswerLost | Fate::Forgotten) {
            self.tally.faults += 1;
        }
        let slow = self.manners.slow_percent > 0 && self.dice.percent(self.manners.slow_percent);
        let wait = slow.then(|| self.dice.between(0, self.manners.slowest_millis) as i64);
        (number, fate, wait)
    }

    fn fate(&mut self, now: Timestamp) -> Fate {
        if self.manners.full.is_some_and(|(from, to)| from <= now && now < to) {
            return Fate::Refused(Error::Full("simulated".to_owned()));
        }
        let Manners { crashes_per_mille, faults_per_mille, forgotten_per_mille, most_crashes, .. } = self.manners;
        let place = self.dice.below(1_000);
        if place < crashes_per_mille && self.tally.crashes < most_crashes {
            return self.dice.pick(&[|| Fate::CutBefore, || Fate::CutAfter, || Fate::CutAcknowledged])();
        }
        let place = self.dice.below(1_000);
        if place < faults_per_mille {
            let refused = || Fate::Refused(Error::Engine("simulated".to_owned()));
            return self.dice.pick(&[refused, || Fate::AnswerLost])();
        }
        if self.dice.below(1_000) < forgotten_per_mille { Fate::Forgotten } else { Fate::Done }
    }

    /// A transaction that goes to the disk now; nothing does once the process is dead.
    fn take(&mut self, number: u64) -> Option<Transaction> {
        if self.cut { None } else { self.pending.remove(&number) }
    }

    /// What the disk keeps of the transactions that were on their way.
    fn survivors(&mut self) -> Vec<(u64, Transaction)> {
        let mut pending: Vec<(u64, Transaction)> = std::mem::take(&mut self.pending).into_iter().collect();
        let mut survivors = Vec::new();
        while !pending.is_empty() {
            let one = pending.swap_remove(self.dice.index(pending.len()));
            if self.dice.percent(50) {
                survivors.push(one);
            }
        }
        survivors
    }
}

impl Store for Disk {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, Error> {
        self.kept.get(keyspace, key)
    }

    fn range(
        &self,
        keyspace: Keyspace,
        lower: Bound<&[u8]>,
        upper: Bound<&[u8]>,
        limit: usize,
        reverse: bool,
    ) -> Result<Page, Error> {
        self.kept.range(keyspace, lower, upper, limit, reverse)
    }

    fn commit(&self, transaction: Transaction) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(self.clone().write(transaction))
    }
}

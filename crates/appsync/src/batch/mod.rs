//! Calls of one request that travel together: the events of `BatchInvoke`, and keys that are read with one
//! `BatchGetItem`.
//!
//! No timer decides when a batch leaves. Resolvers of a request are tasks in one flat set
//! (`execution::fetch`), and each says here which calls it can still make. So it is known when the last call that
//! could join has come: then the batch leaves, with the calls in the order of the response. A batch that is full leaves
//! at once. One of the waiting calls leads: it sends the batch and hands out the answers.

mod runs;

use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
};

use futures::channel::oneshot;
use parking_lot::Mutex;
use serde_json::Value;

use crate::data_source::Failure;
pub(crate) use runs::{Above, Seat, Spot};
use runs::{Place, Runs};

/// The calls of one request that wait for company.
#[derive(Default)]
pub(crate) struct Gatherer {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    runs: Runs,
    parked: BTreeMap<Kind, BTreeMap<Place, Vec<Parked>>>,
}

/// Calls of the same kind may travel together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    /// One field's calls only, and of one function of its pipeline; `None` where fields mix.
    place: Option<Place>,
    name: String,
}

/// A call that waits.
struct Parked {
    /// Where its field is in the response: batches are in this order.
    order: Vec<usize>,
    item: Value,
    turn: oneshot::Sender<Turn>,
}

/// What a waiting call is told.
enum Turn {
    /// To send this batch, of which it is the first.
    Lead(VecDeque<Parked>),
    Answered(Result<Value, Failure>),
}

impl Gatherer {
    /// Sends on their way the batches that nothing can join any more; whether there was one.
    pub(crate) fn release(&self) -> bool {
        let State { runs, parked } = &mut *self.state.lock();
        let mut released = false;
        parked.retain(|_, places| {
            let mut batch = Vec::new();
            places.retain(|place, calls| {
                let complete = runs.are_past(*place);
                if complete {
                    batch.append(calls);
                }
                !complete
            });
            released |= !batch.is_empty();
            lead(batch);
            !places.is_empty()
        });
        released
    }

    /// Parks a call; with it the batch may be full, and then the call is told to lead at once.
    fn park(&self, spot: Spot<'_>, kind: Kind, limit: usize, item: Value) -> oneshot::Receiver<Turn> {
        let (turn, told) = oneshot::channel();
        let state = &mut *self.state.lock();
        spot.arrive(&mut state.runs);
        let parked = Parked { order: spot.order(&state.runs), item, turn };
        let places = state.parked.entry(kind.clone()).or_default();
        places.entry(spot.place()).or_default().push(parked);
        if places.values().map(Vec::len).sum::<usize>() >= limit {
            let full = state.parked.remove(&kind).into_iter().flatten().flat_map(|(_, calls)| calls);
            lead(full.collect());
        }
        told
    }
}

/// Tells the first call of a batch to send it.
fn lead(mut batch: Vec<Parked>) {
    batch.sort_by(|a, b| a.order.cmp(&b.order));
    let mut batch = VecDeque::from(batch);
    if let Some(first) = batch.pop_front() {
        let Parked { order, item, turn } = first;
        let (unused, _) = oneshot::channel();
        batch.push_front(Parked { order, item, turn: unused });
        // Nobody listens where the whole request was given up.
        let _ = turn.send(Turn::Lead(batch));
    }
}

impl Spot<'_> {
    /// Calls of this field, and of this function of its pipeline, that have the same name.
    pub(crate) fn kind_of_field(&self, name: &str) -> Kind {
        Kind { place: Some(self.place()), name: name.to_owned() }
    }

    /// Calls of the whole request that have the same name.
    pub(crate) fn kind_of_request(&self, name: String) -> Kind {
        Kind { place: None, name }
    }

    /// Makes a call together with others of its kind, at most `limit` of them. `send` gets the items of a batch and
    /// answers each of them, in order; its failure is everybody's.
    pub(crate) async fn together<Sending>(
        self,
        kind: Kind,
        limit: usize,
        item: Value,
        send: impl FnOnce(Vec<Value>) -> Sending,
    ) -> Result<Value, Failure>
    where
        Sending: Future<Output = Vec<Result<Value, Failure>>>,
    {
        let told = self.gatherer().park(self, kind, limit.max(1), item).await;
        let batch = match told {
            Ok(Turn::Answered(answer)) => return answer,
            Ok(Turn::Lead(batch)) => batch,
            // The leader is gone only when the whole request is.
            Err(oneshot::Canceled) => return Err(Failure::Document("The request has been given up.".to_owned())),
        };
        let (items, mut turns): (Vec<_>, VecDeque<_>) = batch.into_iter().map(|call| (call.item, call.turn)).unzip();
        let mut answers = send(items).await.into_iter();
        let own = answers.next();
        turns.pop_front();
        for (turn, answer) in turns.into_iter().zip(answers) {
            let _ = turn.send(Turn::Answered(answer));
        }
        own.unwrap_or_else(|| Err(Failure::Document("The batch was not answered.".to_owned())))
    }
}

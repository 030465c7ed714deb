//! Open transactions: each holds a connection until it ends, or until nobody has asked for it for too long.

use std::{collections::HashMap, sync::Arc};

use clock::{Clock, Timestamp};
use parking_lot::Mutex;

use crate::{Error, connection::Connection, limits};

/// The open transactions of the service.
#[derive(Clone)]
pub(crate) struct Transactions {
    open: Arc<Mutex<Open>>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Open {
    slots: HashMap<String, Slot>,
    /// Whether a task watches over them.
    watched: bool,
}

struct Slot {
    /// Nothing while a statement runs in it.
    connection: Option<Connection>,
    began: Timestamp,
    used: Timestamp,
}

/// A transaction in the hands of one call. Dropped without [`Held::put_back`], it is over, which rolls it back.
pub(crate) struct Held {
    connection: Option<Connection>,
    id: String,
    transactions: Transactions,
}

impl Transactions {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { open: Arc::default(), clock }
    }

    /// Keeps a connection on which a transaction has begun; the answer is its id.
    pub(crate) fn add(&self, connection: Connection) -> String {
        let (id, now) = (self.clock.uuid(), self.clock.now());
        let mut open = self.open.lock();
        open.slots.insert(id.clone(), Slot { connection: Some(connection), began: now, used: now });
        if !open.watched {
            open.watched = true;
            tokio::spawn(self.clone().watch());
        }
        id
    }

    /// The transaction for a call.
    ///
    /// # Errors
    /// No such transaction, or one that another call is in.
    pub(crate) fn take(&self, id: &str) -> Result<Held, Error> {
        let mut open = self.open.lock();
        let slot = open.slots.get_mut(id).ok_or_else(|| Error::TransactionNotFound(id.to_owned()))?;
        slot.used = self.clock.now();
        let busy = || Error::Database("Transaction is still running a query".to_owned());
        let connection = slot.connection.take().ok_or_else(busy)?;
        Ok(Held { connection: Some(connection), id: id.to_owned(), transactions: self.clone() })
    }

    /// Rolls back what is due, until nothing is open.
    async fn watch(self) {
        while let Some(due) = self.roll_back_due() {
            self.clock.sleep_until(due).await;
        }
    }

    /// When the next transaction is due; nothing when none is open.
    fn roll_back_due(&self) -> Option<Timestamp> {
        let now = self.clock.now();
        let mut open = self.open.lock();
        // A connection rolls back when it is dropped.
        open.slots.retain(|_, slot| slot.due() > now);
        let next = open.slots.values().map(Slot::due).min();
        open.watched = next.is_some();
        next
    }
}

impl Slot {
    fn due(&self) -> Timestamp {
        let idle = self.used.plus_millis(limits::TRANSACTION_IDLE_MILLIS);
        idle.min(self.began.plus_millis(limits::TRANSACTION_MILLIS))
    }
}

impl Held {
    /// What the statement runs on.
    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("it is taken when this ends")
    }

    /// The call is done, the transaction goes on.
    pub(crate) fn put_back(mut self) {
        let mut open = self.transactions.open.lock();
        if let Some(slot) = open.slots.get_mut(&self.id) {
            slot.connection = self.connection.take();
            slot.used = self.transactions.clock.now();
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.connection.is_some() {
            self.transactions.open.lock().slots.remove(&self.id);
        }
    }
}

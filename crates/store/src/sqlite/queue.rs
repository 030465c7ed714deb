//! The bounded queue between those who commit and the committer thread.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::{Condvar, Mutex};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::{Error, Transaction};

/// The most transactions that one group makes durable.
pub(super) const GROUP_TRANSACTIONS: usize = 256;
/// The most bytes of keys and values in one group, save that a larger transaction makes a group of its own.
const GROUP_BYTES: usize = 1 << 20;
/// Kibibytes that may wait to be committed; who brings more waits to be let in.
const WAITING_KIB: u32 = 64 * 1024;

/// A transaction on its way to the disk.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) transaction: Transaction,
    pub(super) reply: oneshot::Sender<Result<(), Error>>,
    // Gives its share of the queue back when the request is answered.
    _room: OwnedSemaphorePermit,
}

#[derive(Debug)]
pub(super) struct Queue {
    room: Arc<Semaphore>,
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    requests: VecDeque<Request>,
    closed: bool,
}

impl Default for Queue {
    fn default() -> Self {
        let room = Arc::new(Semaphore::new(WAITING_KIB as usize));
        Self { room, waiting: Mutex::default(), changed: Condvar::new() }
    }
}

impl Queue {
    /// Waits for room, queues `transaction` and waits for what the committer answers.
    pub(super) async fn submit(&self, transaction: Transaction) -> Result<(), Error> {
        let kib = u32::try_from(transaction.bytes() / 1024 + 1).unwrap_or(WAITING_KIB).min(WAITING_KIB);
        let room = Arc::clone(&self.room).acquire_many_owned(kib).await.map_err(|_| Error::Closed)?;
        let (reply, answer) = oneshot::channel();
        self.push(Request { transaction, reply, _room: room })?;
        answer.await.unwrap_or(Err(Error::Closed))
    }

    fn push(&self, request: Request) -> Result<(), Error> {
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return Err(Error::Closed);
        }
        waiting.requests.push_back(request);
        drop(waiting);
        self.changed.notify_one();
        Ok(())
    }

    /// The next group, as soon as there is at least one transaction; `None` once the queue is closed and empty.
    pub(super) fn next_group(&self) -> Option<Vec<Request>> {
        let mut waiting = self.waiting.lock();
        while waiting.requests.is_empty() {
            if waiting.closed {
                return None;
            }
            self.changed.wait(&mut waiting);
        }
        let (mut group, mut bytes) = (Vec::new(), 0);
        while let Some(request) = waiting.requests.front() {
            bytes += request.transaction.bytes();
            if !group.is_empty() && (bytes > GROUP_BYTES || group.len() == GROUP_TRANSACTIONS) {
                break;
            }
            group.extend(waiting.requests.pop_front());
        }
        Some(group)
    }

    /// Lets nobody in any more. What is queued is still committed.
    pub(super) fn close(&self) {
        self.room.close();
        self.waiting.lock().closed = true;
        self.changed.notify_all();
    }

    /// Answers [`Error::Closed`] to all that wait: the committer is gone.
    pub(super) fn abandon(&self) {
        self.close();
        self.waiting.lock().requests.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll},
    };

    use super::*;
    use crate::Keyspace;

    fn of_bytes(bytes: usize) -> Transaction {
        let mut transaction = Transaction::new();
        transaction.put(Keyspace("a"), *b"", vec![0; bytes]);
        transaction
    }

    #[test]
    fn groups_are_bounded_by_count_and_bytes_and_the_queue_by_bytes() {
        let queue = Queue::default();
        let mut commits: Vec<_> = Vec::new();
        for bytes in [GROUP_BYTES * 2, 10, GROUP_BYTES - 10, 1] {
            commits.push(Box::pin(queue.submit(of_bytes(bytes))));
        }
        commits.extend((0..GROUP_TRANSACTIONS).map(|_| Box::pin(queue.submit(of_bytes(1)))));
        let mut context = Context::from_waker(std::task::Waker::noop());
        for commit in &mut commits {
            assert!(commit.as_mut().poll(&mut context).is_pending());
        }
        let groups: Vec<_> = (0..4).map(|_| queue.next_group().expect("a group").len()).collect();
        assert_eq!(groups, [1, 2, GROUP_TRANSACTIONS, 1]);

        let mut first = pin!(queue.submit(of_bytes(usize::try_from(WAITING_KIB).expect("fits") * 1024)));
        let mut second = pin!(queue.submit(of_bytes(1)));
        assert!(first.as_mut().poll(&mut context).is_pending());
        assert!(second.as_mut().poll(&mut context).is_pending());
        assert_eq!(queue.next_group().expect("only the first is let in").len(), 1);
        queue.close();
        assert!(matches!(second.as_mut().poll(&mut context), Poll::Ready(Err(Error::Closed))));
        assert!(queue.next_group().is_none());
    }
}

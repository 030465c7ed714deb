//! What only the durable store promises: reopening, exclusiveness, versions, a full disk, group commit.

use std::{ops::Bound, path::Path};

use futures::{executor::block_on, future::join_all};
use store::{Error, Keyspace, Options, SqliteStore, Store, Transaction};

const A: Keyspace = Keyspace("a");

fn put(key: impl Into<Vec<u8>>, bytes: usize) -> Transaction {
    let mut transaction = Transaction::new();
    transaction.put(A, key, vec![7; bytes]);
    transaction
}

fn count(store: &SqliteStore) -> usize {
    store.range(A, Bound::Unbounded, Bound::Unbounded, usize::MAX, false).expect("reads").len()
}

#[test]
fn what_was_committed_is_there_after_reopening() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("made/on/demand");
    for opened in 0_u8..3 {
        let store = SqliteStore::open(&path).expect("opens");
        assert_eq!(count(&store), usize::from(opened));
        block_on(store.commit(put([opened], 3))).expect("commits");
    }
}

#[test]
fn a_folder_belongs_to_one_store_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path()).expect("opens");
    let second = SqliteStore::open(folder.path());
    assert!(matches!(&second, Err(Error::InUse(name)) if Path::new(name) == folder.path()), "{second:?}");
    drop(store);
    SqliteStore::open(folder.path()).expect("opens once the first is gone");
}

#[test]
fn data_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(SqliteStore::open(folder.path()).expect("opens"));
    let file = folder.path().join("stepwell.sqlite");
    let raw = rusqlite::Connection::open(&file).expect("opens");
    raw.pragma_update(None, "user_version", 99).expect("sets");
    drop(raw);
    let answer = SqliteStore::open(folder.path());
    assert!(matches!(answer, Err(Error::Newer { found: 99, known: 1 })), "{answer:?}");
}

#[test]
fn a_full_disk_refuses_what_does_not_fit_and_works_again_when_space_returns() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { max_bytes: Some(1 << 20) };
    let store = SqliteStore::open_with(folder.path(), options).expect("opens");
    let mut stored = 0_u8;
    let refused = loop {
        match block_on(store.commit(put([stored], 50_000))) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, Error::Full(_)), "{refused:?}");
    assert!((10..=20).contains(&stored), "{stored}");
    assert_eq!(count(&store), usize::from(stored), "what did not fit left nothing behind");

    // One that does not fit spoils neither the reads nor the others of its group.
    let answers = block_on(join_all([put([200], 10), put([201], 500_000), put([202], 10)].map(|t| store.commit(t))));
    assert!(matches!(answers[..], [Ok(()), Err(Error::Full(_)), Ok(())]), "{answers:?}");

    let mut delete = Transaction::new();
    delete.delete(A, [0]).delete(A, [1]);
    block_on(store.commit(delete)).expect("deleting needs no space");
    block_on(store.commit(put([0], 50_000))).expect("space has returned");
}

#[test]
fn many_concurrent_commits_share_few_fsyncs() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path()).expect("opens");
    block_on(store.commit(put(*b"first", 1))).expect("commits");
    let commits = (0_u32..2000).map(|n| store.commit(put(n.to_be_bytes(), 100)));
    let answers = block_on(join_all(commits));
    assert!(answers.iter().all(Result::is_ok));
    let statistics = store.statistics();
    assert_eq!(statistics.transactions, 2001);
    assert!(statistics.groups < 200, "{statistics:?}");
    assert_eq!(count(&store), 2001);
}

#[test]
fn the_write_ahead_log_stays_bounded_while_reads_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path()).expect("opens");
    // 96 MiB of writes; the writer waits for a checkpoint when the log has 64 MiB.
    for round in 0_u8..24 {
        let commits = (0_u8..4).map(|n| {
            let mut transaction = Transaction::new();
            // SQLite writes no page that keeps its content, so every round has its own.
            transaction.put(A, [round % 4, n], vec![round; 1 << 20]);
            store.commit(transaction)
        });
        assert!(block_on(join_all(commits)).iter().all(Result::is_ok));
        assert!(store.get(A, &[round % 4, 3]).expect("reads").is_some());
    }
    assert!(store.statistics().checkpoints > 0);
    let log = std::fs::metadata(folder.path().join("stepwell.sqlite-wal")).expect("a log").len();
    assert!(log < 72 << 20, "the log has {log} bytes");
}

#[test]
fn commits_after_the_end_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path()).expect("opens");
    let late = store.commit(put(*b"late", 1));
    drop(store);
    assert!(matches!(block_on(late), Err(Error::Closed)));
}

//! Kills a writing process at moments it cannot foresee: every acknowledged transaction is there, none is torn.
//!
//! SIGKILL leaves the page cache intact, so this shows recovery and atomicity; that each group waits for fsync is
//! SQLite's `synchronous=FULL`.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Write},
    ops::Bound,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
};

use futures::executor::block_on;
use store::{Keyspace, SqliteStore, Store, Transaction};

const FOLDER: &str = "STORE_CRASH_FOLDER";
const PARTS: [Keyspace; 3] = [Keyspace("one"), Keyspace("two"), Keyspace("three")];
const WRITERS: u8 = 8;
const KILLS: u64 = 10;

/// Run by the parent test in a process of its own; does nothing when it is run as a test.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let store = Arc::new(SqliteStore::open(folder).expect("the lock of a killed process is gone"));
    let found = sequences(&store);
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, first) = (Arc::clone(&store), found.get(&writer).map_or(0, |last| last + 1));
            thread::spawn(move || write_for_ever(&store, writer, first))
        })
        .collect();
    for writer in writers {
        writer.join().expect("killed before it ends");
    }
}

fn write_for_ever(store: &SqliteStore, writer: u8, first: u32) {
    for sequence in first.. {
        let mut transaction = Transaction::new();
        for part in PARTS {
            transaction.require_absent(part, key(writer, sequence)).put(
                part,
                key(writer, sequence),
                value(writer, sequence),
            );
        }
        block_on(store.commit(transaction)).expect("commits");
        let mut out = std::io::stdout().lock();
        // One write per line, so that a kill cuts between lines or inside the last one.
        if out.write_all(format!("\nack {writer} {sequence} .\n").as_bytes()).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

fn key(writer: u8, sequence: u32) -> Vec<u8> {
    [&[writer][..], &sequence.to_be_bytes()].concat()
}

fn value(writer: u8, sequence: u32) -> Vec<u8> {
    key(writer, sequence).repeat(1 + sequence as usize % 300)
}

/// The last sequence number of each writer, after checking that nothing is torn, changed or missing before it.
fn sequences(store: &SqliteStore) -> BTreeMap<u8, u32> {
    let pages =
        PARTS.map(|part| store.range(part, Bound::Unbounded, Bound::Unbounded, usize::MAX, false).expect("reads"));
    assert_eq!(pages[0], pages[1], "a torn transaction");
    assert_eq!(pages[0], pages[2], "a torn transaction");
    let mut last = BTreeMap::new();
    for (found, bytes) in &pages[0] {
        let (writer, sequence) = (found[0], u32::from_be_bytes(found[1..].try_into().expect("four bytes")));
        assert_eq!(bytes[..], value(writer, sequence), "changed bytes of {writer}/{sequence}");
        let expected = last.get(&writer).map_or(0, |last| last + 1);
        assert_eq!(sequence, expected, "a hole in what writer {writer} wrote");
        last.insert(writer, sequence);
    }
    last
}

/// Starts a writer, kills it once it has acknowledged `acknowledgements`, and says what it had acknowledged by then.
fn run_and_kill(folder: &Path, acknowledgements: u64) -> BTreeMap<u8, u32> {
    let mut child = Command::new(env::current_exe().expect("this test"))
        .args(["--exact", "child_that_writes_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let (mut acknowledged, mut seen) = (BTreeMap::new(), 0);
    for line in lines.map_while(Result::ok) {
        let Some((writer, sequence)) = acknowledgement(&line) else { continue };
        acknowledged.insert(writer, sequence);
        seen += 1;
        if seen == acknowledgements {
            child.kill().expect("SIGKILL");
        }
    }
    child.wait().expect("ends");
    assert!(seen >= acknowledgements, "the child ended by itself after {seen} acknowledgements");
    acknowledged
}

fn acknowledgement(line: &str) -> Option<(u8, u32)> {
    let (writer, sequence) = line.strip_prefix("ack ")?.strip_suffix(" .")?.split_once(' ')?;
    Some((writer.parse().ok()?, sequence.parse().ok()?))
}

#[test]
fn a_killed_process_loses_nothing_that_it_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    for kill in 0..KILLS {
        // Spread over the life of the child: during its first groups, and after hundreds of them.
        let acknowledged = run_and_kill(folder.path(), 1 + kill * kill * 7);
        let store = SqliteStore::open(folder.path()).expect("opens after a kill");
        let found = sequences(&store);
        for (writer, sequence) in acknowledged {
            assert!(
                found.get(&writer) >= Some(&sequence),
                "kill {kill}: {writer}/{sequence} was acknowledged and is gone"
            );
        }
    }
}

//! What every store promises, tried on each of them.

use std::{ops::Bound, sync::Arc};

use futures::executor::block_on;
use store::{Bytes, Error, FaultyStore, Keyspace, MemoryStore, SqliteStore, Store, Transaction};

const A: Keyspace = Keyspace("a");
const B: Keyspace = Keyspace("B");

fn for_every_store(test: impl Fn(&str, Arc<dyn Store>)) {
    let folder = tempfile::tempdir().expect("a folder");
    test("memory", Arc::new(MemoryStore::new()));
    test("sqlite", Arc::new(SqliteStore::open(folder.path()).expect("opens")));
    test("faulty", Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()))));
}

fn commit(store: &dyn Store, build: impl FnOnce(&mut Transaction)) -> Result<(), Error> {
    let mut transaction = Transaction::new();
    build(&mut transaction);
    block_on(store.commit(transaction))
}

fn value(store: &dyn Store, keyspace: Keyspace, key: &[u8]) -> Option<Bytes> {
    store.get(keyspace, key).expect("reads")
}

#[test]
fn a_transaction_is_seen_whole_in_every_keyspace() {
    for_every_store(|name, store| {
        assert_eq!(value(&*store, A, b"k"), None, "{name}: an untouched keyspace is empty");
        commit(&*store, |t| {
            t.put(A, *b"k", *b"1")
                .put(B, *b"k", *b"2")
                .put(A, *b"gone", *b"3")
                .delete(A, *b"gone")
                .put(A, *b"k", *b"4");
        })
        .expect("commits");
        assert_eq!(value(&*store, A, b"k").as_deref(), Some(&b"4"[..]), "{name}: the last write wins");
        assert_eq!(value(&*store, B, b"k").as_deref(), Some(&b"2"[..]), "{name}");
        assert_eq!(value(&*store, A, b"gone"), None, "{name}");
        assert_eq!(value(&*store, Keyspace("b"), b"k"), None, "{name}: names differ by case");
        commit(&*store, |t| {
            t.delete(A, *b"k").delete(Keyspace("never"), *b"x");
        })
        .expect("commits");
        assert_eq!(value(&*store, A, b"k"), None, "{name}");
        commit(&*store, |_| ()).expect("an empty transaction commits");
    });
}

#[test]
fn conditions_hold_or_nothing_is_written() {
    for_every_store(|name, store| {
        type Build = fn(&mut Transaction) -> &mut Transaction;
        // (what is required, whether it holds when A has k=v and e="")
        let cases: [(Build, bool); 10] = [
            (|t| t.require_absent(A, *b"k"), false),
            (|t| t.require_absent(A, *b"other"), true),
            (|t| t.require_absent(Keyspace("never"), *b"k"), true),
            (|t| t.require_equals(A, *b"k", *b"v"), true),
            (|t| t.require_equals(A, *b"k", *b"V"), false),
            (|t| t.require_equals(A, *b"k", *b"v\0"), false),
            (|t| t.require_equals(A, *b"e", *b""), true),
            (|t| t.require_equals(A, *b"other", *b""), false),
            (|t| t.require_equals(Keyspace("never"), *b"k", *b""), false),
            (|t| t.require_equals(A, *b"k", *b"v").require_absent(A, *b"e"), false),
        ];
        commit(&*store, |t| {
            t.put(A, *b"k", *b"v").put(A, *b"e", *b"");
        })
        .expect("commits");
        for (n, (require, holds)) in (0_u8..).zip(cases) {
            // Writes come first on purpose: conditions speak of the state before them.
            let answer = commit(&*store, |t| {
                require(t.put(B, [n], *b"written"));
            });
            assert_eq!(answer.is_ok(), holds, "{name}: case {n}");
            assert!(holds || matches!(answer, Err(Error::Conflict)), "{name}: case {n}: {answer:?}");
            assert_eq!(value(&*store, B, &[n]).is_some(), holds, "{name}: case {n}");
        }
    });
}

#[test]
fn ranges_are_ordered_bounded_and_limited() {
    use Bound::{Excluded as Ex, Included as In, Unbounded as Un};
    type Case<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>, usize, bool, &'a [&'a [u8]]);
    let cases: [Case<'_>; 14] = [
        (Un, Un, 9, false, &[b"", b"a", b"a\0", b"b", b"\xff"]),
        (Un, Un, 9, true, &[b"\xff", b"b", b"a\0", b"a", b""]),
        (Un, Un, 2, false, &[b"", b"a"]),
        (Un, Un, 2, true, &[b"\xff", b"b"]),
        (Un, Un, 0, false, &[]),
        (In(b"a"), In(b"b"), 9, false, &[b"a", b"a\0", b"b"]),
        (Ex(b"a"), Ex(b"b"), 9, false, &[b"a\0"]),
        (In(b"a"), Ex(b"a\0"), 9, true, &[b"a"]),
        (Ex(b"a"), Un, 9, true, &[b"\xff", b"b", b"a\0"]),
        (Un, Ex(b"a"), 9, false, &[b""]),
        (In(b"b"), In(b"a"), 9, false, &[]),
        (Ex(b"a"), Ex(b"a"), 9, false, &[]),
        (In(b"a"), In(b"a"), 9, true, &[b"a"]),
        (Ex(b"a"), In(b"a"), 9, true, &[]),
    ];
    for_every_store(|name, store| {
        commit(&*store, |t| {
            for key in [&b"b"[..], b"", b"a\0", b"\xff", b"a"] {
                t.put(A, key, key);
            }
        })
        .expect("commits");
        for (n, (lower, upper, limit, reverse, expected)) in cases.iter().enumerate() {
            let page = store.range(A, *lower, *upper, *limit, *reverse).expect("reads");
            let keys: Vec<_> = page.iter().map(|(key, _)| key.as_slice()).collect();
            assert_eq!(keys, *expected, "{name}: case {n}");
            assert!(page.iter().all(|(key, value)| key[..] == value[..]), "{name}: case {n}");
        }
        assert!(store.range(Keyspace("never"), Un, Un, 9, false).expect("reads").is_empty(), "{name}");
    });
}

#[test]
fn of_many_that_require_the_same_absence_one_wins() {
    for_every_store(|name, store| {
        let commits = (0_u8..50).map(|n| {
            let mut transaction = Transaction::new();
            transaction.require_absent(A, *b"lock").put(A, *b"lock", [n]).put(B, [n], *b"mine");
            store.commit(transaction)
        });
        let answers = block_on(futures::future::join_all(commits));
        let winners: Vec<_> = answers.iter().enumerate().filter(|(_, answer)| answer.is_ok()).map(|(n, _)| n).collect();
        assert_eq!(winners.len(), 1, "{name}");
        let page = store.range(B, Bound::Unbounded, Bound::Unbounded, 99, false).expect("reads");
        assert_eq!(page.len(), 1, "{name}: a conflict inside a group leaves nothing behind");
        assert_eq!(usize::from(page[0].0[0]), winners[0], "{name}");
    });
}

//! `kill -9` at random moments under load: what was acknowledged is there, every execution takes the steps that it
//! would have taken, and every write of a workflow has taken effect exactly once.
//!
//! The number of kills is `STEPWELL_KILLS`, 8 unless set. Three kinds of work run: orders of the shipped application,
//! whose workflow writes to four tables and may wait for a person, executions of a machine without services, and of one
//! that adds one to an item over and over. Each kind has executions that nothing disturbed, made before the first kill; all others are compared with those.

#[path = "../support/mod.rs"]
mod support;

mod effects;
mod history;
mod load;
mod outcome;

use std::sync::Arc;

use clock::{Clock, RealClock};
use support::Server;
use tokio::sync::Mutex;

use crate::{
    history::References,
    load::{Acknowledged, Machines},
};

const WRITERS: usize = 6;
/// The shipped application with more stock than any run takes.
const RUN: [&str; 3] = ["run", "--parameter", "InitialStock=1000000"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_done_twice() {
    let kills: usize = std::env::var("STEPWELL_KILLS").ok().map_or(8, |n| n.parse().expect("a number of kills"));
    let folder = tempfile::tempdir().expect("a folder");
    let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
    let server = Server::start_with(folder.path(), &RUN).await;
    let machines = Machines::create(&server).await;
    let references = References::make(&server, &machines).await;
    assert!(server.stop().await.success());

    let mut unanswered = vec![None; WRITERS];
    for kill in 0..kills {
        if kill % 4 == 3 {
            kill_while_starting(folder.path()).await;
        }
        let server = Arc::new(Server::start_with(folder.path(), &RUN).await);
        let writers: Vec<_> = unanswered
            .drain(..)
            .enumerate()
            .map(|(writer, first)| {
                let name = format!("k{kill}-w{writer}");
                tokio::spawn(load::write(
                    server.clone(),
                    name,
                    writer == 0,
                    first,
                    machines.clone(),
                    acknowledged.clone(),
                ))
            })
            .collect();
        a_random_moment(30, 500).await;
        server.kill_now();
        for writer in writers {
            unanswered.push(writer.await.expect("no writer panics"));
        }
        Arc::into_inner(server).expect("the writers are done").kill().await;
    }

    let server = Server::start_with(folder.path(), &RUN).await;
    let acknowledged = Arc::into_inner(acknowledged).expect("the writers are done").into_inner();
    println!(
        "{kills} kills; {} orders, {} executions without services and {} that count acknowledged",
        acknowledged.orders.len(),
        acknowledged.executions.len(),
        acknowledged.counts.len()
    );
    assert!(acknowledged.orders.len() > kills, "the load was too thin to show anything");
    outcome::verify(&server, &acknowledged, &references, &machines).await;
    assert!(server.stop().await.success());
}

/// Kills a process that may still be taking up its executions.
async fn kill_while_starting(data: &std::path::Path) {
    let mut child = support::spawn(data, &RUN);
    a_random_moment(0, 400).await;
    child.kill().await.expect("killed");
}

/// The kill must come at no moment that the server could know of: this wait stands for chance, not for an event.
async fn a_random_moment(least_millis: i64, spread_millis: u64) {
    let chance = i64::try_from(RealClock.random() % spread_millis).expect("small");
    RealClock.sleep_until(RealClock.now().plus_millis(least_millis + chance)).await;
}

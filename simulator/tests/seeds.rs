//! The simulation itself: that seeds pass, that a seed always goes the same way, and that the checks can fail.

use simulator::{Bug, Counts, Options, run};

/// How many seeds are run here; the gate runs many more, optimised.
const SEEDS: u64 = 300;

#[test]
fn seeds_pass() {
    let mut counts = Counts::default();
    for seed in 0..SEEDS {
        counts += run(seed, &Options::default()).unwrap_or_else(|failure| panic!("{failure}")).counts;
    }
    // What is simulated is there, or the seeds prove nothing.
    let Counts { executions, crashes, disk_faults, redelivered, duplicated, reordered, foretold, .. } = counts;
    assert!(executions > SEEDS && foretold > executions / 2, "{counts:?}");
    assert!(crashes > 50 && disk_faults > 50 && redelivered > 20 && duplicated > 50 && reordered > 50, "{counts:?}");
}

#[test]
fn a_seed_always_goes_the_same_way() {
    for seed in 0..40 {
        let trace = || {
            let options = Options { trace: true, ..Options::default() };
            run(seed, &options).unwrap_or_else(|failure| panic!("{failure}")).trace
        };
        let (first, second) = (trace(), trace());
        assert!(first.len() > 10, "seed {seed}: {first:?}");
        let differ = first.iter().zip(&second).find(|(first, second)| first != second);
        assert_eq!(differ, None, "seed {seed}");
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
}

#[test]
fn planted_bugs_are_found() {
    let cases = [(Bug::EffectsAgain, "effects: "), (Bug::CommitForgotten, "")];
    for (bug, text) in cases {
        let options = Options { bug: Some(bug), ..Options::default() };
        let found = (0..SEEDS).find_map(|seed| run(seed, &options).err());
        let failure = found.unwrap_or_else(|| panic!("{bug:?} is not found"));
        assert!(failure.to_string().contains(text), "{bug:?}: {failure}");
    }
}

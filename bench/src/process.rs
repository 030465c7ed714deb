//! What Linux says of a process (its id, or `self`).

use std::fs;

use anyhow::Context;

/// User and system time of its threads so far, microseconds. `/proc/PID/stat` has it in ticks of 10 ms, which is too coarse
/// for a round of some hundred requests; the scheduler counts nanoseconds of each thread. Threads that end between two
/// readings take theirs along.
pub(crate) fn cpu_micros(process: &str) -> anyhow::Result<f64> {
    let mut nanos = 0.0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread that has just ended has no file any more.
        let Ok(counts) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        nanos += counts.split_whitespace().next().context("a number in schedstat")?.parse::<f64>()?;
    }
    Ok(nanos / 1_000.0)
}

/// Memory that is in use, MiB.
pub(crate) fn resident_mebibytes(process: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<f64>()? / 1024.0)
}

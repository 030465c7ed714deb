//! How figures are printed: medians with their spread.

use std::fmt;

use crate::load::Round;

/// The median of several rounds, and the lowest and highest.
pub(crate) struct Spread {
    pub(crate) median: f64,
    low: f64,
    high: f64,
}

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self { median: percentile(&values, 0.5), low: percentile(&values, 0.0), high: percentile(&values, 1.0) }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8.1} ({:.1} to {:.1})", self.median, self.low, self.high)
    }
}

pub(crate) fn header() {
    println!(
        "{:<38} {:>26} {:>30} {:>8} {:>8} {:>8}",
        "", "server CPU us/request", "requests/s", "p50 ms", "p95 ms", "p99 ms"
    );
}

pub(crate) fn row(name: &str, rounds: &[Round]) {
    let cpu = Spread::of(rounds.iter().map(|round| round.cpu_micros).collect());
    let rate = Spread::of(rounds.iter().map(|round| round.per_second).collect());
    let at = |p| Spread::of(rounds.iter().map(|round| percentile(&round.latencies, p)).collect()).median;
    let (cpu, rate) = (cpu.to_string(), rate.to_string());
    println!("{name:<38} {cpu:>26} {rate:>30} {:>8.2} {:>8.2} {:>8.2}", at(0.5), at(0.95), at(0.99));
}

/// How many states are entered each second where an execution enters `entered`.
pub(crate) fn transitions(entered: usize, rounds: &[Round]) {
    let each = Spread::of(rounds.iter().map(|round| round.per_second * entered as f64).collect());
    println!("    state transitions a second: {}", each.to_string().trim_start());
}

/// Of ascending values.
fn percentile(values: &[f64], p: f64) -> f64 {
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * p).round() as usize).copied().unwrap_or(f64::NAN)
}

//! What a seed decides beforehand: the machines, the executions, the manners of the disk, and what clients and operators
//! will ask for.

use clock::Timestamp;
use serde_json::Value;

use crate::{
    Bug,
    dice::Dice,
    disk::Manners,
    generate::{self, items},
    machine::{Data, Kind, Machine, Target, arn, tasks},
    world::{Event, Execution},
};

/// 2026-01-01T00:00:00.123Z.
pub(crate) const START: Timestamp = Timestamp(1_767_225_600_123);
/// By how much everything that goes wrong in a seed can delay an execution, generously. Every time-out of a task is longer.
pub(crate) const SLACK_MILLIS: u64 = 300_000;
/// The longest time between a crash and the next start, milliseconds.
pub(crate) const LONGEST_DOWNTIME: u64 = 20_000;
/// Crashes of one seed.
const MOST_CRASHES: u64 = 4;

/// See the module's header.
pub(crate) struct Plan {
    pub(crate) machines: Vec<Machine>,
    pub(crate) executions: Vec<Execution>,
    pub(crate) manners: Manners,
    /// What happens, and how many milliseconds after the start.
    pub(crate) events: Vec<(u64, Event)>,
    /// Whether a crash or a failing disk may lose an answer.
    pub(crate) disturbed: bool,
}

impl Plan {
    pub(crate) fn new(seed: u64, bug: Option<Bug>) -> Self {
        let mut dice = Dice::new(seed, "plan");
        let machines = generate::machines(&mut dice);
        let called = |number: usize| {
            machines.iter().any(|machine| {
                let found = tasks(std::slice::from_ref(machine));
                found.values().any(|task| matches!(task.target, Target::Child { machine, .. } if machine == number))
            })
        };
        let tops: Vec<usize> = (0..machines.len()).filter(|number| !called(*number)).collect();
        let count = dice.between(1, 4);
        let executions: Vec<Execution> = (0..count).map(|e| execution(&mut dice, e, &machines, &tops)).collect();
        let manners = manners(&mut dice, bug);
        let mut events = Vec::new();
        for number in 0..executions.len() {
            events.push((dice.between(0, 2_000), Event::Start(number)));
            if dice.percent(6) {
                events.push((dice.pick(&[10, 5_000, 100_000, 5_000_000]), Event::Stop(number)));
            }
        }
        if dice.percent(20) {
            events.push((dice.pick(&[50, 3_000, 30_000, 2_000_000]), Event::Kill));
        }
        let with_activity = tasks(&machines).values().any(|task| matches!(task.target, Target::Activity));
        if with_activity {
            events.extend((0..dice.between(1, 2)).map(|_| (0, Event::Poll)));
        }
        let kills = events.iter().any(|(_, event)| matches!(event, Event::Kill));
        let disturbed = kills || manners.crashes_per_mille + manners.faults_per_mille > 0 || manners.full.is_some();
        Self { machines, executions, manners, events, disturbed }
    }
}

fn execution(dice: &mut Dice, e: u64, machines: &[Machine], tops: &[usize]) -> Execution {
    let machine = dice.pick(tops);
    let data = Data { e, n: dice.between(0, 4) as i64, r: Value::Null, items: items(dice) };
    let name = format!("{}:e-{e}", machines[machine].name);
    Execution {
        machine,
        arn: arn("execution", &name).into(),
        data,
        started: false,
        asked: 0,
        stopped: false,
        redrives: 0,
        redrives_left: if dice.percent(15) { dice.between(1, 2) } else { 0 },
    }
}

/// A third of the disks behave well, so that the order of everything else counts alone.
fn manners(dice: &mut Dice, bug: Option<Bug>) -> Manners {
    let forgotten_per_mille = if bug == Some(Bug::CommitForgotten) { 30 } else { 0 };
    let (slow_percent, slowest_millis) = dice.pick(&[(0, 0), (20, 5), (60, 30), (10, 900)]);
    let well = Manners { slow_percent, slowest_millis, forgotten_per_mille, ..Manners::default() };
    if dice.percent(33) {
        return well;
    }
    let from = START.plus_millis(dice.between(0, 20_000) as i64);
    let full = dice.percent(10).then(|| (from, from.plus_millis(dice.between(0, 15_000) as i64)));
    Manners {
        crashes_per_mille: dice.pick(&[0, 10, 40, 100]),
        most_crashes: MOST_CRASHES,
        faults_per_mille: dice.pick(&[0, 0, 10, 60]),
        full,
        ..well
    }
}

/// How long each Wait state of the machines takes, seconds, by name.
pub(crate) fn waits(machines: &[Machine]) -> std::collections::BTreeMap<String, u64> {
    let nodes = crate::machine::nodes(machines);
    nodes
        .into_iter()
        .filter_map(|node| match node.kind {
            Kind::Wait(seconds) => Some((node.name.clone(), seconds)),
            _ => None,
        })
        .collect()
}

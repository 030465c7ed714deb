//! Random but valid state machines: small, always ending, with data whose way through them the oracle can follow.

use serde_json::{Value, json};

use crate::{
    dice::Dice,
    machine::{Catcher, Kind, Machine, Node, Retrier, Sequence, Target, Task},
};

/// Parallel and Map states nest this deep.
const MAX_DEPTH: usize = 2;
/// `TimeoutSeconds` of tasks: far above everything that a simulation disturbs, so that a time-out is no matter of luck.
const TIMEOUTS: [u64; 3] = [1_200, 7_200, 86_400];
/// `HeartbeatSeconds` of tasks, below every time-out.
pub(crate) const HEARTBEAT_SECONDS: u64 = 900;
/// Lengths of Wait states, seconds, up to a year.
const WAITS: [u64; 8] = [0, 1, 5, 60, 3_600, 86_400, 2_592_000, 31_536_000];
/// `TimeoutSeconds` of machines: far from each other.
const MACHINE_TIMEOUTS: [u64; 3] = [600, 40_000, 4_000_000];
/// Errors that services and Fail states give.
pub(crate) const ERRORS: [&str; 3] = ["RedException", "GreenException", "BlueException"];

/// The machines of a seed: the first are started by clients, the last (if `with_child`) by Task states only.
pub(crate) fn machines(dice: &mut Dice) -> Vec<Machine> {
    let tops = if dice.percent(25) { 2 } else { 1 };
    let with_child = dice.percent(35);
    let child = with_child.then_some(tops);
    let mut machines: Vec<Machine> = (0..tops).map(|number| machine(dice, number, child)).collect();
    if with_child {
        machines.push(machine(dice, tops, None));
    }
    machines
}

fn machine(dice: &mut Dice, number: usize, child: Option<usize>) -> Machine {
    let size = dice.between(1, 9);
    let jsonata = dice.percent(30);
    let mut grower = Grower {
        dice,
        prefix: char::from(b'a' + u8::try_from(number).expect("few machines")),
        next: 0,
        jsonata,
        child,
    };
    let body = grower.sequence(size, 0, &mut Vec::new());
    let timeout_seconds = grower.dice.percent(8).then(|| grower.dice.pick(&MACHINE_TIMEOUTS));
    Machine { name: format!("machine-{number}"), jsonata, timeout_seconds, body }
}

struct Grower<'a> {
    dice: &'a mut Dice,
    prefix: char,
    next: usize,
    jsonata: bool,
    child: Option<usize>,
}

impl Grower<'_> {
    /// About `size` states. `known` are the variables that have a value; those of this sequence join them.
    fn sequence(&mut self, size: u64, depth: usize, known: &mut Vec<String>) -> Sequence {
        let mut nodes = Vec::new();
        let mut left = size.max(1);
        while left > 0 {
            let (node, cost) = self.node(left, depth, known);
            left -= cost.min(left);
            let ends = node.ends();
            nodes.push(node);
            if ends {
                break;
            }
        }
        nodes
    }

    fn name(&mut self) -> String {
        self.next += 1;
        format!("{}{}", self.prefix, self.next)
    }

    /// A node and how many states it takes.
    fn node(&mut self, left: u64, depth: usize, known: &mut Vec<String>) -> (Node, u64) {
        let name = self.name();
        let jsonata = self.jsonata || self.dice.percent(15);
        let inner = left.saturating_sub(1).min(4);
        let nests = inner > 0 && depth < MAX_DEPTH;
        let (kind, cost) = match self.dice.below(100) {
            0..=7 => (Kind::Add(self.dice.between(0, 3) as i64), 1),
            8..=13 => (Kind::Set(self.constant()), 1),
            14..=18 => (self.remember(&name, known), 1),
            19..=24 if !known.is_empty() => (Kind::Recall(self.dice.pick(known)), 1),
            19..=31 => (Kind::Wait(self.dice.pick(&WAITS)), 1),
            32..=41 if nests => (self.choice(inner, depth, known), 1 + inner),
            42..=47 if nests => (self.repeat(inner, depth, known), 2 + inner),
            48..=58 if nests => (self.parallel(inner, depth, known), 1 + inner),
            59..=69 if nests => (self.map(inner, depth, known), 1 + inner),
            70..=71 if left < 3 => (Kind::Succeed, 1),
            72..=75 if left < 3 => (self.fail(), 1),
            _ => (Kind::Task(self.task()), 1),
        };
        let (retry, catch) = match kind {
            Kind::Task(_) | Kind::Parallel(_) | Kind::Map { .. } => (self.retry(), self.catch(depth, known)),
            _ => (Vec::new(), Vec::new()),
        };
        (Node { name, jsonata, kind, retry, catch }, cost)
    }

    fn constant(&mut self) -> Value {
        match self.dice.below(5) {
            0 => json!("text with \"quotes\" and ünicode"),
            1 => json!({ "a": [1, { "b": true }], "c": null }),
            2 => json!([]),
            3 => json!(self.dice.below(1_000)),
            _ => json!(true),
        }
    }

    /// A variable of its own, which no other scope has.
    fn remember(&mut self, name: &str, known: &mut Vec<String>) -> Kind {
        let variable = format!("v_{name}");
        known.push(variable.clone());
        Kind::Remember(variable)
    }

    fn choice(&mut self, inner: u64, depth: usize, known: &[String]) -> Kind {
        Kind::Choice {
            at_least: self.dice.between(0, 4) as i64,
            then: self.sequence(inner.div_ceil(2), depth, &mut known.to_vec()),
            otherwise: self.sequence(inner / 2, depth, &mut known.to_vec()),
        }
    }

    fn repeat(&mut self, inner: u64, depth: usize, known: &[String]) -> Kind {
        let mut body = self.sequence(inner, depth, &mut known.to_vec());
        // A body that always ends would leave what follows out of reach, which is no valid machine.
        if let Some(last) = body.last_mut().filter(|last| last.ends()) {
            last.kind = Kind::Add(0);
        }
        Kind::Loop { until: self.dice.between(1, 4) as i64, body }
    }

    fn parallel(&mut self, inner: u64, depth: usize, known: &[String]) -> Kind {
        let branches = self.dice.between(1, 3);
        Kind::Parallel(
            (0..branches).map(|_| self.sequence(inner.div_ceil(branches), depth + 1, &mut known.to_vec())).collect(),
        )
    }

    fn map(&mut self, inner: u64, depth: usize, known: &[String]) -> Kind {
        let concurrency = self.dice.below(4);
        let inner_items = self.items();
        let distributed = self.dice.percent(25);
        // Child executions see no variables of their parent.
        let mut known = if distributed { Vec::new() } else { known.to_vec() };
        Kind::Map { distributed, concurrency, inner_items, body: self.sequence(inner, depth + 1, &mut known) }
    }

    fn items(&mut self) -> Vec<i64> {
        items(self.dice)
    }

    fn fail(&mut self) -> Kind {
        Kind::Fail { error: self.dice.pick(&ERRORS).to_owned(), cause: format!("cause {}", self.dice.below(9)) }
    }

    fn task(&mut self) -> Task {
        let target = match self.dice.below(10) {
            0..=4 => Target::Call,
            5..=6 => Target::Token,
            7..=8 => Target::Activity,
            _ => match self.child {
                Some(machine) => Target::Child { machine, items: self.items() },
                None => Target::Call,
            },
        };
        // Some tasks are lost with a crash (an activity's token that no worker got): those must time out.
        let timed = match target {
            Target::Activity => true,
            Target::Child { .. } => false,
            Target::Call | Target::Token => self.dice.percent(50),
        };
        let timeout_seconds = timed.then(|| self.dice.pick(&TIMEOUTS));
        let with_heartbeat = matches!(target, Target::Token | Target::Activity) && timed && self.dice.percent(40);
        Task { target, timeout_seconds, heartbeat_seconds: with_heartbeat.then_some(HEARTBEAT_SECONDS) }
    }

    /// Names that a `Retry` or `Catch` lists; `States.ALL` stands alone.
    fn errors(&mut self) -> Vec<String> {
        let name = match self.dice.below(6) {
            0 => "States.ALL".to_owned(),
            1 => "States.TaskFailed".to_owned(),
            2 => "States.Timeout".to_owned(),
            3 => self.dice.pick(&ERRORS).to_owned(),
            4 => "States.HeartbeatTimeout".to_owned(),
            _ => format!("DynamoDb.{}", self.dice.pick(&ERRORS)),
        };
        vec![name]
    }

    fn retry(&mut self) -> Vec<Retrier> {
        let count = if self.dice.percent(35) { self.dice.between(1, 2) } else { 0 };
        let mut retriers: Vec<Retrier> = (0..count)
            .map(|_| Retrier {
                errors: self.errors(),
                interval_seconds: self.dice.between(1, 20),
                max_attempts: self.dice.between(0, 3),
                backoff_rate: self.dice.between(1, 2),
                jitter: self.dice.percent(10),
            })
            .collect();
        retriers.dedup_by(|a, b| a.errors == b.errors);
        // `States.ALL` must be the last.
        retriers.sort_by_key(|retrier| retrier.errors[0] == "States.ALL");
        retriers
    }

    fn catch(&mut self, depth: usize, known: &[String]) -> Vec<Catcher> {
        if !self.dice.percent(30) {
            return Vec::new();
        }
        let errors = if self.dice.percent(60) { vec!["States.ALL".to_owned()] } else { self.errors() };
        vec![Catcher { errors, handler: self.sequence(1, depth.max(MAX_DEPTH), &mut known.to_vec()) }]
    }
}

/// Items of a Map.
pub(crate) fn items(dice: &mut Dice) -> Vec<i64> {
    let length = dice.below(4);
    (0..length).map(|_| dice.between(0, 4) as i64).collect()
}

//! What must come of an execution: a plain recursion over the generated tree, which knows the answers of the services and
//! nothing of the engine.
//!
//! Where several things can happen (branches that fail at about the same time, a token answered twice), it knows all of
//! them. Times are ranges of milliseconds, to tell which time-out comes first.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    machine::{Catcher, Data, Kind, Machine, Node, Target, Task},
    script::{Answer, Question, Script, script},
};

/// More ways than this through a part of a machine are not followed: then anything may come of the execution.
const MAX_PATHS: usize = 48;
/// Iterations of an inline Map that run at once when `MaxConcurrency` is 0.
const MAX_CONCURRENCY: usize = 40;

/// The oracle of one seed.
pub(crate) struct Oracle<'a> {
    pub(crate) seed: u64,
    pub(crate) machines: &'a [Machine],
    /// Services may have thought as they do after a redrive, too.
    pub(crate) redriven: bool,
    /// A crash or a failing disk may have lost an activity's token on the way to its worker.
    pub(crate) disturbed: bool,
    /// By how much the simulation may delay anything, milliseconds.
    pub(crate) slack: u64,
}

/// One way in which an execution may end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ending {
    Succeeded(Value),
    Failed(Trouble),
    TimedOut,
}

/// An error on its way outwards.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trouble {
    pub(crate) error: String,
    pub(crate) cause: Cause,
    heartbeat: bool,
}

/// What is known of a cause.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cause {
    Absent,
    Text(String),
    /// It holds identifiers or times.
    Any,
}

/// There are more than [`MAX_PATHS`].
#[derive(Debug)]
pub(crate) struct TooMany;

/// Stands for a value of which nothing is known.
const ANY: &str = "\u{1}any";

/// A way through a part of a machine, and the time it takes.
#[derive(Debug, Clone, PartialEq)]
struct Path {
    low: u64,
    high: u64,
    end: End,
}

#[derive(Debug, Clone, PartialEq)]
enum End {
    Next(Flow),
    /// By a Succeed state: the machine, branch or iteration is over.
    Done(Data),
    Failed(Trouble),
}

/// The data and the variables that a state gets.
#[derive(Debug, Clone, PartialEq)]
struct Flow {
    data: Data,
    variables: BTreeMap<String, i64>,
}

type Paths = Result<Vec<Path>, TooMany>;

impl Oracle<'_> {
    /// All ways in which an execution of a machine may end.
    pub(crate) fn endings(&self, machine: usize, data: &Data) -> Result<Vec<Ending>, TooMany> {
        let machine = self.machine(machine, data)?;
        Ok(machine.into_iter().map(|(_, _, ending)| ending).collect())
    }

    fn machine(&self, number: usize, data: &Data) -> Result<Vec<(u64, u64, Ending)>, TooMany> {
        let machine = &self.machines[number];
        let paths = self.sequence(&machine.body, Flow { data: data.clone(), variables: BTreeMap::new() })?;
        let mut endings = Vec::new();
        for Path { low, high, end } in paths {
            let ending = match end {
                End::Next(Flow { data, .. }) | End::Done(data) => Ending::Succeeded(data.to_value()),
                End::Failed(trouble) => Ending::Failed(trouble),
            };
            let limit = machine.timeout_seconds.map_or(u64::MAX / 2, |seconds| seconds * 1_000);
            // A redrive begins the machine's time anew.
            if low <= limit + self.slack || self.redriven {
                endings.push((low, high, ending));
            }
            if high + self.slack >= limit {
                endings.push((limit, limit, Ending::TimedOut));
            }
        }
        Ok(endings)
    }

    fn sequence(&self, nodes: &[Node], flow: Flow) -> Paths {
        let mut open = vec![Path { low: 0, high: 0, end: End::Next(flow) }];
        let mut ended = Vec::new();
        for node in nodes {
            let mut next = Vec::new();
            for path in open {
                let End::Next(flow) = path.end else { continue };
                for after in self.node(node, flow)? {
                    let joined = Path { low: path.low + after.low, high: path.high + after.high, end: after.end };
                    let list = if matches!(joined.end, End::Next(_)) { &mut next } else { &mut ended };
                    add(list, joined)?;
                }
            }
            open = next;
        }
        for path in open {
            add(&mut ended, path)?;
        }
        Ok(ended)
    }

    fn node(&self, node: &Node, flow: Flow) -> Paths {
        let mut paths = Vec::new();
        self.attempt(node, &flow, &vec![0; node.retry.len()], (0, 0), &mut paths)?;
        Ok(paths)
    }

    /// Does a state after `counts` retries by each retrier, which took the time `since`.
    fn attempt(
        &self,
        node: &Node,
        flow: &Flow,
        counts: &[u64],
        since: (u64, u64),
        paths: &mut Vec<Path>,
    ) -> Result<(), TooMany> {
        for path in self.work(node, flow, counts.iter().sum())? {
            let (low, high) = (since.0 + path.low, since.1 + path.high);
            let End::Failed(trouble) = path.end else {
                add(paths, Path { low, high, end: path.end })?;
                continue;
            };
            let retrier = node.retry.iter().position(|retrier| trouble.is_in(&retrier.errors));
            if let Some(index) = retrier.filter(|index| counts[*index] < node.retry[*index].max_attempts) {
                let retrier = &node.retry[index];
                let mut counts = counts.to_vec();
                let delay = retrier.interval_seconds * 1_000 * retrier.backoff_rate.pow(counts[index] as u32);
                counts[index] += 1;
                let least = if retrier.jitter { 0 } else { delay };
                self.attempt(node, flow, &counts, (low + least, high + delay), paths)?;
                continue;
            }
            match node.catch.iter().find(|catcher| trouble.is_in(&catcher.errors)) {
                Some(catcher) => {
                    for path in self.handle(node, catcher, flow, &trouble)? {
                        add(paths, Path { low: low + path.low, high: high + path.high, ..path })?;
                    }
                }
                None => add(paths, Path { low, high, end: End::Failed(trouble) })?,
            }
        }
        Ok(())
    }

    fn handle(&self, node: &Node, catcher: &Catcher, flow: &Flow, trouble: &Trouble) -> Paths {
        let mut output = json!({ "Error": trouble.error });
        match &trouble.cause {
            _ if node.jsonata => {}
            Cause::Absent => {}
            Cause::Text(text) => output["Cause"] = json!(text),
            Cause::Any => output["Cause"] = json!(ANY),
        }
        self.sequence(&catcher.handler, flow.with_r(output))
    }

    /// One attempt of a state.
    fn work(&self, node: &Node, flow: &Flow, retries: u64) -> Paths {
        match &node.kind {
            Kind::Add(k) => Ok(vec![at_once(flow.with_n(flow.data.n + k))]),
            Kind::Set(value) => Ok(vec![at_once(flow.with_r(value.clone()))]),
            Kind::Remember(variable) => {
                let mut flow = flow.clone();
                flow.variables.insert(variable.clone(), flow.data.n);
                Ok(vec![at_once(flow)])
            }
            Kind::Recall(variable) => Ok(vec![at_once(flow.with_r(json!(flow.variables[variable])))]),
            Kind::Wait(seconds) => {
                Ok(vec![Path { low: seconds * 1_000, high: seconds * 1_000, end: End::Next(flow.clone()) }])
            }
            Kind::Succeed => Ok(vec![Path { low: 0, high: 0, end: End::Done(flow.data.clone()) }]),
            Kind::Fail { error, cause } => {
                let cause = Cause::Text(cause.clone());
                let trouble = Trouble { error: error.clone(), cause, heartbeat: false };
                Ok(vec![Path { low: 0, high: 0, end: End::Failed(trouble) }])
            }
            Kind::Choice { at_least, then, otherwise } => {
                self.sequence(if flow.data.n >= *at_least { then } else { otherwise }, flow.clone())
            }
            Kind::Loop { until, body } => self.repeat(*until, body, flow),
            Kind::Parallel(branches) => {
                let each = branches.iter().map(|branch| self.sequence(branch, flow.clone()));
                gather(flow, each.collect::<Result<_, _>>()?, self.slack, true)
            }
            Kind::Map { distributed: false, concurrency, inner_items, body } => {
                self.map(*concurrency, inner_items, body, flow)
            }
            Kind::Map { distributed: true, concurrency, inner_items, body } => {
                let apart = Flow { data: flow.data.clone(), variables: BTreeMap::new() };
                let paths = self.map(*concurrency, inner_items, body, &apart)?;
                paths.into_iter().try_fold(Vec::new(), |mut paths, path| {
                    add(&mut paths, self.of_children(path, flow))?;
                    Ok(paths)
                })
            }
            Kind::Task(task) => self.task(&node.name, task, flow, retries),
        }
    }

    fn repeat(&self, until: i64, body: &[Node], flow: &Flow) -> Paths {
        let mut open = vec![at_once(flow.clone())];
        let mut ended = Vec::new();
        while let Some(path) = open.pop() {
            let End::Next(flow) = path.end else { continue };
            for after in self.sequence(body, flow)? {
                let (low, high) = (path.low + after.low, path.high + after.high);
                let end = match after.end {
                    End::Next(flow) => End::Next(flow.with_n(flow.data.n + 1)),
                    end => end,
                };
                let again = matches!(&end, End::Next(flow) if flow.data.n < until);
                add(if again { &mut open } else { &mut ended }, Path { low, high, end })?;
            }
        }
        Ok(ended)
    }

    fn map(&self, concurrency: u64, inner_items: &[i64], body: &[Node], flow: &Flow) -> Paths {
        let iteration = |item: &i64| {
            let data = Data { e: flow.data.e, n: *item, r: Value::Null, items: inner_items.to_vec() };
            self.sequence(body, Flow { data, variables: flow.variables.clone() })
        };
        let each: Vec<Vec<Path>> = flow.data.items.iter().map(iteration).collect::<Result<_, _>>()?;
        let limit = if concurrency == 0 { MAX_CONCURRENCY } else { concurrency as usize };
        let all_at_once = limit >= each.len();
        gather(flow, each, self.slack, all_at_once)
    }

    /// The way of a distributed Map whose children go this way.
    fn of_children(&self, path: Path, flow: &Flow) -> Path {
        let end = match path.end {
            End::Failed(_) => {
                let error = "States.ExceedToleratedFailureThreshold".to_owned();
                End::Failed(Trouble { error, cause: Cause::Any, heartbeat: false })
            }
            End::Next(after) => End::Next(flow.with_r(after.data.r)),
            end @ End::Done(_) => end,
        };
        Path { high: path.high + self.slack, end, ..path }
    }

    fn task(&self, state: &str, task: &Task, flow: &Flow, retries: u64) -> Paths {
        if let Target::Child { machine, items } = &task.target {
            return self.child(*machine, items, flow);
        }
        let question = Question { state: state.to_owned(), e: flow.data.e, n: flow.data.n, retries };
        let mut paths = Vec::new();
        for redrives in 0..=u64::from(self.redriven) {
            let script = script(self.seed, &question, redrives, task);
            add(&mut paths, self.answered(task, flow, &script))?;
            if script.repeats_differ && matches!(script.answer, Answer::Success(_) | Answer::Failure(..)) {
                add(&mut paths, self.lasting(script.delay, End::Next(flow.with_r(second_answer()))))?;
            }
        }
        if self.disturbed && matches!(task.target, Target::Activity) {
            add(&mut paths, self.lapsed(task))?;
        }
        Ok(paths)
    }

    fn answered(&self, task: &Task, flow: &Flow, script: &Script) -> Path {
        match &script.answer {
            Answer::Success(value) => self.lasting(script.delay, End::Next(flow.with_r(value.clone()))),
            Answer::Failure(error, cause) => {
                let (error, cause) = match task.target {
                    Target::Call => (format!("DynamoDb.{error}"), Cause::Any),
                    _ => (error.clone(), Cause::Text(cause.clone())),
                };
                self.lasting(script.delay, End::Failed(Trouble { error, cause, heartbeat: false }))
            }
            Answer::Never | Answer::Late | Answer::Heartless => self.lapsed(task),
        }
    }

    fn lasting(&self, delay: u64, end: End) -> Path {
        Path { low: delay, high: delay + self.slack, end }
    }

    /// The task's time has passed, or that of its heartbeat.
    fn lapsed(&self, task: &Task) -> Path {
        let seconds =
            task.heartbeat_seconds.or(task.timeout_seconds).expect("only tasks with a time-out are left alone");
        let heartbeat = task.heartbeat_seconds.is_some();
        let trouble = Trouble { error: "States.Timeout".to_owned(), cause: Cause::Absent, heartbeat };
        self.lasting(seconds * 1_000, End::Failed(trouble))
    }

    fn child(&self, machine: usize, items: &[i64], flow: &Flow) -> Paths {
        let data = Data { e: flow.data.e, n: flow.data.n, r: Value::Null, items: items.to_vec() };
        let mut paths = Vec::new();
        for (low, high, ending) in self.machine(machine, &data)? {
            let end = match ending {
                Ending::Succeeded(output) => End::Next(flow.with_r(json!({ "o": output }))),
                Ending::Failed(_) | Ending::TimedOut => {
                    let error = "States.TaskFailed".to_owned();
                    End::Failed(Trouble { error, cause: Cause::Any, heartbeat: false })
                }
            };
            add(&mut paths, Path { low, high: high + self.slack, end })?;
        }
        Ok(paths)
    }
}

/// What the second answer to a token says where it differs from the first.
pub(crate) fn second_answer() -> Value {
    json!({ "second": true })
}

/// Brings the ways through branches or iterations together.
fn gather(flow: &Flow, each: Vec<Vec<Path>>, slack: u64, all_at_once: bool) -> Paths {
    let combinations = each.iter().try_fold(1_usize, |product, paths| {
        product.checked_mul(paths.len()).filter(|product| *product <= MAX_PATHS).ok_or(TooMany)
    })?;
    let mut gathered = Vec::new();
    for mut number in 0..combinations {
        let chosen: Vec<&Path> = each
            .iter()
            .map(|paths| {
                let path = &paths[number % paths.len()];
                number /= paths.len();
                path
            })
            .collect();
        for path in together(flow, &chosen, slack, all_at_once) {
            add(&mut gathered, path)?;
        }
    }
    Ok(gathered)
}

/// What comes of children that go these ways: the first failure, or the outputs of all.
fn together(flow: &Flow, children: &[&Path], slack: u64, all_at_once: bool) -> Vec<Path> {
    let longest = |times: &mut dyn Iterator<Item = u64>| times.max().unwrap_or(0);
    let low = longest(&mut children.iter().map(|path| path.low));
    let high = match all_at_once {
        true => longest(&mut children.iter().map(|path| path.high)),
        false => children.iter().map(|path| path.high).sum(),
    };
    let failed = || children.iter().filter(|path| matches!(path.end, End::Failed(_)));
    let Some(first) = failed().map(|path| path.high).min() else {
        let outputs = children.iter().map(|path| match &path.end {
            End::Next(Flow { data, .. }) | End::Done(data) => data.to_value(),
            End::Failed(_) => unreachable!("none has failed"),
        });
        return vec![Path { low, high, end: End::Next(flow.with_r(outputs.collect())) }];
    };
    let possible = failed().filter(|path| !all_at_once || path.low <= first + slack);
    possible
        .map(|path| Path { low: path.low, high: if all_at_once { first } else { high }, end: path.end.clone() })
        .collect()
}

/// Adds a way, or widens the time of the same way.
fn add(paths: &mut Vec<Path>, path: Path) -> Result<(), TooMany> {
    if let Some(same) = paths.iter_mut().find(|other| other.end == path.end) {
        same.low = same.low.min(path.low);
        same.high = same.high.max(path.high);
        return Ok(());
    }
    paths.push(path);
    if paths.len() > MAX_PATHS { Err(TooMany) } else { Ok(()) }
}

fn at_once(flow: Flow) -> Path {
    Path { low: 0, high: 0, end: End::Next(flow) }
}

impl Flow {
    fn with_n(&self, n: i64) -> Self {
        Self { data: Data { n, ..self.data.clone() }, variables: self.variables.clone() }
    }

    fn with_r(&self, r: Value) -> Self {
        Self { data: Data { r, ..self.data.clone() }, variables: self.variables.clone() }
    }
}

impl Trouble {
    fn is_in(&self, names: &[String]) -> bool {
        names.iter().any(|name| match &**name {
            "States.ALL" => true,
            "States.TaskFailed" => self.error != "States.Timeout",
            "States.HeartbeatTimeout" => self.heartbeat,
            name => name == self.error,
        })
    }
}

impl Ending {
    /// Whether a described execution has ended in this way.
    pub(crate) fn is(&self, described: &Value) -> bool {
        match self {
            Self::Succeeded(output) => {
                let found = described["output"].as_str().and_then(|text| serde_json::from_str(text).ok());
                described["status"] == "SUCCEEDED" && found.is_some_and(|found| same(output, &found))
            }
            Self::Failed(trouble) => {
                let cause = match &trouble.cause {
                    Cause::Absent => described.get("cause").is_none(),
                    Cause::Text(text) => described["cause"] == text.as_str(),
                    Cause::Any => described["cause"].is_string(),
                };
                described["status"] == "FAILED" && described["error"] == trouble.error.as_str() && cause
            }
            Self::TimedOut => described["status"] == "TIMED_OUT",
        }
    }
}

/// Whether a value is as expected, where [`ANY`] may be anything.
fn same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::String(text), _) if text == ANY => true,
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len() && expected.iter().zip(found).all(|(expected, found)| same(expected, found))
        }
        (Value::Object(expected), Value::Object(found)) => {
            let member = |(name, expected)| found.get(name).is_some_and(|found| same(expected, found));
            expected.len() == found.len() && expected.iter().all(member)
        }
        _ => expected == found,
    }
}

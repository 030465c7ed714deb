//! A generated state machine as a tree: what the generator makes, the renderer writes as Amazon States Language and the
//! oracle walks.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A state machine.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) name: String,
    /// Whether `QueryLanguage` of the whole machine is JSONata.
    pub(crate) jsonata: bool,
    pub(crate) timeout_seconds: Option<u64>,
    pub(crate) body: Sequence,
}

/// States that follow each other.
pub(crate) type Sequence = Vec<Node>;

/// A state, or a small group of states, with one entry and one exit.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) name: String,
    /// `QueryLanguage` of its states.
    pub(crate) jsonata: bool,
    pub(crate) kind: Kind,
    pub(crate) retry: Vec<Retrier>,
    pub(crate) catch: Vec<Catcher>,
}

impl Node {
    /// Whether nothing can come after it.
    pub(crate) fn ends(&self) -> bool {
        let end = |sequence: &Sequence| sequence.last().is_some_and(Self::ends);
        match &self.kind {
            Kind::Succeed | Kind::Fail { .. } => true,
            Kind::Choice { then, otherwise, .. } => end(then) && end(otherwise),
            _ => false,
        }
    }
}

/// What a node does with the [`Data`] that goes through it.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Adds to `n`.
    Add(i64),
    /// Sets `r`.
    Set(Value),
    /// Assigns `n` to a variable.
    Remember(String),
    /// Sets `r` to a variable.
    Recall(String),
    /// Waits, seconds.
    Wait(u64),
    /// Sets `r` to the result of a task.
    Task(Task),
    /// By whether `n` is at least a number.
    Choice { at_least: i64, then: Sequence, otherwise: Sequence },
    /// Does the body and adds 1 to `n`, again while `n` is below a number.
    Loop { until: i64, body: Sequence },
    /// Sets `r` to what the branches give.
    Parallel(Vec<Sequence>),
    /// Sets `r` to what the iterations over `items` give, or child executions.
    Map { distributed: bool, concurrency: u64, inner_items: Vec<i64>, body: Sequence },
    /// Ends the machine, branch or iteration.
    Succeed,
    /// Fails.
    Fail { error: String, cause: String },
}

/// A Task state.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) target: Target,
    pub(crate) timeout_seconds: Option<u64>,
    pub(crate) heartbeat_seconds: Option<u64>,
}

/// Who does a task.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A service that answers the call.
    Call,
    /// A service that answers the task token later.
    Token,
    /// A worker.
    Activity,
    /// An execution of the machine with this number (`startExecution.sync:2`), whose `items` are given.
    Child { machine: usize, items: Vec<i64> },
}

/// One entry of `Retry`.
#[derive(Debug, Clone)]
pub(crate) struct Retrier {
    pub(crate) errors: Vec<String>,
    pub(crate) interval_seconds: u64,
    pub(crate) max_attempts: u64,
    pub(crate) backoff_rate: u64,
    pub(crate) jitter: bool,
}

/// One entry of `Catch`; what handles the error goes on where the state would have gone on.
#[derive(Debug, Clone)]
pub(crate) struct Catcher {
    pub(crate) errors: Vec<String>,
    pub(crate) handler: Sequence,
}

/// What goes through a machine: one object with these members.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Data {
    /// The number of the execution in its seed, which its children share.
    pub(crate) e: u64,
    pub(crate) n: i64,
    pub(crate) r: Value,
    pub(crate) items: Vec<i64>,
}

impl Data {
    pub(crate) fn to_value(&self) -> Value {
        json!({ "e": self.e, "n": self.n, "r": self.r, "items": self.items })
    }

    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        let items = value["items"].as_array()?.iter().map(Value::as_i64).collect::<Option<_>>()?;
        Some(Self { e: value["e"].as_u64()?, n: value["n"].as_i64()?, r: value["r"].clone(), items })
    }
}

/// The ARN of what is called `name` in the simulated account.
pub(crate) fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:{kind}:{name}")
}

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ACCOUNT: &str = "111111111111";
/// The role of every machine.
pub(crate) const ROLE: &str = "arn:aws:iam::111111111111:role/states";
/// The one activity.
pub(crate) const ACTIVITY: &str = "work";

/// Every node of all machines.
pub(crate) fn nodes(machines: &[Machine]) -> Vec<&Node> {
    let mut found = Vec::new();
    let mut open: Vec<&Node> = machines.iter().flat_map(|machine| &machine.body).collect();
    while let Some(node) = open.pop() {
        found.push(node);
        open.extend(node.catch.iter().flat_map(|catcher| &catcher.handler));
        match &node.kind {
            Kind::Choice { then, otherwise, .. } => open.extend(then.iter().chain(otherwise)),
            Kind::Loop { body, .. } | Kind::Map { body, .. } => open.extend(body),
            Kind::Parallel(branches) => open.extend(branches.iter().flatten()),
            _ => {}
        }
    }
    found
}

/// The Task states of all machines, by their names, which are unique in a seed.
pub(crate) fn tasks(machines: &[Machine]) -> BTreeMap<String, Task> {
    let task = |node: &Node| match &node.kind {
        Kind::Task(task) => Some((node.name.clone(), task.clone())),
        _ => None,
    };
    nodes(machines).into_iter().filter_map(task).collect()
}

//! What a replay has found: the events that agree, the first that does not, what follows on either side, and both ends.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;

use super::recording::Recording;
use crate::{
    history::{EventDetails, HistoryEvent},
    interpreter::Outcome,
};

/// How many events a report shows: of those that agree the last, of those that follow the first.
const MAX_SHOWN: usize = 100;

/// The report.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// The execution.
    pub execution_arn: Arc<str>,
    /// How many events agree, from the first on.
    pub agreeing: u64,
    /// The last hundred of them.
    pub agreed: Vec<Shown>,
    /// Where the two part; `None` if they never do.
    pub difference: Option<Difference>,
    /// What is recorded.
    pub recorded: Side,
    /// What the other definition gives.
    pub replayed: Side,
    /// Tasks that wait for an answer at the end of the replay.
    pub unanswered: Vec<Unanswered>,
}

/// One of the two runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// How many events it has.
    pub events: u64,
    /// The first hundred events after the one in which they part.
    pub follows: Vec<Shown>,
    /// How it ends.
    pub outcome: Outcome,
}

/// An event, with the state that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The event.
    pub event: HistoryEvent,
    /// `None` for events of the execution itself.
    pub state: Option<Arc<str>>,
}

/// The first events that differ; one of them is absent if its run has no more.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// What differs: `event` if one is absent, else a path into the event as GetExecutionHistory gives it, such as
    /// `type` or `stateEnteredEventDetails.input.amount`.
    pub field: String,
    /// In the recording.
    pub recorded: Option<Shown>,
    /// In the replay.
    pub replayed: Option<Shown>,
}

/// A task that the other definition wants done and the recording does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// Its state.
    pub state: Arc<str>,
    /// The state's `Resource`; for a distributed Map in words: its child executions, `ItemReader` or `ResultWriter`.
    pub resource: Arc<str>,
    /// Effective input (JSON text).
    pub parameters: Arc<str>,
    /// Whether the recorded run called it too, and has had no answer.
    pub is_known: bool,
}

/// The states that events belong to.
#[derive(Default)]
struct States(Vec<Option<Arc<str>>>);

impl States {
    /// Takes the events of one run, in order.
    fn show(&mut self, event: &HistoryEvent) -> Shown {
        let state = match &event.details {
            EventDetails::StateEntered { name, .. } | EventDetails::StateExited { name, .. } => Some(name.clone()),
            details if details.type_name().starts_with("Execution") => None,
            _ => usize::try_from(event.previous_event_id).ok().and_then(|id| self.0.get(id.checked_sub(1)?)?.clone()),
        };
        // Ids are dense.
        self.0.push(state.clone());
        Shown { event: event.clone(), state }
    }
}

/// Makes the report as the events of the replay come in.
pub(super) struct Reporter<'a> {
    execution_arn: Arc<str>,
    recording: &'a Recording,
    recorded_states: States,
    replayed_states: States,
    replayed: u64,
    agreed: VecDeque<Shown>,
    difference: Option<Difference>,
    agreeing: u64,
    follows: Vec<Shown>,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(execution_arn: Arc<str>, recording: &'a Recording) -> Self {
        Self {
            execution_arn,
            recording,
            recorded_states: States::default(),
            replayed_states: States::default(),
            replayed: 0,
            agreed: VecDeque::new(),
            difference: None,
            agreeing: 0,
            follows: Vec::new(),
        }
    }

    /// Whether nothing differs so far.
    pub(super) fn agrees(&self) -> bool {
        self.difference.is_none()
    }

    /// Takes the next events of the replay.
    pub(super) fn add(&mut self, events: Vec<HistoryEvent>) {
        for event in events {
            self.replayed += 1;
            let shown = self.replayed_states.show(&event);
            if !self.agrees() {
                if self.follows.len() < MAX_SHOWN {
                    self.follows.push(shown);
                }
                continue;
            }
            let recorded = usize::try_from(self.agreeing).ok().and_then(|index| self.recording.events.get(index));
            let recorded = recorded.map(|event| self.recorded_states.show(event));
            match recorded {
                Some(recorded) if same(&recorded.event, &event) => self.agree(shown),
                recorded => self.part(recorded, Some(shown)),
            }
        }
    }

    fn agree(&mut self, shown: Shown) {
        self.agreeing += 1;
        if self.agreed.len() == MAX_SHOWN {
            self.agreed.pop_front();
        }
        self.agreed.push_back(shown);
    }

    fn part(&mut self, recorded: Option<Shown>, replayed: Option<Shown>) {
        let field = match (&recorded, &replayed) {
            (Some(recorded), Some(replayed)) => differing(&recorded.event, &replayed.event),
            _ => "event".to_owned(),
        };
        self.difference = Some(Difference { field, recorded, replayed });
    }

    /// The report, with how the replay has ended.
    pub(super) fn finish(mut self, outcome: Outcome, unanswered: Vec<Unanswered>) -> Replay {
        let events = &self.recording.events;
        let mut rest = events.iter().skip(usize::try_from(self.agreeing).unwrap_or(usize::MAX));
        let next = rest.next();
        if let (true, Some(event)) = (self.agrees(), next) {
            let shown = self.recorded_states.show(event);
            self.part(Some(shown), None);
        }
        let recorded_follows = rest.take(MAX_SHOWN).map(|event| self.recorded_states.show(event)).collect();
        let recorded =
            Side { events: events.len() as u64, follows: recorded_follows, outcome: self.recording.outcome.clone() };
        Replay {
            execution_arn: self.execution_arn,
            agreeing: self.agreeing,
            agreed: self.agreed.into(),
            difference: self.difference,
            recorded,
            replayed: Side { events: self.replayed, follows: self.follows, outcome },
            unanswered,
        }
    }
}

/// Whether two events say the same, whenever they happened.
fn same(a: &HistoryEvent, b: &HistoryEvent) -> bool {
    a.id == b.id && a.previous_event_id == b.previous_event_id && a.details == b.details
}

/// The path of the first member that differs.
fn differing(recorded: &HistoryEvent, replayed: &HistoryEvent) -> String {
    let wire = |event: &HistoryEvent| {
        let mut wire = event.to_wire(true);
        if let Some(members) = wire.as_object_mut() {
            members.shift_remove("timestamp");
        }
        wire
    };
    let (mut a, mut b) = (wire(recorded), wire(replayed));
    let mut path = String::new();
    let mut within_text = false;
    loop {
        let Some((step, inner_a, inner_b)) = first_part(&mut a, &mut b) else { return path };
        if !path.is_empty() && !step.starts_with('[') {
            path.push('.');
        }
        path.push_str(&step);
        let (Some(inner_a), Some(inner_b)) = (inner_a, inner_b) else { return path };
        (a, b) = (inner_a, inner_b);
        // Inputs and outputs are JSON texts.
        if let (false, Some(parsed)) = (within_text, both_json(&a, &b)) {
            (a, b) = parsed;
            within_text = true;
        }
    }
}

/// A step of a path, and what lies there on either side.
type Part = (String, Option<Value>, Option<Value>);

/// The first member or element that differs; `None` for what has no parts.
fn first_part(a: &mut Value, b: &mut Value) -> Option<Part> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let key = a.keys().chain(b.keys()).find(|key| a.get(*key) != b.get(*key))?.clone();
            let (inner_a, inner_b) = (a.shift_remove(&key), b.shift_remove(&key));
            Some((key, inner_a, inner_b))
        }
        (Value::Array(a), Value::Array(b)) => {
            let index = (0..a.len().max(b.len())).find(|index| a.get(*index) != b.get(*index))?;
            let take = |list: &mut Vec<Value>| list.get_mut(index).map(Value::take);
            Some((format!("[{index}]"), take(a), take(b)))
        }
        _ => None,
    }
}

fn both_json(a: &Value, b: &Value) -> Option<(Value, Value)> {
    let parse = |value: &Value| serde_json::from_str::<Value>(value.as_str()?).ok();
    let parsed = (parse(a)?, parse(b)?);
    (parsed.0 != parsed.1).then_some(parsed)
}

#[cfg(test)]
mod tests {
    use clock::Timestamp;

    use super::*;
    use crate::history::StateType;

    fn entered(name: &str, input: &str) -> HistoryEvent {
        let details = EventDetails::StateEntered { state: StateType::Pass, name: name.into(), input: input.into() };
        HistoryEvent { id: 2, previous_event_id: 0, timestamp: Timestamp(0), details }
    }

    #[test]
    fn a_difference_is_named_by_its_path() {
        let recorded = entered("A", r#"{"order":{"amount":1,"items":[1,2]}}"#);
        let cases = [
            (entered("B", "{}"), "stateEnteredEventDetails.name"),
            (entered("A", r#"{"order":{"amount":2,"items":[1,2]}}"#), "stateEnteredEventDetails.input.order.amount"),
            (entered("A", r#"{"order":{"amount":1,"items":[1,3]}}"#), "stateEnteredEventDetails.input.order.items[1]"),
            (entered("A", r#"{"order":{"amount":1}}"#), "stateEnteredEventDetails.input.order.items"),
            (entered("A", "7"), "stateEnteredEventDetails.input"),
            (entered("A", r#"{"order": {"amount":1,"items":[1,2]}}"#), "stateEnteredEventDetails.input"),
            (HistoryEvent { previous_event_id: 1, ..recorded.clone() }, "previousEventId"),
        ];
        for (replayed, path) in cases {
            assert_eq!(differing(&recorded, &replayed), path);
        }
    }
}

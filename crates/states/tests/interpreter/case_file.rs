//! Case files: a definition, an input, a script of what happens, and the history that follows.
//!
//! Sections begin with `## `. A line of the script is one of
//!
//! ```text
//! wait 5s                        the clock moves, nothing happens
//! timer                          the clock moves to the next timer, which fires
//! timer 3                        timer 3 fires now, set or not
//! task 0 succeeds {"a":1}
//! task 0 fails Error text of the cause
//! task 0 fails
//! task 0 submitted {"a":1}
//! task 0 taken worker            a worker takes the activity task
//! task 0 taken
//! task 0 heartbeat
//! absent ARN                     the activity does not exist from here on
//! stop Error text of the cause
//! ```

use clock::Timestamp;
use states::interpreter::{Decision, ExecutionKind, Stimulus, TaskId, TimerId};

use crate::play::{Play, definition, describe, offset};

/// The sections of a case file.
pub(crate) struct CaseFile<'a> {
    definition: &'a str,
    input: &'a str,
    script: Vec<&'a str>,
    /// The text up to the history.
    pub(crate) head: &'a str,
    pub(crate) history: &'a str,
}

const HISTORY: &str = "## history\n";

impl<'a> CaseFile<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        let at = text.find(HISTORY).map(|at| at + HISTORY.len()).expect("a case file has a history section");
        let (head, history) = text.split_at(at);
        let section = |name: &str| {
            let start = head.find(&format!("## {name}\n"))? + name.len() + 4;
            let rest = &head[start..];
            Some(rest[..rest.find("\n## ").unwrap_or(rest.len())].trim())
        };
        Self {
            definition: section("definition").expect("a case file has a definition section"),
            input: section("input").unwrap_or("{}"),
            script: section("script").unwrap_or_default().lines().map(str::trim).collect(),
            head,
            history,
        }
    }

    /// Plays the script; answers the play and the listing of what happened.
    pub(crate) fn play(&self) -> (Play, String) {
        let mut play = Play::new(definition(self.definition), self.input, ExecutionKind::Standard);
        let mut listing = String::new();
        list(&mut listing, &play.step(Stimulus::Started));
        for line in self.script.iter().filter(|line| !line.is_empty()) {
            let decision = act(&mut play, line);
            listing += &format!("-- {line} ({})\n", offset(play.now));
            list(&mut listing, &decision);
        }
        listing += &format!("== {:?}\n", play.execution.outcome());
        (play, listing)
    }
}

fn act(play: &mut Play, line: &str) -> Decision {
    let mut words = line.split_whitespace();
    let verb = words.next().unwrap_or_default();
    match verb {
        "wait" => {
            let seconds: i64 = words.next().and_then(|word| word.trim_end_matches('s').parse().ok()).expect(line);
            play.now = play.now.plus_seconds(seconds);
            Decision::default()
        }
        "timer" => {
            let timer = match words.next() {
                Some(number) => TimerId(number.parse().expect(line)),
                None => {
                    let (timer, due) = play.next_timer().unwrap_or_else(|| panic!("no timer is set: {line}"));
                    play.now = Timestamp::max(play.now, due);
                    timer
                }
            };
            play.step(Stimulus::TimerFired { timer })
        }
        "task" => {
            let task = TaskId(words.next().and_then(|word| word.parse().ok()).expect(line));
            let what = words.next().unwrap_or_default();
            let rest = line.split_once(what).map(|(_, rest)| rest.trim()).unwrap_or_default();
            play.step(task_stimulus(task, what, rest))
        }
        "absent" => {
            play.absent_activities.extend(words.map(std::sync::Arc::from));
            Decision::default()
        }
        "stop" => {
            let (error, cause) = failure(line.strip_prefix("stop").unwrap_or_default().trim());
            play.step(Stimulus::Stopped { error, cause })
        }
        _ => panic!("not a line of a script: {line}"),
    }
}

fn task_stimulus(task: TaskId, what: &str, rest: &str) -> Stimulus {
    match what {
        "succeeds" => Stimulus::TaskSucceeded { task, output: rest.into() },
        "submitted" => Stimulus::TaskSubmitted { task, output: rest.into() },
        "fails" => {
            let (error, cause) = failure(rest);
            Stimulus::TaskFailed { task, error, cause }
        }
        "taken" => Stimulus::ActivityStarted { task, worker: (!rest.is_empty()).then(|| rest.to_owned()) },
        "heartbeat" => Stimulus::Heartbeat { task },
        _ => panic!("a task does not {what:?}"),
    }
}

/// `Error text of the cause`.
fn failure(text: &str) -> (Option<String>, Option<String>) {
    let (error, cause) = text.split_once(' ').unwrap_or((text, ""));
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    (some(error), some(cause))
}

/// One line for each event and command.
fn list(listing: &mut String, decision: &Decision) {
    for event in &decision.events {
        let wire = event.to_wire(true);
        let details = wire.as_object().and_then(|members| members.iter().find(|(key, _)| key.ends_with("Details")));
        let details = details.map(|(_, details)| brief(details)).unwrap_or_default();
        *listing += &format!("{} <- {} {}{details}\n", event.id, event.previous_event_id, event.details.type_name());
    }
    for command in &decision.commands {
        *listing += &format!("   > {}\n", describe(command));
    }
}

/// Details without the `{"truncated":false}` that comes with every payload.
fn brief(details: &serde_json::Value) -> String {
    let members = details.as_object().into_iter().flatten();
    members
        .filter(|(key, _)| !key.ends_with("Details"))
        .map(|(key, value)| match value {
            serde_json::Value::String(text) => format!(" {key}={text}"),
            other => format!(" {key}={other}"),
        })
        .collect()
}

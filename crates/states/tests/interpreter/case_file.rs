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
//! child 0 2 succeeds {"a":1}     the third child of map run 0 ends
//! child 0 2 fails {"a":1}        with what the Map's result shows of it
//! items 0 [1,2]                  the ItemReader of map run 0 has read; without an array it fails with the text
//! results 0 {"a":1}              its ResultWriter has written; without an object it fails with the text
//! update 0 3                     UpdateMapRun: MaxConcurrency
//! stop Error text of the cause
//! redrive
//! ```

use clock::Timestamp;
use states::interpreter::{
    ChildEnd, ChildOutcome, Decision, ExecutionKind, MapRunId, MapRunUpdate, Stimulus, TaskId, TimerId,
};

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
        "child" | "items" | "results" | "update" => {
            let run = MapRunId(words.next().and_then(|word| word.parse().ok()).expect(line));
            let rest = line.splitn(3, ' ').nth(2).unwrap_or_default();
            let stimulus = map_run_stimulus(play, verb, run, rest);
            play.step(stimulus)
        }
        "redrive" => play.step(Stimulus::Redriven),
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

fn map_run_stimulus(play: &Play, verb: &str, run: MapRunId, rest: &str) -> Stimulus {
    let given = |rest: &str| if rest.starts_with(['[', '{']) { Ok(rest.into()) } else { Err(rest.to_owned()) };
    match verb {
        "items" => Stimulus::ItemsRead { run, items: given(rest) },
        "results" => Stimulus::ResultsWritten { run, output: given(rest) },
        "update" => {
            let max_concurrency = Some(rest.parse().expect("a number"));
            Stimulus::MapRunUpdated { run, update: MapRunUpdate { max_concurrency, ..MapRunUpdate::default() } }
        }
        _ => {
            let mut words = rest.splitn(3, ' ');
            let index = words.next().and_then(|word| word.parse().ok()).expect("an index");
            let outcome = match words.next() {
                Some("succeeds") => ChildOutcome::Succeeded,
                _ => ChildOutcome::Failed { redrivable: true },
            };
            let redrive = play.execution.map_run(run).map_or(0, |run| run.redrive_count);
            let output = words.next().unwrap_or("null").into();
            Stimulus::ChildrenEnded { ended: vec![ChildEnd { run, index, redrive, outcome, output }] }
        }
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

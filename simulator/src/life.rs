//! One seed from its plan to its verdict: lives of the engine on one disk and one clock, with crashes between them.

use std::sync::Arc;

use anyhow::{Context, Result};
use aws_protocol::{Directory, Partition, Service};
use clock::{Clock, SimulatedClock};
use parking_lot::Mutex;
use serde_json::{Value, json};
use states::{Config, Engine, Limits, Retention};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Notify,
};

use crate::{
    Counts, Failure, Options,
    check::{self, Record},
    clients::{caller, perform},
    dice::Dice,
    disk::{Disk, Manners},
    machine::{ACCOUNT, ACTIVITY, REGION, ROLE, arn},
    plan::{LONGEST_DOWNTIME, Plan, START},
    render,
    services::{Bus, Gone, Works},
    trace::Trace,
    world::{Event, World},
};

/// More than this happens in no seed that ends.
const MOST_TURNS: u64 = 200_000;
/// A worker waits longer than any execution takes, so that nobody asks in vain.
const POLL_MILLIS: i64 = 1 << 50;

/// Longer than any execution.
const MOST_MILLIS: i64 = 1 << 50;

/// Runs one seed.
///
/// # Errors
/// What went wrong, with the trace if it was asked for.
pub fn run(seed: u64, options: &Options) -> Result<Outcome, Box<Failure>> {
    let simulation = Simulation::new(seed, options);
    let turned = simulation.turn();
    let mut violations = std::mem::take(&mut simulation.world.lock().violations);
    match turned {
        Ok(records) if violations.is_empty() => {
            let foretold = check::everything(&simulation.case(), &records, &mut violations);
            simulation.world.lock().counts.foretold = foretold;
        }
        Ok(_) => {}
        Err(error) => violations.push(format!("{error:#}")),
    }
    let trace = simulation.trace.lines();
    if !violations.is_empty() {
        let machines = simulation.definitions();
        return Err(Box::new(Failure { seed, violations, machines, trace }));
    }
    Ok(Outcome { counts: simulation.counts(), trace })
}

/// What came of a seed.
#[derive(Debug)]
pub struct Outcome {
    /// Its figures.
    pub counts: Counts,
    /// Everything that happened, if [`Options::trace`] asks for it.
    pub trace: Vec<String>,
}

struct Simulation {
    seed: u64,
    plan: Plan,
    clock: SimulatedClock,
    disk: Disk,
    world: World,
    trace: Trace,
    dice: Mutex<Dice>,
}

/// How a life of the engine ends.
enum End {
    Crashed,
    Finished(Vec<Record>),
}

impl Simulation {
    fn new(seed: u64, options: &Options) -> Self {
        let plan = Plan::new(seed, options.bug);
        let clock = SimulatedClock::new(START, seed);
        let trace = Trace::new(clock.clone(), options.trace);
        let disk = Disk::new(Dice::new(seed, "disk"), clock.clone(), trace.clone());
        let (machines, executions) = (&plan.machines, plan.executions.clone());
        let world = World::new(seed, options.bug, clock.clone(), trace.clone(), machines, executions);
        for (after, event) in &plan.events {
            world.lock().after(*after, event.clone());
        }
        Self { seed, plan, clock, disk, world, trace, dice: Mutex::new(Dice::new(seed, "life")) }
    }

    fn case(&self) -> check::Case<'_> {
        check::Case { seed: self.seed, plan: &self.plan, world: &self.world }
    }

    fn definitions(&self) -> Vec<String> {
        let names: Vec<String> = self.plan.machines.iter().map(|machine| machine.name.clone()).collect();
        self.plan.machines.iter().map(|machine| render::definition(machine, &names)).collect()
    }

    fn counts(&self) -> Counts {
        let tally = self.disk.tally();
        Counts {
            commits: tally.commits,
            crashes: tally.crashes,
            disk_faults: tally.faults,
            simulated_millis: (self.clock.now().0 - START.0).unsigned_abs(),
            ..self.world.lock().counts
        }
    }

    /// Lets the engine live until everything has ended.
    fn turn(&self) -> Result<Vec<Record>> {
        let mut turns = 0;
        loop {
            let (runtime, idle) = runtime()?;
            let services = Directory::default();
            services.register(Arc::new(Works(self.world.clone())));
            let end = runtime.block_on(self.live(&idle, &services, &mut turns));
            drop(runtime);
            services.register(Arc::new(Gone));
            match end? {
                End::Finished(records) => return Ok(records),
                End::Crashed => self.come_back()?,
            }
        }
    }

    /// After a crash: the world goes on for a while, and the disk is used again.
    fn come_back(&self) -> Result<()> {
        self.world.lock().lose_requests();
        let mut dice = self.dice.lock();
        let downtime = if dice.percent(60) { dice.between(0, 50) } else { dice.between(0, LONGEST_DOWNTIME) };
        self.clock.advance_millis(i64::try_from(downtime).context("a short downtime")?);
        self.trace.add(|| format!("the process starts again after {downtime} ms"));
        futures::executor::block_on(self.disk.restart());
        Ok(())
    }

    /// One life of the engine.
    async fn live(&self, idle: &Notify, services: &Directory, turns: &mut u64) -> Result<End> {
        let born = self.bear(services);
        loop {
            idle.notified().await;
            if self.disk.is_cut() {
                return Ok(End::Crashed);
            }
            *turns += 1;
            anyhow::ensure!(*turns < MOST_TURNS, "it does not come to an end");
            let engine = match born.lock().take() {
                Some(Ok(engine)) => Some(engine),
                Some(Err(error)) => {
                    self.trace.add(|| format!("the engine does not open: {error:#}"));
                    return Ok(End::Crashed);
                }
                None => None,
            };
            self.world.lock().hear_changes();
            if !self.world.lock().violations.is_empty() {
                return Ok(End::Finished(Vec::new()));
            }
            if let Some(engine) = &engine {
                if self.is_over(engine).await? {
                    return self.wind_up(idle, engine).await;
                }
                *born.lock() = Some(Ok(engine.clone()));
            }
            self.go_on(engine.as_ref())?;
        }
    }

    /// Opens an engine in a task of its own, for its commits may never come back.
    fn bear(&self, services: &Directory) -> Arc<Mutex<Option<Result<Engine>>>> {
        let born = Arc::new(Mutex::new(None));
        let (out, world, disk) = (born.clone(), self.world.clone(), self.disk.clone());
        let (clock, services) = (self.clock.clone(), services.clone());
        let first = disk.tally().commits == 0;
        let wanted = first.then(|| (self.definitions(), self.plan.manners.clone()));
        tokio::spawn(async move {
            let opened = open(&world, &disk, clock, services, wanted).await;
            *out.lock() = Some(opened);
        });
        born
    }

    /// Lets the next thing happen: in the world, or by the passing of time.
    fn go_on(&self, engine: Option<&Engine>) -> Result<()> {
        let mut any = false;
        loop {
            let event = self.world.lock().take_event();
            match event {
                Some(Event::Kill) => self.disk.cut(),
                Some(event) => perform(&self.world, engine, event),
                None => break,
            }
            any = true;
            if self.dice.lock().percent(50) {
                break;
            }
        }
        if any {
            return Ok(());
        }
        let next = [self.clock.next_wake(), self.world.lock().next_event()].into_iter().flatten().min();
        self.clock.advance_to(next.context("an execution waits for nothing")?);
        Ok(())
    }

    /// Whether everybody has what they wanted and no execution runs.
    async fn is_over(&self, engine: &Engine) -> Result<bool> {
        {
            let world = self.world.lock();
            if world.is_busy() || !world.executions.iter().all(|execution| world.is_ended(&execution.arn)) {
                return Ok(false);
            }
        }
        for machine in &self.plan.machines {
            let input = json!({ "stateMachineArn": arn("stateMachine", &machine.name), "statusFilter": "RUNNING" });
            let running = ask(engine, "ListExecutions", input).await?;
            if running["executions"].as_array().is_none_or(|executions| !executions.is_empty()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Lets the last events out, and reads what the engine says of all executions.
    async fn wind_up(&self, idle: &Notify, engine: &Engine) -> Result<End> {
        self.disk.behave(Manners::default());
        for _ in 0..50 {
            self.clock.advance_millis(1_100);
            idle.notified().await;
            // A commit was under way whose fate was sealed.
            if self.disk.is_cut() {
                return Ok(End::Crashed);
            }
        }
        self.world.lock().hear_changes();
        let mut records = Vec::new();
        for machine in &self.plan.machines {
            let input = json!({ "stateMachineArn": arn("stateMachine", &machine.name) });
            let listed = ask(engine, "ListExecutions", input).await?;
            for summary in listed["executions"].as_array().into_iter().flatten() {
                self.record(engine, summary, &mut records).await?;
            }
        }
        self.world.lock().counts.executions = records.len() as u64;
        Ok(End::Finished(records))
    }

    /// Reads what the engine says of an execution and of the children of its distributed Maps, and theirs.
    async fn record(&self, engine: &Engine, summary: &Value, records: &mut Vec<Record>) -> Result<()> {
        let mut open = vec![summary["executionArn"].clone()];
        while let Some(arn) = open.pop() {
            let input = json!({ "executionArn": arn });
            let described = ask(engine, "DescribeExecution", input.clone()).await?;
            let events = history(engine, &input).await?;
            self.trace.add(|| format!("ended: {described}"));
            events.iter().for_each(|event| self.trace.add(|| format!("history: {event}")));
            let arn = arn.as_str().unwrap_or_default();
            engine.verify_history(arn).await.with_context(|| format!("the replay of {arn}"))?;
            if events.iter().any(|event| event["type"] == "MapRunStarted") {
                let runs = ask(engine, "ListMapRuns", input).await?;
                for run in runs["mapRuns"].as_array().into_iter().flatten() {
                    let listed = ask(engine, "ListExecutions", json!({ "mapRunArn": run["mapRunArn"] })).await?;
                    let children = listed["executions"].as_array().into_iter().flatten();
                    open.extend(children.map(|child| child["executionArn"].clone()));
                }
            }
            records.push(Record { described, events });
        }
        Ok(())
    }
}

/// A runtime on this thread, and a signal that comes whenever it has nothing left to do.
fn runtime() -> Result<(Runtime, Arc<Notify>)> {
    let idle = Arc::new(Notify::new());
    let signal = idle.clone();
    let runtime = Builder::new_current_thread().on_thread_park(move || signal.notify_one()).build()?;
    Ok((runtime, idle))
}

async fn open(
    world: &World,
    disk: &Disk,
    clock: SimulatedClock,
    services: Directory,
    wanted: Option<(Vec<String>, Manners)>,
) -> Result<Engine> {
    let limits = Limits {
        activity_poll_millis: POLL_MILLIS,
        // Executions are parked and replayed all the time.
        loaded_executions: if world.lock().seed.is_multiple_of(2) { 1 } else { 1_024 },
        execution_millis: MOST_MILLIS,
        retention: Retention::of(0, 0),
        ..Limits::default()
    };
    let config = Config { partition: Partition::new(REGION, ACCOUNT), limits };
    let events = Arc::new(Bus(world.clone()));
    let engine = Engine::open(config, Arc::new(disk.clone()), Arc::new(clock), services.clone(), events).await?;
    world.lock().listen(engine.subscribe());
    services.register(Arc::new(engine.clone()));
    engine.recover().await?;
    if let Some((definitions, manners)) = wanted {
        ask(&engine, "CreateActivity", json!({ "name": ACTIVITY })).await?;
        for (number, definition) in definitions.iter().enumerate() {
            let input = json!({ "name": format!("machine-{number}"), "definition": definition, "roleArn": ROLE });
            let made = ask(&engine, "CreateStateMachine", input).await;
            if let Err(error) = made {
                world.lock().violation(format!("{error:#}: {definition}"));
            }
        }
        disk.behave(manners);
    }
    look_around(world, &engine).await?;
    Ok(engine)
}

/// After a crash, the executions whose start was acknowledged are there, and some have ended unheard.
async fn look_around(world: &World, engine: &Engine) -> Result<()> {
    let executions = world.lock().executions.clone();
    for execution in executions.iter().filter(|execution| execution.asked > 0) {
        let described = engine.call("DescribeExecution", json!({ "executionArn": execution.arn }), &caller()).await;
        let mut world = world.lock();
        match described {
            Ok(described) => {
                let status = described["status"].as_str().unwrap_or_default();
                if status != "RUNNING" {
                    world.has_ended(&execution.arn, status);
                }
            }
            Err(error) if execution.started => {
                world.violation(format!("{} was acknowledged and is gone: {error}", execution.arn));
            }
            Err(_) => {}
        }
    }
    Ok(())
}

async fn ask(engine: &Engine, operation: &str, input: Value) -> Result<Value> {
    engine.call(operation, input, &caller()).await.map_err(|error| anyhow::anyhow!("{operation}: {error}"))
}

/// All events of an execution.
async fn history(engine: &Engine, input: &Value) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    let mut input = input.clone();
    input["maxResults"] = json!(1000);
    loop {
        let mut page = ask(engine, "GetExecutionHistory", input.clone()).await?;
        if let Value::Array(more) = page["events"].take() {
            events.extend(more);
        }
        match page["nextToken"].take() {
            Value::Null => return Ok(events),
            token => input["nextToken"] = token,
        }
    }
}

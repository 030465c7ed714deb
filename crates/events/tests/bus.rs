//! The bus as a whole: matching, order, retries, dead letters and `PutEvents`.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use events::{
    Bus, Delivery, DeliveryError, Environment, Error, Event, Published, Rule, Settings, Statistics, Target, Task,
};
use futures::{
    executor::block_on,
    future::{self, BoxFuture, Either},
};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// Time stands still but for sleeping; only backoffs advance it, time limits never come.
#[derive(Clone, Default)]
struct Still {
    now: Arc<AtomicI64>,
    ids: Arc<AtomicU64>,
}

impl Environment for Still {
    fn now_millis(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    fn uuid(&self) -> String {
        format!("id-{}", self.ids.fetch_add(1, Ordering::Relaxed))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let still = self.clone();
        Box::pin(async move {
            if duration == Duration::from_secs(30) {
                future::pending::<()>().await;
            }
            still.now.fetch_add(i64::try_from(duration.as_millis()).expect("short"), Ordering::Relaxed);
        })
    }
}

/// Notes what it is given and answers as it is told, then with success.
#[derive(Default)]
struct Recorder {
    inputs: Mutex<Vec<Value>>,
    answers: Mutex<VecDeque<DeliveryError>>,
}

impl Target for Recorder {
    fn deliver<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            match self.answers.lock().pop_front() {
                Some(error) => Err(error),
                None => {
                    self.inputs.lock().push(delivery.input.clone());
                    Ok(())
                }
            }
        })
    }
}

struct World {
    bus: Bus,
    tasks: Vec<Task>,
    target: Arc<Recorder>,
    time: Still,
}

fn world() -> World {
    let (time, target) = (Still::default(), Arc::new(Recorder::default()));
    let settings = Settings { account: "123456789012".into(), region: "us-east-1".into(), lane_capacity: 3 };
    let (bus, tasks) = Bus::new(settings, Arc::new(time.clone()));
    bus.register_target("arn:aws:states:", Arc::clone(&target) as _);
    World { bus, tasks, target, time }
}

fn rule(json: Value) -> Rule {
    Rule::compile(serde_json::from_value(json).expect("a definition"), "arn:aws:events:us-east-1:1:rule/r")
        .expect("a rule")
}

fn to_machine(extra: Value) -> Rule {
    let mut target = json!({ "Id": "t", "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:M" });
    target.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
    rule(json!({ "Name": "r", "EventPattern": { "source": ["shop"] }, "Targets": [target] }))
}

fn shop(bus: &Bus, n: u32) -> Event {
    bus.event("shop", "Order", vec!["arn:order".into()], json!({ "n": n }))
}

/// Runs `work` with the tasks of the bus, then lets the bus end and the tasks finish.
fn run<T>(bus: Bus, tasks: Vec<Task>, work: impl AsyncFnOnce(&Bus) -> T) -> (T, Statistics) {
    block_on(async {
        let mut tasks = future::join_all(tasks);
        let answer = match future::select(&mut tasks, pin!(work(&bus))).await {
            Either::Left(_) => panic!("the tasks end only with the bus"),
            Either::Right((answer, _)) => answer,
        };
        let statistics = bus.statistics();
        drop(bus);
        tasks.await;
        (answer, statistics)
    })
}

#[test]
fn matching_events_reach_their_targets_in_order() {
    let World { bus, tasks, target, .. } = world();
    bus.put_rule(to_machine(json!({ "InputPath": "$.detail.n" }))).expect("puts");
    let (published, statistics) = run(bus, tasks, async |bus| {
        let other = bus.event("other", "Order", vec![], json!({}));
        let events = (0..9).map(|n| bus.publish(shop(bus, n)));
        let (ours, other) = future::join(future::try_join_all(events), bus.publish(other)).await;
        (ours.expect("published"), other.expect("published"))
    });
    assert_eq!(published.0, [Published { targets: 1, delivered: 1 }; 9]);
    assert_eq!(published.1, Published { targets: 0, delivered: 0 });
    assert_eq!(*target.inputs.lock(), (0..9).map(Value::from).collect::<Vec<_>>());
    assert_eq!(statistics, Statistics { events: 10, delivered: 9, retries: 0, dead_letters: 0 });
}

#[test]
fn rules_can_be_replaced_disabled_and_deleted() {
    let World { bus, tasks, .. } = world();
    let targets = async |bus: &Bus| bus.publish(shop(bus, 0)).await.expect("published").targets;
    run(bus, tasks, async |bus| {
        bus.put_rule(to_machine(json!({}))).expect("puts");
        bus.put_rule(to_machine(json!({}))).expect("replaces");
        assert_eq!((targets(bus).await, bus.rules().len()), (1, 1));
        let mut disabled = to_machine(json!({})).definition;
        disabled.state = events::RuleState::Disabled;
        bus.put_rule(Rule::compile(disabled, "arn").expect("a rule")).expect("replaces");
        assert_eq!(targets(bus).await, 0);
        assert!(bus.delete_rule("default", "r"));
        assert!(!bus.delete_rule("default", "r"));
        let elsewhere = rule(json!({ "Name": "x", "EventBusName": "orders", "EventPattern": { "source": ["shop"] } }));
        assert_eq!(bus.put_rule(elsewhere.clone()), Err(Error::NoSuchBus("orders".into())));
        bus.add_bus("orders");
        assert_eq!(bus.put_rule(elsewhere), Ok(()));
    });
}

#[test]
fn failing_targets_are_retried_with_growing_waits() {
    let World { bus, tasks, target, time } = world();
    target.answers.lock().extend((0..4).map(|_| DeliveryError::retryable("throttled")));
    bus.put_rule(to_machine(json!({}))).expect("puts");
    let (published, _) = run(bus, tasks, async |bus| bus.publish(shop(bus, 1)).await.expect("published"));
    assert_eq!(published, Published { targets: 1, delivered: 0 }, "published after the first try");
    assert_eq!(target.inputs.lock().len(), 1);
    assert_eq!(time.now_millis(), 200 + 400 + 800 + 1600);
}

#[test]
fn what_cannot_be_delivered_is_counted() {
    // (target settings, answers, retries, dead letters)
    let cases = [
        (json!({}), vec![DeliveryError::permanent("no such machine")], 0, 1),
        (json!({ "RetryPolicy": { "MaximumRetryAttempts": 2 } }), vec![DeliveryError::retryable("down"); 9], 2, 1),
        (json!({ "RetryPolicy": { "MaximumRetryAttempts": 0 } }), vec![DeliveryError::retryable("down"); 9], 0, 1),
        (json!({ "RetryPolicy": { "MaximumEventAgeInSeconds": 1 } }), vec![DeliveryError::retryable("down"); 99], 2, 1),
        (json!({ "InputPath": "$.detail.absent" }), vec![], 0, 1),
        (json!({ "Arn": "arn:aws:sqs:us-east-1:1:queue" }), vec![], 0, 1),
    ];
    for (extra, answers, retries, dead_letters) in cases {
        let World { bus, tasks, target, .. } = world();
        target.answers.lock().extend(answers);
        bus.put_rule(to_machine(extra.clone())).expect("puts");
        let (_, statistics) = run(bus, tasks, async |bus| {
            bus.publish(shop(bus, 1)).await.expect("published");
            // Retries happen beside the publisher: give way until they have ended.
            while bus.statistics().dead_letters == 0 {
                let mut waited = false;
                future::poll_fn(|context| {
                    context.waker().wake_by_ref();
                    if std::mem::replace(&mut waited, true) {
                        std::task::Poll::Ready(())
                    } else {
                        std::task::Poll::Pending
                    }
                })
                .await;
            }
        });
        assert_eq!((statistics.retries, statistics.dead_letters), (retries, dead_letters), "{extra}");
        assert_eq!(target.inputs.lock().len(), 0, "{extra}");
    }
}

#[test]
fn put_events_answers_entry_by_entry() {
    let World { bus, tasks, target, .. } = world();
    bus.put_rule(to_machine(json!({}))).expect("puts");
    let good = json!({ "Source": "shop", "DetailType": "Order", "Detail": "{\"n\":1}", "Time": 1_440_938_160.5,
        "Resources": ["arn:order"], "EventBusName": "arn:aws:events:us-east-1:123456789012:event-bus/default" });
    let without = |name: &str| {
        let mut entry = good.clone();
        entry.as_object_mut().expect("an object").remove(name);
        entry
    };
    let with = |name: &str, value: Value| {
        let mut entry = good.clone();
        entry[name] = value;
        entry
    };
    let refused = [
        (without("Source"), "InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."),
        (
            without("DetailType"),
            "InvalidArgument",
            "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
        ),
        (without("Detail"), "InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."),
        (with("Detail", json!("[]")), "MalformedDetail", "Detail is malformed."),
        (with("Source", json!("aws.states")), "NotAuthorizedForSourceException", "Not authorized for the source."),
        (with("EventBusName", json!("none")), "ResourceNotFoundException", "Event bus none does not exist."),
        (
            with("Time", json!("yesterday")),
            "InvalidArgument",
            "Parameter Time is not valid. Reason: Time is not a timestamp.",
        ),
    ];
    let mut entries: Vec<Value> = refused.iter().map(|(entry, ..)| entry.clone()).collect();
    entries.insert(0, good.clone());
    let (answer, _) =
        run(bus, tasks, async |bus| bus.put_events(&json!({ "Entries": entries })).await.expect("answered"));
    assert_eq!(answer["FailedEntryCount"], refused.len());
    assert_eq!(answer["Entries"][0], json!({ "EventId": "id-0" }));
    for (n, (_, code, message)) in refused.iter().enumerate() {
        assert_eq!(answer["Entries"][n + 1], json!({ "ErrorCode": code, "ErrorMessage": message }));
    }
    let inputs = target.inputs.lock();
    assert_eq!(inputs.len(), 1);
    assert_eq!(inputs[0]["time"], "2015-08-30T12:36:00Z");
    assert_eq!(inputs[0]["detail"], json!({ "n": 1 }));
}

#[test]
fn put_events_is_bounded() {
    let World { bus, tasks, .. } = world();
    let entry = |bytes: usize| json!({ "Source": "shop", "DetailType": "d", "Detail": format!("{{\"a\":\"{}\"}}", "x".repeat(bytes)) });
    for entries in [vec![], vec![entry(1); 11], vec![entry(30_000); 9]] {
        let answer = block_on(bus.put_events(&json!({ "Entries": entries })));
        assert!(matches!(&answer, Err(Error::Invalid(_))), "{answer:?}");
    }
    drop(tasks);
    let event = shop(&bus, 1);
    assert_eq!(block_on(bus.publish(event)), Err(Error::Closed));
}

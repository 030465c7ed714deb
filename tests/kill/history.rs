//! Histories that nothing disturbed, and the comparison of others with them.

use serde_json::{Value, json};

use crate::{
    load::{self, ARTICLES, Machines, Order},
    outcome::{Watch, approve},
    support::Server,
};

/// The histories of executions that nothing disturbed.
pub(crate) struct References {
    /// An order that ships at once.
    pub(crate) small: Course,
    /// An order that waited for its approval, had it, and shipped.
    pub(crate) large: Course,
    /// An execution of the machine without services.
    pub(crate) plain: Vec<Value>,
    /// An execution of the machine that counts.
    pub(crate) counting: Course,
}

/// The way an execution took: its events without their data, and its output.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Course {
    pub(crate) events: Vec<String>,
    pub(crate) output: Value,
}

impl References {
    /// Lets one execution of each kind come to its end. The first order of each article delivers it, which no later
    /// one does: those come before, and are compared with nothing.
    pub(crate) async fn make(server: &Server, machines: &Machines) -> Self {
        let order_executions = server.output("StateMachineArn").replace(":stateMachine:", ":execution:");
        let arn = |id: &str| format!("{order_executions}:{id}");
        let mut watch = Watch::of(server).await;
        for sku in ARTICLES {
            let order = Order { id: format!("delivers-{sku}"), sku, quantity: 1, large: false };
            load::place(server, &order).await.expect("an answer");
            watch.until(server, &arn(&order.id), "SUCCEEDED").await;
        }
        let small = Order { id: "small".to_owned(), sku: ARTICLES[0], quantity: 2, large: false };
        let large = Order { id: "large".to_owned(), large: true, ..small.clone() };
        for order in [&small, &large] {
            load::place(server, order).await.expect("an answer");
        }
        watch.until_awaiting(server, &large.id, &arn(&large.id)).await;
        approve(server, &server.token("approver").await, &large.id).await;
        let plain = load::start(server, &machines.plain, "plain").await.expect("an answer");
        let counting = load::start(server, &machines.counting, "counting").await.expect("an answer");
        for arn in [arn(&small.id), arn(&large.id), plain.clone(), counting.clone()] {
            watch.until(server, &arn, "SUCCEEDED").await;
        }
        Self {
            small: course(server, &arn(&small.id)).await,
            large: course(server, &arn(&large.id)).await,
            plain: without_times(server, &plain).await,
            counting: course(server, &counting).await,
        }
    }
}

/// The whole history of an execution.
pub(crate) async fn history(server: &Server, arn: &str) -> Vec<Value> {
    let input = json!({ "executionArn": arn, "maxResults": 1000 });
    let (status, answer) = server.try_wire("AWSStepFunctions.GetExecutionHistory", &input).await.expect("an answer");
    assert_eq!((status, answer.get("nextToken")), (200, None), "{answer}");
    answer["events"].as_array().expect("events").clone()
}

/// What DescribeExecution says.
pub(crate) async fn describe(server: &Server, arn: &str) -> Value {
    let input = json!({ "executionArn": arn });
    let (status, answer) = server.try_wire("AWSStepFunctions.DescribeExecution", &input).await.expect("an answer");
    assert_eq!(status, 200, "{arn}: {answer}");
    answer
}

/// Its events in their order, each as its type and the state it speaks of, and its output without the order's id.
pub(crate) async fn course(server: &Server, arn: &str) -> Course {
    let name_of = |event: &Value| {
        let details = ["stateEnteredEventDetails", "stateExitedEventDetails", "mapIterationStartedEventDetails"];
        let name = details.iter().find_map(|details| event[details]["name"].as_str()).unwrap_or_default();
        format!("{} {} {name}", event["previousEventId"], event["type"].as_str().expect("a type"))
    };
    let output = describe(server, arn).await["output"].as_str().map(|text| serde_json::from_str(text).expect("JSON"));
    let mut output: Value = output.unwrap_or_default();
    if let Some(members) = output.as_object_mut() {
        assert_eq!(members.shift_remove("id").as_ref().and_then(Value::as_str), arn.rsplit(':').next());
        members["parcels"][0]["sku"].take();
    }
    Course { events: history(server, arn).await.iter().map(name_of).collect(), output }
}

/// Its events with everything in them but times and the execution's own name.
pub(crate) async fn without_times(server: &Server, arn: &str) -> Vec<Value> {
    let name = arn.rsplit(':').next().expect("a name");
    let events = history(server, arn).await.into_iter().map(|mut event| {
        event.as_object_mut().expect("an object").remove("timestamp");
        serde_json::from_str(&event.to_string().replace(name, "NAME")).expect("still JSON")
    });
    events.collect()
}

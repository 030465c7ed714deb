//! Task states that call other services: what the services are asked, and what the workflow gets to see.

mod support;

use std::sync::Arc;

use aws_protocol::{BoxFuture, Caller, Directory, Service, ServiceError};
use parking_lot::Mutex;
use serde_json::{Value, json};
use support::{Bench, ROLE};

/// A service that answers from a list and remembers what it was asked. At the end of the list it answers no more.
struct Scripted {
    name: &'static str,
    answers: Mutex<Vec<Result<Value, ServiceError>>>,
    asked: Mutex<Vec<(String, Value, String)>>,
    tokens: Mutex<Vec<String>>,
}

impl Service for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        self.asked.lock().push((operation.to_owned(), input, caller.principal_arn.clone()));
        let mut answers = self.answers.lock();
        if answers.is_empty() {
            Box::pin(std::future::pending())
        } else {
            Box::pin(std::future::ready(answers.remove(0)))
        }
    }

    fn call_once<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        caller: &'a Caller,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        self.tokens.lock().push(token.to_owned());
        self.call(operation, input, caller)
    }
}

fn scripted(name: &'static str, answers: Vec<Result<Value, ServiceError>>) -> Arc<Scripted> {
    Arc::new(Scripted { name, answers: Mutex::new(answers), asked: Mutex::default(), tokens: Mutex::default() })
}

/// Runs one Task state against a service with these answers; answers the execution and what the service was asked.
async fn run(
    service: &'static str,
    answers: Vec<Result<Value, ServiceError>>,
    resource: &str,
    parameters: Value,
) -> (Value, Vec<(String, Value, String)>) {
    let bench = Bench::new().await;
    let scripted = scripted(service, answers);
    bench.services.register(scripted.clone());
    let definition = json!({
        "StartAt": "T",
        "States": { "T": { "Type": "Task", "Resource": resource, "Parameters": parameters, "End": true } },
    });
    let machine = bench.machine("m", definition).await;
    let execution = bench.start(&machine, "e", r#"{"id":"7"}"#).await;
    let described = bench.finish(&execution).await;
    let asked = scripted.asked.lock().clone();
    (described, asked)
}

fn output(described: &Value) -> Value {
    assert_eq!(described["status"], "SUCCEEDED", "{described}");
    serde_json::from_str(described["output"].as_str().expect("a text")).expect("JSON")
}

#[tokio::test(start_paused = true)]
async fn dynamodb_gets_the_parameters_and_its_answer_gets_sdk_metadata() {
    let item = json!({ "Item": { "id": { "S": "7" } } });
    let parameters = json!({ "TableName": "t", "Key": { "id": { "S.$": "$.id" } } });
    let (described, asked) =
        run("dynamodb", vec![Ok(item.clone())], "arn:aws:states:::dynamodb:getItem", parameters).await;
    let wanted = json!({ "TableName": "t", "Key": { "id": { "S": "7" } } });
    assert_eq!(asked, [("GetItem".to_owned(), wanted, ROLE.to_owned())]);
    let output = output(&described);
    assert_eq!(output["Item"], item["Item"]);
    assert_eq!(output["SdkHttpMetadata"]["HttpStatusCode"], 200);
    let length = item.to_string().len().to_string();
    assert_eq!(output["SdkHttpMetadata"]["AllHttpHeaders"]["Content-Length"], json!([length]));
    assert_eq!(output["SdkResponseMetadata"]["RequestId"].as_str().map(str::len), Some(52));
}

#[tokio::test(start_paused = true)]
async fn exceptions_are_named_by_the_integration() {
    let refused = || vec![Err(ServiceError::new("ConditionalCheckFailedException", "The conditional request failed"))];
    let cases = [
        (
            "arn:aws:states:::dynamodb:putItem",
            "DynamoDB.ConditionalCheckFailedException",
            "The conditional request failed (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: \
             ConditionalCheckFailedException; Request ID: ",
        ),
        (
            "arn:aws:states:::aws-sdk:dynamodb:putItem",
            "DynamoDb.ConditionalCheckFailedException",
            "The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: ",
        ),
    ];
    for (resource, error, cause) in cases {
        let (described, asked) = run("dynamodb", refused(), resource, json!({ "TableName": "t" })).await;
        assert_eq!(asked.len(), 1, "a refusal is not asked again");
        assert_eq!(described["error"], error);
        assert!(described["cause"].as_str().is_some_and(|text| text.starts_with(cause)), "{}", described["cause"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_fails_is_called_again() {
    let fails = |times: usize| vec![Err(ServiceError::internal("a test")); times];
    let resource = "arn:aws:states:::aws-sdk:dynamodb:query";
    let answers = [fails(2), vec![Ok(json!({ "Count": 0 }))]].concat();
    let (described, asked) = run("dynamodb", answers, resource, json!({})).await;
    assert_eq!(output(&described), json!({ "Count": 0 }), "AWS SDK integrations add no metadata");
    assert_eq!(asked.len(), 3);
    let (described, _) = run("dynamodb", fails(3), resource, json!({})).await;
    assert_eq!(described["error"], "DynamoDb.DynamoDbException");
}

#[tokio::test(start_paused = true)]
async fn a_call_made_again_after_a_crash_has_the_token_of_the_first_and_a_retry_has_another() {
    let store = Arc::new(store::MemoryStore::new());
    let (clock, services) = (clock::SimulatedClock::new(support::START, 7), Directory::default());
    let database = scripted("dynamodb", Vec::new());
    services.register(database.clone());
    let before = Bench::open(store.clone(), clock.clone(), services.clone()).await;
    let task = json!({ "Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "Parameters": {},
        "Retry": [{ "ErrorEquals": ["States.ALL"] }], "End": true });
    let machine = before.machine("m", json!({ "StartAt": "T", "States": { "T": task } })).await;
    let execution = before.start(&machine, "e", "{}").await;
    support::settle().await;

    // The first engine never hears the answer, as if its process had ended; a second one takes up its store.
    let refused = Err(ServiceError::new("ConditionalCheckFailedException", "The conditional request failed"));
    database.answers.lock().extend([refused, Ok(json!({}))]);
    let after = Bench::open(store, clock, services).await;
    assert_eq!(after.finish(&execution).await["status"], "SUCCEEDED");
    let tokens = database.tokens.lock().clone();
    assert_eq!(tokens.len(), 3, "{tokens:?}");
    assert_eq!(tokens[0], tokens[1], "the same attempt");
    assert_ne!(tokens[1], tokens[2], "its retry");
}

#[tokio::test(start_paused = true)]
async fn events_carry_the_execution_and_its_machine() {
    let entry = json!({ "Source": "shop", "DetailType": "Order", "Detail": { "id.$": "$.id" }, "Resources": ["r"] });
    let parameters = json!({ "Entries": [entry] });
    let resource = "arn:aws:states:::events:putEvents";
    let accepted = json!({ "Entries": [{ "EventId": "1" }], "FailedEntryCount": 0 });
    let (described, asked) = run("events", vec![Ok(accepted)], resource, parameters.clone()).await;
    assert_eq!(output(&described)["Entries"], json!([{ "EventId": "1" }]));
    let sent = &asked[0].1["Entries"][0];
    assert_eq!(sent["Detail"], r#"{"id":"7"}"#);
    let of_execution = "arn:aws:states:us-east-1:111111111111:execution:m:e";
    assert_eq!(sent["Resources"], json!(["r", of_execution, "arn:aws:states:us-east-1:111111111111:stateMachine:m"]));
    let failed = json!({ "Entries": [{ "ErrorCode": "InternalFailure" }], "FailedEntryCount": 1 });
    let (described, _) = run("events", vec![Ok(failed)], resource, parameters).await;
    assert_eq!(described["error"], "EventBridge.FailedEntry");
}

/// What the service `lambda` answers to who asked with a text.
fn lambda_answer(payload: &str, function_error: Option<&str>) -> Value {
    let mut answer =
        json!({ "StatusCode": 200, "ExecutedVersion": "$LATEST", "PayloadText": payload, "RequestId": "r" });
    if let Some(error) = function_error {
        answer["FunctionError"] = error.into();
    }
    answer
}

#[tokio::test(start_paused = true)]
async fn lambda_invoke_gives_the_payload_as_json_with_metadata_around_it() {
    let resource = "arn:aws:states:::lambda:invoke";
    let parameters = json!({ "FunctionName": "f", "Payload": { "id.$": "$.id" } });
    let answer = lambda_answer(r#"{"n": 1.50, "s": "a b"}"#, None);
    let (described, asked) = run("lambda", vec![Ok(answer)], resource, parameters).await;
    let wanted = json!({ "FunctionName": "f", "PayloadText": r#"{"id":"7"}"# });
    assert_eq!(asked, [("Invoke".to_owned(), wanted, ROLE.to_owned())]);
    let text = described["output"].as_str().expect("a text");
    assert!(
        text.starts_with(r#"{"ExecutedVersion":"$LATEST","Payload":{"n":1.50,"s":"a b"},"SdkHttpMetadata":{"#),
        "{text}"
    );
    let output = output(&described);
    assert_eq!(output["SdkHttpMetadata"]["HttpHeaders"]["X-Amz-Executed-Version"], "$LATEST");
    assert_eq!((&output["StatusCode"], &output["SdkResponseMetadata"]["RequestId"]), (&json!(200), &json!("r")));
}

#[tokio::test(start_paused = true)]
async fn a_function_as_the_resource_gets_the_input_and_its_answer_is_the_result_text_for_text() {
    let arn = "arn:aws:lambda:us-east-1:111111111111:function:f:live";
    let answer = lambda_answer(r#"{"n": 1.50}"#, None);
    let (described, asked) = run("lambda", vec![Ok(answer)], arn, json!({ "id": 1 })).await;
    assert_eq!(asked[0].1, json!({ "FunctionName": arn, "PayloadText": r#"{"id":1}"# }));
    assert_eq!(described["output"], r#"{"n": 1.50}"#);
}

#[tokio::test(start_paused = true)]
async fn a_function_that_fails_names_the_error_and_its_payload_is_the_cause() {
    let payload = r#"{"errorMessage": "no tea", "errorType": "OutOfStock", "trace": []}"#;
    let failed = || vec![Ok(lambda_answer(payload, Some("Unhandled")))];
    let parameters = json!({ "FunctionName": "f" });
    let (described, _) = run("lambda", failed(), "arn:aws:states:::lambda:invoke", parameters.clone()).await;
    let compact = r#"{"errorMessage":"no tea","errorType":"OutOfStock","trace":[]}"#;
    assert_eq!((&described["error"], &described["cause"]), (&json!("OutOfStock"), &json!(compact)));
    let named = "arn:aws:lambda:us-east-1:111111111111:function:f";
    let (described, _) = run("lambda", failed(), named, json!({})).await;
    assert_eq!((&described["error"], &described["cause"]), (&json!("OutOfStock"), &json!(payload)));
    // The AWS SDK's own Invoke succeeds whatever becomes of the function; its payload is a text.
    let (described, asked) = run("lambda", failed(), "arn:aws:states:::aws-sdk:lambda:invoke", parameters).await;
    assert_eq!(output(&described)["Payload"], payload);
    assert_eq!(asked[0].1["PayloadText"], "{}");
}

#[tokio::test(start_paused = true)]
async fn the_events_of_a_function_are_its_own_family() {
    let bench = Bench::new().await;
    let answers = vec![Ok(lambda_answer("1", Some("Unhandled"))), Ok(lambda_answer("2", None))];
    bench.services.register(scripted("lambda", answers));
    let retry = json!([{ "ErrorEquals": ["Lambda.Unknown"] }]);
    let arn = "arn:aws:lambda:us-east-1:111111111111:function:f";
    let task = json!({ "Type": "Task", "Resource": arn, "TimeoutSeconds": 9, "Retry": retry, "End": true });
    let machine = bench.machine("m", json!({ "StartAt": "T", "States": { "T": task } })).await;
    let execution = bench.start(&machine, "e", r#"{"a": 1}"#).await;
    assert_eq!(bench.finish(&execution).await["output"], "2");
    let history = bench.ok("GetExecutionHistory", json!({ "executionArn": execution })).await;
    let events = history["events"].as_array().expect("events");
    let types: Vec<_> = events.iter().map(|event| event["type"].as_str().expect("a type")).collect();
    let attempt = |end| ["LambdaFunctionScheduled", "LambdaFunctionStarted", end];
    let wanted = [
        &["ExecutionStarted", "TaskStateEntered"][..],
        &attempt("LambdaFunctionFailed"),
        &attempt("LambdaFunctionSucceeded"),
        &["TaskStateExited", "ExecutionSucceeded"],
    ];
    assert_eq!(types, wanted.concat());
    let scheduled = &events[2]["lambdaFunctionScheduledEventDetails"];
    assert_eq!((&scheduled["resource"], &scheduled["input"]), (&json!(arn), &json!(r#"{"a": 1}"#)));
    assert_eq!(scheduled["timeoutInSeconds"], 9);
    let failed = &events[4]["lambdaFunctionFailedEventDetails"];
    assert_eq!(failed["error"], "Lambda.Unknown");
    assert!(failed["cause"].as_str().is_some_and(|cause| cause.ends_with("Returned payload: 1")), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn messages_go_to_queues_and_topics() {
    let sent = json!({ "MessageId": "1", "MD5OfMessageBody": "2" });
    let parameters = json!({ "QueueUrl": "q", "MessageBody": { "id.$": "$.id" } });
    let (described, asked) = run("sqs", vec![Ok(sent)], "arn:aws:states:::sqs:sendMessage", parameters).await;
    let wanted = json!({ "QueueUrl": "q", "MessageBody": r#"{"id":"7"}"# });
    assert_eq!(asked, [("SendMessage".to_owned(), wanted, ROLE.to_owned())]);
    let output = output(&described);
    assert_eq!((&output["MessageId"], &output["SdkHttpMetadata"]["HttpStatusCode"]), (&json!("1"), &json!(200)));
    let gone = || vec![Err(ServiceError::new("NotFound", "Topic does not exist").with_status(404))];
    let parameters = json!({ "TopicArn": "t", "Message": "m" });
    let (described, _) = run("sns", gone(), "arn:aws:states:::sns:publish", parameters.clone()).await;
    assert_eq!(described["error"], "SNS.NotFoundException");
    let (described, _) = run("sns", gone(), "arn:aws:states:::aws-sdk:sns:publish", parameters).await;
    assert_eq!(described["error"], "Sns.NotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_nobody_has_says_which_setting_is_missing() {
    let cases = [
        ("arn:aws:states:::sqs:sendMessage", "[services.sqs]"),
        ("arn:aws:states:::aws-sdk:secretsmanager:getSecretValue", "[services.secretsmanager]"),
        ("arn:aws:states:::aws-sdk:cloudwatchlogs:describeLogGroups", "[services.logs]"),
    ];
    for (resource, setting) in cases {
        let (described, _) = run("other", Vec::new(), resource, json!({})).await;
        assert_eq!(described["error"], "States.TaskFailed");
        assert!(described["cause"].as_str().is_some_and(|cause| cause.contains(setting)), "{}", described["cause"]);
    }
}

#[tokio::test(start_paused = true)]
async fn http_tasks_send_what_they_and_their_connection_say() {
    let bench = Bench::new().await;
    let connection = json!({ "Headers": { "Authorization": "Bearer old" }, "Renewable": true });
    let renewed = json!({ "Headers": { "Authorization": "Bearer new" }, "Renewable": true });
    let connections = scripted("stepwell:connections", vec![Ok(connection), Ok(renewed)]);
    let answer = |status: u16, text: &str| {
        let headers = json!({ "content-type": ["application/json"] });
        Ok(json!({ "StatusCode": status, "StatusText": text, "Headers": headers, "Body": "{\"n\":1}" }))
    };
    let http = scripted("stepwell:http", vec![answer(401, "Unauthorized"), answer(200, "OK")]);
    bench.services.register(connections.clone());
    bench.services.register(http.clone());
    let parameters = json!({
        "ApiEndpoint.$": "States.Format('https://example.com/{}', $.id)",
        "Method": "POST",
        "InvocationConfig": { "ConnectionArn": "arn:c" },
        "RequestBody": { "id.$": "$.id" },
    });
    let task =
        json!({ "Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": parameters, "End": true });
    let machine = bench.machine("m", json!({ "StartAt": "T", "States": { "T": task } })).await;
    let execution = bench.start(&machine, "e", r#"{"id":"7"}"#).await;
    let output = output(&bench.finish(&execution).await);
    assert_eq!((&output["ResponseBody"], &output["StatusCode"]), (&json!({ "n": 1 }), &json!(200)));
    let asked = connections.asked.lock().clone();
    assert_eq!((&asked[0].1["Renew"], &asked[1].1["Renew"]), (&json!(false), &json!(true)), "a new token after a 401");
    let sent = http.asked.lock().clone();
    assert_eq!((&sent[1].1["Url"], &sent[1].1["Body"]), (&json!("https://example.com/7"), &json!(r#"{"id":"7"}"#)));
    assert!(sent[1].1["Headers"].to_string().contains("Bearer new"), "{}", sent[1].1);
    let history = bench.ok("GetExecutionHistory", json!({ "executionArn": execution })).await;
    assert!(!history.to_string().contains("Bearer"), "no secret is in the history");
}

#[tokio::test(start_paused = true)]
async fn credentials_are_the_caller_where_the_machine_may_take_the_role() {
    let run_as = async |role: &str, answers: Vec<Result<Value, ServiceError>>| {
        let bench = Bench::new().await;
        let (roles, database) = (scripted("stepwell:roles", answers), scripted("dynamodb", vec![Ok(json!({}))]));
        bench.services.register(roles.clone());
        bench.services.register(database.clone());
        let task = json!({ "Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": {}, "End": true,
            "Credentials": { "RoleArn.$": "$.role" } });
        let machine = bench.machine("m", json!({ "StartAt": "T", "States": { "T": task } })).await;
        let execution = bench.start(&machine, "e", &json!({ "role": role }).to_string()).await;
        let described = bench.finish(&execution).await;
        let history = bench.ok("GetExecutionHistory", json!({ "executionArn": execution })).await;
        let shown = history["events"][2]["taskScheduledEventDetails"]["taskCredentials"].clone();
        let callers: Vec<_> = database.asked.lock().iter().map(|(_, _, caller)| caller.clone()).collect();
        (described, shown, callers)
    };
    let role = "arn:aws:iam::222222222222:role/Other";
    let (described, shown, callers) = run_as(role, vec![Ok(json!({}))]).await;
    assert_eq!((&described["status"], shown), (&json!("SUCCEEDED"), json!({ "roleArn": role })));
    assert_eq!(callers, [role]);
    let refused = vec![Err(ServiceError::new("AccessDenied", "no"))];
    for (role, answers) in [(role, refused), ("nonsense", vec![Ok(json!({}))])] {
        let (described, _, callers) = run_as(role, answers).await;
        assert_eq!(described["error"], "States.TaskFailed");
        let cause = format!("The role {ROLE} is not authorized to assume the task state's role, {role}.");
        assert_eq!((&described["cause"], callers.len()), (&json!(cause), 0));
    }
}

//! Services that stepwell does not have, at an endpoint that speaks their protocol or on AWS: requests are the JSON of the
//! operation, signed; so no service needs code of its own. REST services have no such form and are not served.

use std::sync::Arc;

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use serde_json::{Map, Value};

use super::{
    query,
    signed::{Answer, Endpoint, Signed},
};

/// How a service is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// AWS JSON: the version, `1.0` or `1.1`, and the prefix of its targets.
    Json(&'static str, String),
    /// AWS query: the API's version.
    Query(String),
}

/// AWS JSON services by signing name: version and target prefix.
const JSON: [(&str, &str, &str); 22] = [
    ("acm", "1.1", "CertificateManager"),
    ("athena", "1.1", "AmazonAthena"),
    ("codebuild", "1.1", "CodeBuild_20161006"),
    ("codepipeline", "1.1", "CodePipeline_20150709"),
    ("comprehend", "1.1", "Comprehend_20171127"),
    ("ecr", "1.1", "AmazonEC2ContainerRegistry_V20150921"),
    ("ecs", "1.1", "AmazonEC2ContainerServiceV20141113"),
    ("firehose", "1.1", "Firehose_20150804"),
    ("glue", "1.1", "AWSGlue"),
    ("kinesis", "1.1", "Kinesis_20131202"),
    ("kms", "1.1", "TrentService"),
    ("logs", "1.1", "Logs_20140328"),
    ("organizations", "1.1", "AWSOrganizationsV20161128"),
    ("rekognition", "1.1", "RekognitionService"),
    ("sagemaker", "1.1", "SageMaker"),
    ("secretsmanager", "1.1", "secretsmanager"),
    ("servicediscovery", "1.1", "Route53AutoNaming_v20170314"),
    ("sqs", "1.0", "AmazonSQS"),
    ("ssm", "1.1", "AmazonSSM"),
    ("textract", "1.1", "Textract"),
    ("transcribe", "1.1", "Transcribe"),
    ("translate", "1.1", "AWSShineFrontendService_20170701"),
];
/// AWS query services by signing name, and their version.
const QUERY: [(&str, &str); 6] = [
    ("autoscaling", "2011-01-01"),
    ("cloudformation", "2010-05-15"),
    ("iam", "2010-05-08"),
    ("rds", "2014-10-31"),
    ("sns", "2010-03-31"),
    ("sts", "2011-06-15"),
];

impl Protocol {
    /// That of a service by its signing name; `None` for REST services and those that are not in the lists.
    pub(crate) fn of(service: &str) -> Option<Self> {
        let json = JSON.iter().find(|(name, ..)| *name == service);
        let query = QUERY.iter().find(|(name, _)| *name == service);
        json.map(|(_, version, prefix)| Self::Json(version, (*prefix).to_owned()))
            .or_else(|| query.map(|(_, version)| Self::Query((*version).to_owned())))
    }
}

/// One service elsewhere.
pub(crate) struct Remote {
    /// The signing name.
    pub(crate) name: &'static str,
    pub(crate) client: Arc<Signed>,
    pub(crate) endpoint: Endpoint,
    pub(crate) protocol: Protocol,
}

impl Service for Remote {
    fn name(&self) -> &'static str {
        self.name
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            match &self.protocol {
                Protocol::Json(version, prefix) => {
                    let headers = [
                        ("content-type", format!("application/x-amz-json-{version}")),
                        ("x-amz-target", format!("{prefix}.{operation}")),
                    ];
                    let body = input.to_string().into();
                    json(&self.client.post(&self.endpoint, "/", &headers, body).await?)
                }
                Protocol::Query(version) => {
                    let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())];
                    let body = query::request(operation, version, &input).into();
                    query::answer(&self.client.post(&self.endpoint, "/", &headers, body).await?)
                }
            }
        })
    }
}

fn json(answer: &Answer) -> Result<Value, ServiceError> {
    if !(200..300).contains(&answer.status) {
        return Err(answer.exception());
    }
    if answer.body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let read = serde_json::from_slice(&answer.body);
    read.map_err(|error| {
        ServiceError::internal(format!("the service answered {} without JSON: {error}", answer.status))
    })
}

#[cfg(test)]
mod tests {
    use clock::RealClock;
    use serde_json::json;

    use super::{
        super::listener::{Listener, keys},
        *,
    };

    async fn ask(
        name: &'static str,
        listener: &Listener,
        operation: &str,
        input: Value,
    ) -> Result<Value, ServiceError> {
        let remote = Remote {
            name,
            client: Arc::new(Signed::with_own(keys(), Arc::new(RealClock)).expect("a client")),
            endpoint: Endpoint::new(name, "us-east-1", Some(&listener.url)),
            protocol: Protocol::of(name).expect("known"),
        };
        remote.call(operation, input, &Caller::anonymous()).await
    }

    #[tokio::test]
    async fn json_services_get_a_target_and_answer_json() {
        let gone = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}"#;
        let answers =
            vec![(200, vec![], r#"{"MessageId":"1"}"#), (200, vec![], ""), (400, vec![], gone), (200, vec![], "<")];
        let listener = Listener::start(answers).await;
        let input = || json!({ "QueueUrl": "q", "MessageBody": "b" });
        assert_eq!(ask("sqs", &listener, "SendMessage", input()).await, Ok(json!({ "MessageId": "1" })));
        assert_eq!(ask("sqs", &listener, "PurgeQueue", input()).await, Ok(json!({})));
        let error = ask("sqs", &listener, "SendMessage", input()).await.expect_err("an exception");
        assert_eq!((error.code.as_ref(), error.status), ("QueueDoesNotExist", 400));
        assert_eq!(ask("sqs", &listener, "SendMessage", input()).await.expect_err("no JSON").status, 500);
        let heard = &listener.heard()[0];
        assert_eq!(heard.header("x-amz-target"), Some("AmazonSQS.SendMessage"));
        assert_eq!(heard.header("content-type"), Some("application/x-amz-json-1.0"));
        assert!(heard.is_signed_for("sqs", "us-east-1"));
    }

    #[tokio::test]
    async fn query_services_get_a_form_and_answer_xml() {
        let xml = "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
        let listener = Listener::start(vec![(200, vec![], xml)]).await;
        let answer = ask("sns", &listener, "Publish", json!({ "TopicArn": "t", "Message": "m" })).await;
        assert_eq!(answer, Ok(json!({ "MessageId": "1" })));
        let heard = &listener.heard()[0];
        assert_eq!(heard.body, "Action=Publish&Version=2010-03-31&TopicArn=t&Message=m");
        assert!(heard.is_signed_for("sns", "us-east-1"));
    }
}

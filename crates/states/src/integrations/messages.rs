//! `sqs:sendMessage` and `sns:publish`: the message may be written as JSON.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html>, connect-sns.html

use std::collections::BTreeMap;

use aws_protocol::ServiceError;
use serde_json::{Map, Value, value::RawValue};

use super::{Failure, TaskCall, metadata};
use crate::engine::Shared;

/// An integration that sends a message.
pub(super) struct Messages {
    service: &'static str,
    operation: &'static str,
    /// The prefix of errors.
    prefix: &'static str,
    /// The service's name in causes, and that of an exception without a name of its own.
    title: &'static str,
    /// The parameter that is the message.
    message: &'static str,
    /// Errors by their codes on the wire; all others appear under one name.
    named: &'static [(&'static str, &'static str)],
    content_type: &'static str,
}

/// `sqs:sendMessage`.
pub(super) const SQS: Messages = Messages {
    service: "sqs",
    operation: "SendMessage",
    prefix: "SQS",
    title: "AmazonSQS",
    message: "MessageBody",
    named: &[
        ("InvalidMessageContents", "InvalidMessageContentsException"),
        ("QueueDoesNotExist", "QueueDoesNotExistException"),
        ("UnsupportedOperation", "UnsupportedOperationException"),
    ],
    content_type: "application/x-amz-json-1.0",
};

/// `sns:publish`.
pub(super) const SNS: Messages = Messages {
    service: "sns",
    operation: "Publish",
    prefix: "SNS",
    title: "AmazonSNS",
    message: "Message",
    named: &[
        ("AuthorizationError", "AuthorizationErrorException"),
        ("EndpointDisabled", "EndpointDisabledException"),
        ("InternalError", "InternalErrorException"),
        ("InvalidParameter", "InvalidParameterException"),
        ("InvalidParameterValue", "InvalidParameterValueException"),
        ("NotFound", "NotFoundException"),
        ("PlatformApplicationDisabled", "PlatformApplicationDisabledException"),
    ],
    content_type: "text/xml",
};

impl Messages {
    /// Sends the message and answers the task's result.
    pub(super) async fn send(&self, shared: &Shared, call: &TaskCall) -> Result<String, Failure> {
        let input = self.input(&call.parameters)?;
        let request_id = shared.clock.uuid();
        let answer = shared.call_other(call, self.service, self.operation, input).await;
        let mut output = answer.map_err(|error| self.failure(&error, &request_id))?;
        let http = metadata::Http {
            connection: "connection",
            server: None,
            content_type: self.content_type,
            content_length: output.to_string().len(),
            request_id: &request_id,
            date: shared.clock.now(),
            more: &[],
        };
        metadata::add(&mut output, &http);
        Ok(output.to_string())
    }

    fn input(&self, parameters: &str) -> Result<Value, Failure> {
        let parameters: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(parameters).map_err(Failure::parameters)?;
        let mut input = Map::new();
        for (name, raw) in parameters {
            let value: Value = serde_json::from_str(raw.get()).map_err(Failure::parameters)?;
            let written = name == self.message && !value.is_string();
            input.insert(name, if written { raw.get().into() } else { value });
        }
        Ok(Value::Object(input))
    }

    fn failure(&self, error: &ServiceError, request_id: &str) -> Failure {
        let code = error.code.strip_prefix("AWS.SimpleQueueService.").unwrap_or(&error.code);
        let code = if code == "NonExistentQueue" { "QueueDoesNotExist" } else { code };
        let named = self.named.iter().find(|(known, _)| *known == code).map(|(_, name)| (*name).to_owned());
        let name = named.unwrap_or_else(|| format!("{}Exception", self.title));
        Failure::optimised(self.prefix, &name, self.title, error, request_id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_may_be_json_and_keeps_its_text() {
        let input = SQS.input(r#"{"QueueUrl":"q","MessageBody":{"n":1.50}}"#).expect("valid");
        assert_eq!(input, json!({ "QueueUrl": "q", "MessageBody": "{\"n\":1.50}" }));
        assert_eq!(SNS.input(r#"{"Message":"text"}"#).expect("valid"), json!({ "Message": "text" }));
    }

    #[test]
    fn exceptions_read_as_recorded_on_aws() {
        let missing = ServiceError::new("NotFound", "Topic does not exist").with_status(404);
        let expected = Failure::new(
            "SNS.NotFoundException",
            "Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: R1; Proxy: null)",
        );
        assert_eq!(SNS.failure(&missing, "R1"), expected);
        let parameter = ServiceError::new("MissingParameter", "The request must contain the parameter MessageBody.");
        assert_eq!(SQS.failure(&parameter, "R1").error, "SQS.AmazonSQSException");
        let queue = ServiceError::new("AWS.SimpleQueueService.NonExistentQueue", "no");
        assert_eq!(SQS.failure(&queue, "R1").error, "SQS.QueueDoesNotExistException");
    }
}

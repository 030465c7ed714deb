//! `[services.NAME]`: where a service is that stepwell does not have, for Task states that call it.

use serde::Deserialize;

use super::Backend;

/// One service elsewhere, by its signing name: `sqs`, `sns`, `secretsmanager` ...
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Service {
    /// `aws`: the service itself, in the region.
    pub(crate) service: Option<Backend>,
    /// Anything that speaks the service's protocol.
    pub(crate) endpoint_url: Option<String>,
    /// The region that is signed for, if other than stepwell's own.
    pub(crate) region: Option<String>,
    /// The service's protocol, where stepwell does not know it.
    pub(crate) protocol: Option<Protocol>,
    /// `AmazonSQS`: what comes before the operation in `X-Amz-Target` (JSON protocols).
    pub(crate) target_prefix: Option<String>,
    /// `2010-03-31`: `Version` (query protocol).
    pub(crate) api_version: Option<String>,
}

/// How a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Protocol {
    /// AWS JSON 1.0.
    #[serde(rename = "json-1.0")]
    Json10,
    /// AWS JSON 1.1.
    #[serde(rename = "json-1.1")]
    Json11,
    /// AWS query: forms in, XML out.
    #[serde(rename = "query")]
    Query,
}

impl Service {
    /// What cannot be right with the service called `name`.
    pub(super) fn validate(&self, name: &str) -> Result<(), String> {
        let here = ["states", "dynamodb", "events", "cognito-idp", "lambda", "s3"];
        if here.contains(&name) {
            return Err(format!("services.{name}: stepwell has this service itself, with settings of its own"));
        }
        if self.endpoint_url.is_none() && self.service != Some(Backend::Aws) {
            return Err(format!("services.{name} needs an endpoint_url, or service = \"aws\""));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_says_where_it_is() {
        let read = |text| toml::from_str::<Service>(text).expect("readable");
        assert_eq!(read("endpoint_url = 'http://127.0.0.1:1'").validate("sqs"), Ok(()));
        assert_eq!(read("service = 'aws'\nprotocol = 'json-1.1'").validate("kms"), Ok(()));
        assert!(read("region = 'eu-west-1'").validate("sqs").expect_err("nowhere").contains("needs an endpoint_url"));
        assert!(read("service = 'aws'").validate("dynamodb").expect_err("taken").contains("settings of its own"));
    }
}

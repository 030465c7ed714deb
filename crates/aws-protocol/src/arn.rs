//! Amazon Resource Names: `arn:partition:service:region:account:resource`.
//!
//! What the resource part means is each service's own business.

use std::fmt;

/// Region, account and partition: what every ARN of one stepwell shares.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Partition {
    /// `aws` unless the region says otherwise.
    pub partition: String,
    /// For example `us-east-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
}

impl Partition {
    /// The `aws` partition with this region and account.
    pub fn new(region: impl Into<String>, account: impl Into<String>) -> Self {
        Self { partition: "aws".to_owned(), region: region.into(), account: account.into() }
    }

    /// An ARN of `service` in this partition, for example `arn("states", "stateMachine:Orders")`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

/// A parsed ARN. Its text form is the ARN it came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Arn {
    /// `aws`, `aws-cn` ...
    pub partition: String,
    /// `states`, `dynamodb`, `appsync` ...
    pub service: String,
    /// Empty for global services such as IAM.
    pub region: String,
    /// Empty where the resource belongs to no account.
    pub account: String,
    /// Everything after the fifth colon, colons and slashes included.
    pub resource: String,
}

/// A text that is not an ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an ARN: '{0}'")]
pub struct InvalidArn(pub String);

impl std::str::FromStr for Arn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().map(str::to_owned);
        let (Some(prefix), Some(partition), Some(service), Some(region), Some(account), Some(resource)) =
            (next(), next(), next(), next(), next(), next())
        else {
            return Err(InvalidArn(text.to_owned()));
        };
        if prefix != "arn" || partition.is_empty() || service.is_empty() || resource.is_empty() {
            return Err(InvalidArn(text.to_owned()));
        }
        Ok(Self { partition, service, region, account, resource })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_colons_in_the_resource_and_prints_what_it_read() {
        let text = "arn:aws:states:us-east-1:123456789012:execution:Orders:0f4e";
        let arn: Arn = text.parse().expect("a valid ARN");
        assert_eq!(arn.resource, "execution:Orders:0f4e");
        assert_eq!(arn.to_string(), text);
    }

    #[test]
    fn rejects_texts_that_are_no_arn() {
        for text in ["", "arn:aws:states", "arn:aws::us-east-1:1:x", "urn:aws:states:r:a:x", "arn:aws:states:r:a:"] {
            assert_eq!(text.parse::<Arn>(), Err(InvalidArn(text.to_owned())));
        }
    }
}

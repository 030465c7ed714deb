//! What belongs to the whole stack: pseudo parameters, and names for resources that the template leaves unnamed.

use aws_protocol::Partition;

use crate::{Options, values::stable_text};

/// The names that CloudFormation defines in every template.
pub(crate) const PSEUDO_PARAMETERS: &[&str] = &[
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// Account, region, stack.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    pub(crate) partition: Partition,
    pub(crate) name: String,
    /// The logical ids of the stacks that this one is nested in, its own last; none for the root stack.
    path: Vec<String>,
}

impl Stack {
    pub(crate) fn new(options: &Options) -> Self {
        let mut partition = Partition::new(options.region.clone(), options.account.clone());
        partition.partition = match options.region.split('-').next() {
            Some("cn") => "aws-cn".to_owned(),
            _ if options.region.starts_with("us-gov-") => "aws-us-gov".to_owned(),
            _ => "aws".to_owned(),
        };
        Self { partition, name: options.stack_name.clone(), path: Vec::new() }
    }

    /// The stack that the resource `logical_id` of this one is.
    pub(crate) fn nested(&self, logical_id: &str) -> Self {
        let path = self.path.iter().cloned().chain([logical_id.to_owned()]).collect();
        Self { partition: self.partition.clone(), name: self.generated_name(logical_id), path }
    }

    /// How many stacks this one is nested in.
    pub(crate) fn depth(&self) -> usize {
        self.path.len()
    }

    /// A name for a resource that no other resource has, of this stack or another: `Nested.LogicalId`.
    pub(crate) fn qualified(&self, logical_id: &str) -> String {
        self.path.iter().map(String::as_str).chain([logical_id]).collect::<Vec<_>>().join(".")
    }

    /// The value of a pseudo parameter other than `AWS::NoValue`; `None` for a name that is none.
    pub(crate) fn pseudo_parameter(&self, name: &str) -> Option<String> {
        Some(match name {
            "AWS::Region" => self.partition.region.clone(),
            "AWS::AccountId" => self.partition.account.clone(),
            "AWS::Partition" => self.partition.partition.clone(),
            "AWS::StackName" => self.name.clone(),
            "AWS::StackId" => self.id(),
            "AWS::URLSuffix" => self.url_suffix().to_owned(),
            _ => return None,
        })
    }

    fn url_suffix(&self) -> &'static str {
        if self.partition.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
    }

    pub(crate) fn id(&self) -> String {
        let digits = stable_text(&format!("{}/{}", self.partition.region, self.name), 32);
        // The last part of a stack id is a UUID: hexadecimal digits only.
        let hex: String = digits.bytes().map(|byte| char::from(b"0123456789abcdef"[usize::from(byte % 16)])).collect();
        let uuid = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
        self.partition.arn("cloudformation", &format!("stack/{}/{uuid}", self.name))
    }

    /// A global resource's ARN, which names no region: `arn:aws:iam::ACCOUNT:role/NAME`.
    pub(crate) fn global_arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.partition.partition, self.partition.account)
    }

    /// `STACK-LogicalId-SUFFIX`, as CloudFormation names what has no name; the suffix follows from the rest.
    pub(crate) fn generated_name(&self, logical_id: &str) -> String {
        let suffix = stable_text(&format!("{}/{}/{logical_id}", self.partition.region, self.name), 12);
        // Within 64 characters: the shortest limit of the services here, that of an IAM role.
        let first = |text: &str| text.chars().take(24).collect::<String>();
        format!("{}-{}-{}", first(&self.name), first(logical_id), suffix.to_uppercase())
    }
}

//! `AWS::Lambda::Function` and `AWS::Serverless::Function`: what it takes to run one.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html>,
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>

use std::path::PathBuf;

use indexmap::IndexMap;
use serde_json::Value;

use super::assemble::Assembly;
use crate::{diagnostic::Position, template::Resource};

/// AWS's defaults.
const TIMEOUT_SECONDS: u32 = 3;
const MEMORY_MEGABYTES: u32 = 128;
/// AWS's largest time-out, seconds.
const LONGEST_TIMEOUT_SECONDS: u32 = 900;

/// A function.
#[derive(Debug, Clone)]
pub struct LambdaFunction {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// The function's name.
    pub name: String,
    /// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`.
    pub arn: String,
    /// `nodejs22.x` ...; none with an image.
    pub runtime: Option<String>,
    /// `FILE.FUNCTION`.
    pub handler: String,
    /// Where its code is.
    pub code: LambdaCode,
    /// 1 to 900.
    pub timeout_seconds: u32,
    /// What it is told of its memory.
    pub memory_megabytes: u32,
    /// Its environment variables.
    pub environment: IndexMap<String, String>,
    /// The role it acts with; empty where a transform would make one.
    pub role_arn: String,
}

/// Where a function's code is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LambdaCode {
    /// In one of these folders: the first that exists.
    Folder(Vec<PathBuf>),
    /// In the template itself (`ZipFile`, `InlineCode`).
    Inline(String),
    /// In a container image.
    Image,
    /// The template does not say.
    Unknown,
}

pub(super) fn function(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> LambdaFunction {
    let properties = Properties(&resource.properties);
    let inline = properties.at("/Code/ZipFile").or_else(|| properties.at("/InlineCode"));
    let code = match inline {
        Some(text) => LambdaCode::Inline(text),
        None if properties.at("/PackageType").as_deref() == Some("Image") => LambdaCode::Image,
        None => match location(&properties) {
            Some(location) => LambdaCode::Folder(folders(assembly, resource.at, &location)),
            None => LambdaCode::Unknown,
        },
    };
    let environment = resource.properties.pointer("/Environment/Variables").and_then(Value::as_object);
    LambdaFunction {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        name: resource.identity.reference.clone(),
        arn: resource.identity.attributes.get("Arn").cloned().unwrap_or_default(),
        runtime: properties.at("/Runtime"),
        handler: properties.at("/Handler").unwrap_or_default(),
        code,
        timeout_seconds: properties.number("/Timeout").unwrap_or(TIMEOUT_SECONDS).clamp(1, LONGEST_TIMEOUT_SECONDS),
        memory_megabytes: properties.number("/MemorySize").unwrap_or(MEMORY_MEGABYTES),
        environment: environment.into_iter().flatten().map(|(name, value)| (name.clone(), text_of(value))).collect(),
        role_arn: properties.at("/Role").unwrap_or_default(),
    }
}

/// The local path or the S3 key that `Code` or `CodeUri` has.
fn location(properties: &Properties<'_>) -> Option<String> {
    let in_s3 = |bucket: &str, key: &str| {
        let bucket = properties.at(bucket).unwrap_or_default();
        Some(format!("s3://{bucket}/{}", properties.at(key)?))
    };
    properties
        .at("/Code")
        .or_else(|| properties.at("/CodeUri"))
        .or_else(|| in_s3("/Code/S3Bucket", "/Code/S3Key"))
        .or_else(|| in_s3("/CodeUri/Bucket", "/CodeUri/Key"))
}

/// A folder as written; for an asset of the AWS CDK, the folder that was to be packed.
fn folders(assembly: &Assembly<'_, '_>, at: Position, location: &str) -> Vec<PathBuf> {
    let unpacked = if location.starts_with("s3://") { location.trim_end_matches(".zip") } else { location };
    assembly.candidates(at, unpacked)
}

struct Properties<'a>(&'a Value);

impl Properties<'_> {
    fn at(&self, pointer: &str) -> Option<String> {
        self.0.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
    }

    fn number(&self, pointer: &str) -> Option<u32> {
        let value = self.0.pointer(pointer)?;
        value.as_u64().and_then(|number| u32::try_from(number).ok()).or_else(|| value.as_str()?.parse().ok())
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

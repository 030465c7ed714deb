//! The environment of a function's process: what Lambda defines, and the function's own variables over it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>, "Defined runtime environment variables".

use std::collections::BTreeMap;

use crate::{Config, Function, name::LATEST};

/// The variables of `function`, sorted by name. `instance` names its log stream.
pub(crate) fn variables(config: &Config, function: &Function, instance: &str) -> BTreeMap<String, String> {
    let region = &config.partition.region;
    let mut variables: BTreeMap<String, String> = [
        ("AWS_REGION", region.clone()),
        ("AWS_DEFAULT_REGION", region.clone()),
        ("AWS_ACCESS_KEY_ID", config.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", config.secret_access_key.clone()),
        // AWS differs: there, SDKs find their services by the region.
        ("AWS_ENDPOINT_URL", config.endpoint_url.clone()),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_stepwell".to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", LATEST.to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_megabytes.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", format!("[{LATEST}]{instance}")),
        ("LAMBDA_TASK_ROOT", function.folder.display().to_string()),
        ("TZ", ":UTC".to_owned()),
        ("_HANDLER", function.handler.clone()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    variables.extend(function.environment.clone());
    variables
}

/// Whether a variable of stepwell's own environment is kept from functions: its settings and the user's AWS profile,
/// which would take the place of what is defined here.
pub(crate) fn is_withheld(name: &str) -> bool {
    name.starts_with("AWS_") || name.starts_with("STEPWELL_")
}

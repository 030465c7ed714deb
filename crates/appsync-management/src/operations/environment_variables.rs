//! `GetGraphqlApiEnvironmentVariables` and `PutGraphqlApiEnvironmentVariables`.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_PutGraphqlApiEnvironmentVariables.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error,
    input::{self, OfApi},
    limits,
    records::Api,
    registry::Registry,
};

pub(super) fn get(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let OfApi { api_id } = input::parse(input)?;
    Ok(json!({ "environmentVariables": registry.api(&api_id)?.core.environment_variables }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutRequest {
    api_id: String,
    environment_variables: BTreeMap<String, String>,
}

/// Puts the whole list in the place of the one before.
pub(super) async fn put(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let PutRequest { api_id, environment_variables } = input::parse(input)?;
    check(&environment_variables)?;
    let put = |api: &mut Api| {
        api.core_mut().environment_variables = environment_variables.clone();
        Ok(())
    };
    registry.change(&api_id, put).await?;
    Ok(json!({ "environmentVariables": environment_variables }))
}

fn check(variables: &BTreeMap<String, String>) -> Result<(), Error> {
    if variables.len() > limits::ENVIRONMENT_VARIABLES {
        let most = limits::ENVIRONMENT_VARIABLES;
        return Err(Error::constraint(
            &variables.len().to_string(),
            "environmentVariables",
            &format!("Map must have at most {most} entries"),
        ));
    }
    for (name, value) in variables {
        let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let begins = name.starts_with(|first: char| first.is_ascii_alphabetic());
        if !(2..=64).contains(&name.len()) || !letters || !begins {
            let pattern = "Map keys must satisfy constraint: [2 to 64 characters, ^[A-Za-z]+\\w*$]";
            return Err(Error::constraint(name, "environmentVariables", pattern));
        }
        input::check_length(value, "environmentVariables", limits::ENVIRONMENT_VALUE_CHARS)?;
    }
    Ok(())
}

//! `stepwell token USER`: signs a demo user in to the running stepwell and prints a token.

use std::{fs, process::ExitCode};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::{config::Config, wiring::endpoints::Endpoints};

/// Prints the access token (or the id token) of `user`, whose password was made at the first start.
pub(crate) fn token(config: &Config, user: &str, id: bool) -> anyhow::Result<ExitCode> {
    let endpoints = Endpoints::read(&config.data.value)
        .with_context(|| format!("no stepwell runs on the data folder {}", config.data.value.display()))?;
    let secrets: Value = serde_json::from_slice(
        &fs::read(config.data_file("secrets.json")).context("read the passwords in secrets.json")?,
    )?;
    let Some(pool) = endpoints.user_pools.iter().find(|pool| pool.users.iter().any(|name| name == user)) else {
        let users: Vec<_> = endpoints.user_pools.iter().flat_map(|pool| &pool.users).map(String::as_str).collect();
        bail!("the template has no user '{user}'; its users are: {}", users.join(", "));
    };
    let password = secrets["passwords"][format!("{}/{user}", pool.id)].as_str();
    let password = password.with_context(|| format!("secrets.json holds no password of {user}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(sign_in(&endpoints.http, &pool.client_id, user, password))?;
    let kind = if id { "IdToken" } else { "AccessToken" };
    let token = answer["AuthenticationResult"][kind].as_str().with_context(|| format!("not signed in: {answer}"))?;
    println!("{token}");
    Ok(ExitCode::SUCCESS)
}

/// InitiateAuth with USER_PASSWORD_AUTH.
async fn sign_in(endpoint: &str, client_id: &str, user: &str, password: &str) -> anyhow::Result<Value> {
    let request = json!({
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": client_id,
        "AuthParameters": { "USERNAME": user, "PASSWORD": password },
    });
    let response = reqwest::Client::new()
        .post(endpoint)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "AWSCognitoIdentityProviderService.InitiateAuth")
        .body(request.to_string())
        .send()
        .await
        .with_context(|| format!("call {endpoint}"))?;
    Ok(response.json().await?)
}

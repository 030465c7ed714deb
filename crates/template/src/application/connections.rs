//! `AWS::Events::Connection`: how an HTTP API is authorized with.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-connection.html>

use std::fmt;

use serde::Deserialize;

use super::assemble::Assembly;
use crate::{diagnostic::Position, template::Resource};

/// A connection.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// `arn:aws:events:REGION:ACCOUNT:connection/NAME/ID`.
    pub arn: String,
    /// What authorizes its requests.
    pub auth: ConnectionAuth,
    /// What it adds to each request besides.
    pub parameters: HttpParameters,
}

/// What authorizes requests.
#[derive(Debug, Clone)]
pub enum ConnectionAuth {
    /// A header with a key.
    ApiKey(ApiKeyAuth),
    /// A user and a password.
    Basic(BasicAuth),
    /// A token that the client's credentials are exchanged for.
    OAuth(OAuth),
}

/// `ApiKeyAuthParameters`.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ApiKeyAuth {
    /// The header's name.
    #[serde(rename = "ApiKeyName")]
    pub name: String,
    /// Its value, secret.
    #[serde(rename = "ApiKeyValue")]
    pub value: String,
}

/// `BasicAuthParameters`.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BasicAuth {
    /// The user.
    pub username: String,
    /// Secret.
    pub password: String,
}

/// `OAuthParameters`.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OAuth {
    /// Where tokens are got.
    pub authorization_endpoint: String,
    /// How the endpoint is asked.
    pub http_method: OAuthMethod,
    #[serde(rename = "ClientParameters")]
    client: Client,
    /// What is added to the request for a token.
    #[serde(default, rename = "OAuthHttpParameters")]
    pub parameters: HttpParameters,
}

/// How an authorization endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OAuthMethod {
    /// The credentials go into the query.
    Get,
    /// The credentials go into a form.
    Post,
    /// The same.
    Put,
}

#[derive(Clone, Deserialize)]
struct Client {
    #[serde(rename = "ClientID")]
    id: String,
    #[serde(rename = "ClientSecret")]
    secret: String,
}

impl OAuth {
    /// The client's id and secret.
    pub fn client(&self) -> (&str, &str) {
        (&self.client.id, &self.client.secret)
    }
}

/// `ConnectionHttpParameters`: what is added to a request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HttpParameters {
    /// Members of the body.
    #[serde(rename = "BodyParameters")]
    pub body: Vec<ConnectionParameter>,
    /// Headers.
    #[serde(rename = "HeaderParameters")]
    pub headers: Vec<ConnectionParameter>,
    /// Pairs of the query.
    #[serde(rename = "QueryStringParameters")]
    pub query: Vec<ConnectionParameter>,
}

/// A key and its value, which may be secret.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConnectionParameter {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    #[serde(default)]
    auth_parameters: AuthParameters,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct AuthParameters {
    api_key_auth_parameters: Option<ApiKeyAuth>,
    basic_auth_parameters: Option<BasicAuth>,
    #[serde(rename = "OAuthParameters")]
    oauth: Option<OAuth>,
    invocation_http_parameters: HttpParameters,
}

pub(super) fn connection(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Option<Connection> {
    let parameters = assembly.properties::<Properties>(resource)?.auth_parameters;
    let kind = resource.properties.get("AuthorizationType").and_then(serde_json::Value::as_str).unwrap_or_default();
    let (auth, wanted) = match kind {
        "API_KEY" => (parameters.api_key_auth_parameters.map(ConnectionAuth::ApiKey), "ApiKeyAuthParameters"),
        "BASIC" => (parameters.basic_auth_parameters.map(ConnectionAuth::Basic), "BasicAuthParameters"),
        "OAUTH_CLIENT_CREDENTIALS" => (parameters.oauth.map(ConnectionAuth::OAuth), "OAuthParameters"),
        _ => (None, "AuthorizationType"),
    };
    if auth.is_none() && !assembly.report.has_errors() {
        let message = format!("a connection of the type '{kind}' needs {wanted}");
        assembly.error("SW0152", resource, "AuthParameters", message);
    }
    Some(Connection {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        arn: resource.identity.attributes.get("Arn").cloned().unwrap_or_default(),
        auth: auth?,
        parameters: parameters.invocation_http_parameters,
    })
}

/// Secrets are never printed.
macro_rules! without_secrets {
    ($($name:ident: $shown:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field(stringify!($shown), &self.$shown).finish_non_exhaustive()
            }
        })*
    };
}

without_secrets!(ApiKeyAuth: name, BasicAuth: username, OAuth: authorization_endpoint, ConnectionParameter: key);

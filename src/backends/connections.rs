//! The service `stepwell:connections`, which is not on the wire and cannot be named by a workflow: what EventBridge
//! connections add to the requests of HTTP tasks.
//!
//! `Retrieve` takes `{ConnectionArn, Renew}` and answers `{Headers, QueryParameters, BodyParameters, Renewable}`, secrets
//! included. A token of an OAuth connection is got when it is first needed, and kept until its end or until `Renew`.

use std::{collections::HashMap, sync::Arc};

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clock::{Clock, Timestamp};
use serde_json::{Map, Value, json};
use template::{Connection, ConnectionAuth, ConnectionParameter, OAuth, OAuthMethod};
use tokio::sync::Mutex;
use url::form_urlencoded;

use super::http_tasks::HttpTasks;

/// A token is not used this close to its end, seconds.
const MARGIN_SECONDS: i64 = 30;
/// How long a token is kept whose issuer says nothing, seconds.
const UNSAID_SECONDS: i64 = 300;

/// See the module's header.
pub(crate) struct Connections {
    connections: HashMap<String, Known>,
    http: Arc<HttpTasks>,
    clock: Arc<dyn Clock>,
}

struct Known {
    connection: Connection,
    /// Held while a token is got, so that many tasks ask for one.
    token: Mutex<Option<Token>>,
}

struct Token {
    authorization: String,
    until: Timestamp,
}

impl Connections {
    pub(crate) fn new(connections: &[Connection], http: Arc<HttpTasks>, clock: Arc<dyn Clock>) -> Self {
        let known = |connection: &Connection| {
            (connection.arn.clone(), Known { connection: connection.clone(), token: Mutex::new(None) })
        };
        Self { connections: connections.iter().map(known).collect(), http, clock }
    }

    async fn retrieve(&self, input: &Value) -> Result<Value, ServiceError> {
        let arn = input["ConnectionArn"].as_str().unwrap_or_default();
        let known = self.connections.get(arn).ok_or_else(|| {
            ServiceError::new(
                "Events.ConnectionResource.ResourceNotFound",
                format!("Connection '{arn}' does not exist."),
            )
        })?;
        let parameters = &known.connection.parameters;
        let mut headers = members(&parameters.headers);
        let (name, value) = match &known.connection.auth {
            ConnectionAuth::ApiKey(key) => (key.name.as_str(), key.value.clone()),
            ConnectionAuth::Basic(user) => {
                let pair = STANDARD.encode(format!("{}:{}", user.username, user.password));
                ("Authorization", format!("Basic {pair}"))
            }
            ConnectionAuth::OAuth(oauth) => {
                ("Authorization", self.authorization(known, oauth, input["Renew"] == true).await?)
            }
        };
        headers.insert(name.to_owned(), value.into());
        Ok(json!({
            "Headers": headers,
            "QueryParameters": members(&parameters.query),
            "BodyParameters": members(&parameters.body),
            "Renewable": matches!(known.connection.auth, ConnectionAuth::OAuth(_)),
        }))
    }

    /// The value of the header, from the kept token or a new one.
    async fn authorization(&self, known: &Known, oauth: &OAuth, renew: bool) -> Result<String, ServiceError> {
        let mut token = known.token.lock().await;
        if let Some(kept) = token.as_ref().filter(|kept| !renew && self.clock.now() < kept.until) {
            return Ok(kept.authorization.clone());
        }
        let new = self.fetch(oauth).await?;
        let authorization = new.authorization.clone();
        *token = Some(new);
        Ok(authorization)
    }

    async fn fetch(&self, oauth: &OAuth) -> Result<Token, ServiceError> {
        let answer = self.http.send(&token_request(oauth)).await?;
        let status = answer["StatusCode"].as_u64().unwrap_or_default();
        let body: Value = serde_json::from_str(answer["Body"].as_str().unwrap_or_default()).unwrap_or_default();
        let Some(token) = body["access_token"].as_str().filter(|_| (200..300).contains(&status)) else {
            let text = format!("The authorization endpoint answered {status} without a token.");
            return Err(ServiceError::new("Events.ConnectionResource.InvalidConnectionState", text));
        };
        let seconds = body["expires_in"].as_i64().map_or(UNSAID_SECONDS, |seconds| seconds - MARGIN_SECONDS);
        let until = self.clock.now().plus_seconds(seconds);
        Ok(Token { authorization: format!("Bearer {token}"), until })
    }
}

/// The input of `Send` that asks for a token (RFC 6749, section 4.4).
fn token_request(oauth: &OAuth) -> Value {
    let (id, secret) = oauth.client();
    let mut form = vec![("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    form.extend(oauth.parameters.body.iter().map(|pair| (pair.key.as_str(), pair.value.as_str())));
    let mut query: Vec<_> =
        oauth.parameters.query.iter().map(|pair| (pair.key.as_str(), pair.value.as_str())).collect();
    let mut headers: Vec<_> = oauth.parameters.headers.iter().map(|pair| json!([pair.key, pair.value])).collect();
    let encoded = |pairs: &[(&str, &str)]| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let (method, body) = match oauth.http_method {
        OAuthMethod::Get => {
            query.append(&mut form);
            ("GET", None)
        }
        OAuthMethod::Post => ("POST", Some(encoded(&form))),
        OAuthMethod::Put => ("PUT", Some(encoded(&form))),
    };
    if body.is_some() {
        headers.push(json!(["Content-Type", "application/x-www-form-urlencoded"]));
    }
    let endpoint = &oauth.authorization_endpoint;
    let joint = if endpoint.contains('?') { "&" } else { "?" };
    let url = if query.is_empty() { endpoint.clone() } else { format!("{endpoint}{joint}{}", encoded(&query)) };
    json!({ "Method": method, "Url": url, "Headers": headers, "Body": body })
}

fn members(parameters: &[ConnectionParameter]) -> Map<String, Value> {
    parameters.iter().map(|pair| (pair.key.clone(), pair.value.clone().into())).collect()
}

impl Service for Connections {
    fn name(&self) -> &'static str {
        "stepwell:connections"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            match operation {
                "Retrieve" => self.retrieve(&input).await,
                other => Err(ServiceError::unknown_operation("stepwell:connections", other)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use clock::SimulatedClock;

    use super::{
        super::listener::{Canned, Listener},
        *,
    };

    const TEMPLATE: &str = r#"
Resources:
  Key:
    Type: AWS::Events::Connection
    Properties:
      Name: key
      AuthorizationType: API_KEY
      AuthParameters:
        ApiKeyAuthParameters: { ApiKeyName: X-Key, ApiKeyValue: hidden }
        InvocationHttpParameters: { QueryStringParameters: [{ Key: page, Value: "1" }], BodyParameters: [{ Key: a, Value: b }] }
  User:
    Type: AWS::Events::Connection
    Properties:
      Name: user
      AuthorizationType: BASIC
      AuthParameters: { BasicAuthParameters: { Username: u, Password: hidden } }
  Token:
    Type: AWS::Events::Connection
    Properties:
      Name: token
      AuthorizationType: OAUTH_CLIENT_CREDENTIALS
      AuthParameters:
        OAuthParameters:
          AuthorizationEndpoint: ENDPOINT/token
          HttpMethod: POST
          ClientParameters: { ClientID: me, ClientSecret: hidden }
          OAuthHttpParameters: { BodyParameters: [{ Key: scope, Value: read }] }
"#;

    struct Text(String);

    impl template::Files for Text {
        fn read(&self, _: &std::path::Path) -> std::io::Result<String> {
            Ok(self.0.clone())
        }
    }

    /// The service with the template's connections, its clock, and the ARNs by logical id.
    fn service(endpoint: &str) -> (Connections, SimulatedClock, HashMap<String, String>) {
        let options = template::Options {
            region: "us-east-1".into(),
            account: "111111111111".into(),
            stack_name: "s".into(),
            parameters: Default::default(),
        };
        let values = template::Derived { region: "us-east-1".into(), stack_name: "s".into() };
        let files = Text(TEMPLATE.replace("ENDPOINT", endpoint));
        let loaded = template::load("t.yaml".as_ref(), &options, &values, &files).expect("a valid template");
        let connections = loaded.application.connections;
        assert!(!format!("{connections:?}").contains("hidden"), "no secret is printed");
        let arns = connections.iter().map(|known| (known.logical_id.clone(), known.arn.clone())).collect();
        let clock = SimulatedClock::new(Timestamp(0), 1);
        let http = Arc::new(HttpTasks::new().expect("a client"));
        (Connections::new(&connections, http, Arc::new(clock.clone())), clock, arns)
    }

    async fn retrieve(connections: &Connections, arn: &str, renew: bool) -> Result<Value, ServiceError> {
        let input = json!({ "ConnectionArn": arn, "Renew": renew });
        connections.call("Retrieve", input, &Caller::anonymous()).await
    }

    #[tokio::test]
    async fn keys_and_passwords_are_headers() {
        let (connections, _, arns) = service("http://127.0.0.1:1");
        let key = retrieve(&connections, &arns["Key"], false).await.expect("known");
        let wanted = json!({
            "Headers": { "X-Key": "hidden" }, "QueryParameters": { "page": "1" }, "BodyParameters": { "a": "b" },
            "Renewable": false,
        });
        assert_eq!(key, wanted);
        let user = retrieve(&connections, &arns["User"], false).await.expect("known");
        assert_eq!(user["Headers"]["Authorization"], "Basic dTpoaWRkZW4=");
        let id = arns["Key"].strip_prefix("arn:aws:events:us-east-1:111111111111:connection/key/");
        assert_eq!(id.map(str::len), Some(36), "{}", arns["Key"]);
        let error = retrieve(&connections, "arn:other", false).await.expect_err("unknown");
        assert_eq!(error.code, "Events.ConnectionResource.ResourceNotFound");
    }

    #[tokio::test]
    async fn a_token_is_kept_until_its_end_or_until_it_is_renewed() {
        let token = |text| -> Canned { (200, vec![("content-type", "application/json")], text) };
        let answers = vec![
            token(r#"{"access_token":"one","expires_in":100}"#),
            token(r#"{"access_token":"two","expires_in":100}"#),
            token(r#"{"access_token":"three"}"#),
            (401, vec![], "{}"),
        ];
        let listener = Listener::start(answers).await;
        let (connections, clock, arns) = service(&listener.url);
        let ask = async |renew| {
            let answer = retrieve(&connections, &arns["Token"], renew).await;
            answer.map(|answer| answer["Headers"]["Authorization"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(ask(false).await.as_deref(), Ok("Bearer one"));
        assert_eq!(ask(false).await.as_deref(), Ok("Bearer one"));
        clock.advance_millis(70_000);
        assert_eq!(ask(false).await.as_deref(), Ok("Bearer two"));
        assert_eq!(ask(true).await.as_deref(), Ok("Bearer three"));
        let error = ask(true).await.expect_err("refused");
        assert_eq!(error.code, "Events.ConnectionResource.InvalidConnectionState");
        let heard = &listener.heard()[0];
        assert_eq!(heard.uri.path(), "/token");
        assert_eq!(heard.body, "grant_type=client_credentials&client_id=me&client_secret=hidden&scope=read");
    }
}

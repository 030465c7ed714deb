//! The service `stepwell:opensearch`, which is not on the wire: sends the requests of OpenSearch data sources.
//!
//! `Send` takes `{Endpoint, Method, Path, Headers: [[NAME, VALUE]], Body}` and answers `{StatusCode, Body}`. A domain on
//! AWS gets the request signed for `es`; one of one's own, which the settings or the data source name, gets it as it is.

use std::{collections::BTreeMap, sync::Arc};

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use reqwest::{Client, redirect};
use serde_json::{Value, json};

use super::{
    http_client,
    signed::{Endpoint, Request, Signed},
};

/// The largest answer that is read, bytes (AppSync quota for an evaluated result).
const ANSWER_BYTES: usize = 5_000_000;
/// Where domains of AWS are: `search-NAME-ID.REGION.es.amazonaws.com`.
const AWS_DOMAINS: &str = ".es.amazonaws.com";

/// See the module's header.
pub(crate) struct OpenSearch {
    pub(crate) client: Client,
    pub(crate) signed: Arc<Signed>,
    /// URLs by the domain's name or the host of its endpoint.
    pub(crate) domains: BTreeMap<String, String>,
}

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Aws { url: String, region: String },
    Own(String),
}

impl OpenSearch {
    pub(crate) fn new(signed: Arc<Signed>, domains: BTreeMap<String, String>) -> reqwest::Result<Self> {
        let client = Client::builder().redirect(redirect::Policy::none()).build()?;
        Ok(Self { client, signed, domains })
    }

    fn place(&self, endpoint: &str) -> Place {
        let endpoint = endpoint.trim_end_matches('/');
        let host = endpoint.split_once("://").map_or(endpoint, |(_, host)| host);
        let name = domain_name(host);
        let own = self.domains.get(host).or_else(|| self.domains.get(name?));
        if let Some(url) = own {
            return Place::Own(url.trim_end_matches('/').to_owned());
        }
        let url = if endpoint.contains("://") { endpoint.to_owned() } else { format!("https://{endpoint}") };
        match host.strip_suffix(AWS_DOMAINS).and_then(|host| host.rsplit('.').next()) {
            Some(region) => Place::Aws { url, region: region.to_owned() },
            None => Place::Own(url),
        }
    }

    async fn send(&self, input: &Value) -> Result<Value, ServiceError> {
        let text = |member: &str| input[member].as_str().unwrap_or_default();
        let method: Method = text("Method").parse().map_err(|_| invalid("operation"))?;
        let headers = headers(&input["Headers"])?;
        let body = Bytes::from(text("Body").to_owned());
        let (status, body) = match self.place(text("Endpoint")) {
            Place::Own(url) => self.send_plain(method, format!("{url}{}", text("Path")), headers, body).await?,
            Place::Aws { url, region } => {
                let endpoint = Endpoint::new("es", &region, Some(&url));
                // The content type is the only header that AppSync documents for domains.
                let content_type = headers.into_iter().find(|(name, _)| name == "content-type");
                let headers: Vec<_> = content_type
                    .iter()
                    .map(|(_, value)| ("content-type", String::from_utf8_lossy(value.as_bytes()).into_owned()))
                    .collect();
                let request =
                    Request { method, path: text("Path"), headers: &headers, body, answer_bytes: ANSWER_BYTES };
                let answer = self.signed.send(&endpoint, request).await?;
                (answer.status, answer.body)
            }
        };
        Ok(json!({ "StatusCode": status, "Body": String::from_utf8_lossy(&body) }))
    }

    async fn send_plain(
        &self,
        method: Method,
        url: String,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Bytes,
    ) -> Result<(u16, Bytes), ServiceError> {
        let url = reqwest::Url::parse(&url).map_err(|_| invalid("endpoint"))?;
        let unavailable = |cause: String| {
            let message = "the OpenSearch domain did not answer; see the log for the cause";
            ServiceError { internal: Some(cause), ..ServiceError::new("ServiceUnavailable", message).with_status(503) }
        };
        let request = self.client.request(method, url).headers(headers.into_iter().collect()).body(body);
        let mut response = request.send().await.map_err(|error| unavailable(http_client::text(error)))?;
        let status = response.status().as_u16();
        Ok((status, http_client::body(&mut response, ANSWER_BYTES).await.map_err(unavailable)?))
    }
}

/// `NAME` of `search-NAME-ID.REGION.es.amazonaws.com` or `vpc-...`.
fn domain_name(host: &str) -> Option<&str> {
    let first = host.split('.').next()?;
    let rest = first.strip_prefix("search-").or_else(|| first.strip_prefix("vpc-"))?;
    rest.rsplit_once('-').map(|(name, _)| name)
}

fn headers(pairs: &Value) -> Result<Vec<(HeaderName, HeaderValue)>, ServiceError> {
    let header = |pair: &Value| {
        let [name, value] = [&pair[0], &pair[1]].map(|text| text.as_str().unwrap_or_default());
        let header = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
        header.ok_or_else(|| invalid("headers"))
    };
    pairs.as_array().into_iter().flatten().map(header).collect()
}

fn invalid(member: &str) -> ServiceError {
    ServiceError::new("BadRequest", format!("The request's {member} is not valid."))
}

impl Service for OpenSearch {
    fn name(&self) -> &'static str {
        "stepwell:opensearch"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            match operation {
                "Send" => self.send(&input).await,
                other => Err(ServiceError::unknown_operation(self.name(), other)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use clock::RealClock;

    use super::{
        super::listener::{Listener, keys},
        *,
    };

    fn service(domains: &[(&str, &str)]) -> OpenSearch {
        let signed = Arc::new(Signed::with_own(keys(), Arc::new(RealClock)).expect("a client"));
        let domains = domains.iter().map(|(name, url)| ((*name).to_owned(), (*url).to_owned()));
        OpenSearch::new(signed, domains.collect()).expect("a client")
    }

    #[test]
    fn domains_are_on_aws_or_where_the_settings_say() {
        let own = |url: &str| Place::Own(url.to_owned());
        let service = service(&[("posts", "http://127.0.0.1:9200/"), ("search.example", "http://b")]);
        for (endpoint, place) in [
            ("https://search-posts-abc1.us-east-1.es.amazonaws.com", own("http://127.0.0.1:9200")),
            ("https://search.example/", own("http://b")),
            ("http://127.0.0.1:9201", own("http://127.0.0.1:9201")),
            (
                "search-other-abc1.eu-west-1.es.amazonaws.com",
                Place::Aws {
                    url: "https://search-other-abc1.eu-west-1.es.amazonaws.com".to_owned(),
                    region: "eu-west-1".to_owned(),
                },
            ),
        ] {
            assert_eq!(service.place(endpoint), place, "{endpoint}");
        }
    }

    #[tokio::test]
    async fn a_domain_of_ones_own_gets_the_request_as_it_is() {
        let listener =
            Listener::start(vec![(200, vec![], r#"{"hits":{}}"#), (404, vec![], r#"{"found":false}"#)]).await;
        let service = service(&[]);
        let input = |method: &str, body: &str| {
            json!({
                "Endpoint": listener.url, "Method": method, "Path": "/posts/_search?pretty=true",
                "Headers": [["content-type", "application/json"], ["x-one", "1"]], "Body": body,
            })
        };
        let found = service.call("Send", input("GET", r#"{"size":1}"#), &Caller::anonymous()).await;
        assert_eq!(found, Ok(json!({ "StatusCode": 200, "Body": r#"{"hits":{}}"# })));
        let missing = service.call("Send", input("HEAD", ""), &Caller::anonymous()).await.expect("an answer");
        assert_eq!(missing["StatusCode"], 404);
        let heard = &listener.heard()[0];
        assert_eq!((heard.method.as_str(), heard.uri.to_string().as_str()), ("GET", "/posts/_search?pretty=true"));
        assert_eq!((heard.header("x-one"), &heard.body[..]), (Some("1"), &br#"{"size":1}"#[..]));
        assert_eq!(heard.header("authorization"), None);
    }
}

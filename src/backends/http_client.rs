//! HTTP to elsewhere: for HTTP data sources of resolvers, and for the keys of OpenID Connect issuers.

use std::{sync::Arc, time::Duration};

use appsync::{HttpClient, HttpRequest, HttpResponse};
use aws_protocol::{BoxFuture, sigv4};
use bytes::Bytes;
use clock::Clock;
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, redirect};

/// The largest answer that is read, bytes (AppSync quota for an evaluated result).
const ANSWER_BYTES: usize = 5_000_000;
/// The largest discovery document or key set that is read, bytes.
const KEYS_BYTES: usize = 1 << 20;
const TIMEOUT: Duration = Duration::from_secs(30);

/// A pooled client that signs where it is told to.
pub(crate) struct Outbound {
    client: Client,
    credentials: sigv4::Credentials,
    clock: Arc<dyn Clock>,
}

impl Outbound {
    pub(crate) fn new(credentials: sigv4::Credentials, clock: Arc<dyn Clock>) -> reqwest::Result<Self> {
        let client = Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none()).build()?;
        Ok(Self { client, credentials, clock })
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, String> {
        let url = reqwest::Url::parse(&request.url).map_err(|error| format!("{}: {error}", request.url))?;
        let mut headers = header_map(&request.headers)?;
        if let Some(signing) = &request.signing {
            let host = authority(&url).ok_or_else(|| format!("{url} names no host"))?;
            headers.insert("host", HeaderValue::from_str(&host).map_err(|error| error.to_string())?);
            let signed = sigv4::Request {
                method: &request.method,
                path: url.path(),
                query: url.query().unwrap_or_default(),
                headers: &headers,
                payload: sigv4::Payload::Bytes(&request.body),
            };
            let scope = sigv4::Scope { region: &signing.region, service: &signing.service };
            let signature = sigv4::sign(&signed, &self.credentials, scope, self.clock.now().0 / 1000);
            headers.extend(signature);
        }
        let method = request.method.parse::<http::Method>().map_err(|error| error.to_string())?;
        let sent = self.client.request(method, url).headers(headers).body(request.body).send().await;
        read(sent.map_err(text)?, ANSWER_BYTES).await
    }
}

impl HttpClient for Outbound {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
        Box::pin(self.exchange(request))
    }
}

impl auth::Fetch for Outbound {
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, String>> {
        Box::pin(async move {
            let response = read(self.client.get(url).send().await.map_err(text)?, KEYS_BYTES).await?;
            match response.status {
                200 => Ok(response.body.into()),
                status => Err(format!("{url} answered {status}")),
            }
        })
    }
}

fn header_map(headers: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let invalid = || format!("'{name}: {value}' is no header");
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        map.append(name, HeaderValue::from_str(value).map_err(|_| invalid())?);
    }
    Ok(map)
}

pub(super) fn authority(url: &reqwest::Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

async fn read(mut response: Response, limit: usize) -> Result<HttpResponse, String> {
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let body = body(&mut response, limit).await?;
    Ok(HttpResponse { status, headers, body })
}

/// The body, unless it is longer than `limit` bytes.
pub(super) async fn body(response: &mut Response, limit: usize) -> Result<Bytes, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(text)? {
        if body.len() + chunk.len() > limit {
            return Err(format!("the answer has more than {limit} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}

/// An error with its causes: reqwest's own text often hides what happened.
pub(super) fn text(error: reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

//! Runs a plan: data is fetched first, everything at once where it may be, then the response is written in one pass.

mod fetch;
mod path;
pub(crate) mod project;
mod write;

use std::{collections::HashMap, sync::Arc};

use apollo_compiler::{introspection, response::JsonMap};
use auth::{AuthMode, Identity};
use parking_lot::Mutex;
use resolver::Info;
use serde_json::{Map, Value};

use crate::{
    Api, GraphqlError, Request, batch::Gatherer, document::Document, limits, pipeline::Shared, plan::Plan,
    trace::Recorder,
};
pub(crate) use fetch::Fetched;
pub(crate) use write::Writer;

/// One operation at work.
pub(crate) struct Execution<'a> {
    api: &'a Api,
    identity: &'a Identity,
    pub(crate) plan: &'a Plan,
    variables: Map<String, Value>,
    shared: Shared,
    /// By field id, so that a list of a thousand items needs one.
    infos: Mutex<HashMap<usize, Arc<Info>>>,
    side: Mutex<Side>,
}

/// What resolvers asked for beside their results.
#[derive(Default)]
pub(crate) struct Side {
    pub(crate) headers: Vec<(String, String)>,
    /// `extensions.*` calls in order.
    pub(crate) extensions: Vec<(String, Vec<Value>)>,
    /// Entries that were evicted from the API's cache.
    pub(crate) cache_entries_deleted: usize,
}

impl<'a> Execution<'a> {
    /// An execution of `plan` for `request`, with coerced variables.
    pub(crate) fn new(
        api: &'a Api,
        request: &'a Request,
        plan: &'a Plan,
        variables: Map<String, Value>,
        recorder: &Arc<Recorder>,
    ) -> Self {
        let shared = Shared {
            identity: Arc::new(request.identity.to_context()),
            request: Arc::new(resolver::Request {
                headers: context_headers(&request.headers),
                domain_name: request.domain_name.clone(),
            }),
            environment: api.environment.clone(),
            auth_type: auth_type(request.identity.mode()),
            clock: api.clock.clone(),
            gatherer: Gatherer::default(),
            recorder: recorder.clone(),
        };
        recorder.headers(&shared.request);
        Self {
            api,
            identity: &request.identity,
            plan,
            variables,
            shared,
            infos: Mutex::default(),
            side: Mutex::default(),
        }
    }

    /// `__schema` and `__type`, by response key.
    pub(crate) fn introspect(&self, document: &Document, errors: &mut Vec<GraphqlError>) -> JsonMap {
        if !self.plan.introspects {
            return JsonMap::new();
        }
        let schema = &self.api.schema;
        let executable = &document.executable;
        let answer = self.operation(document).and_then(|operation| {
            introspection::check_max_depth(executable, operation).map_err(|error| error.message().to_string())?;
            let variables = bytes_map(&self.variables);
            let variables = apollo_compiler::validation::Valid::assume_valid_ref(&variables);
            introspection::partial_execute(&schema.definitions, &schema.implementers, executable, operation, variables)
                .map_err(|error| error.message().to_string())
        });
        match answer {
            Ok(answer) => answer.data.unwrap_or_default(),
            Err(message) => {
                errors.push(GraphqlError { path: None, locations: None, message, details: None });
                JsonMap::new()
            }
        }
    }

    fn operation<'d>(&self, document: &'d Document) -> Result<&'d apollo_compiler::executable::Operation, String> {
        let name = self.plan.operation_name.as_deref();
        document.operation(name).map(|operation| &**operation)
    }

    /// What resolvers asked for beside their results, so far.
    pub(crate) fn take_side(&self) -> Side {
        std::mem::take(&mut self.side.lock())
    }
}

fn bytes_map(map: &Map<String, Value>) -> JsonMap {
    map.iter().map(|(name, value)| (name.as_str().into(), value.clone().into())).collect()
}

/// `ctx.request.headers`: names in lower case, no cookies, repeated headers as lists.
pub fn context_headers(headers: &[(String, String)]) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if name == "cookie" {
            continue;
        }
        match map.get_mut(&name) {
            None => {
                map.insert(name, value.as_str().into());
            }
            Some(Value::Array(values)) => values.push(value.as_str().into()),
            Some(single) => *single = Value::Array(vec![single.take(), value.as_str().into()]),
        }
    }
    map
}

/// What `util.authType()` says.
pub fn auth_type(mode: AuthMode) -> &'static str {
    match mode {
        AuthMode::ApiKey => "API Key Authorization",
        AuthMode::AwsIam => "IAM Authorization",
        AuthMode::OpenidConnect => "Open ID Connect Authorization",
        AuthMode::AmazonCognitoUserPools => "User Pool Authorization",
        AuthMode::AwsLambda => "Lambda Authorization",
    }
}

/// Headers that resolvers may add to the response: the last of a name wins, AWS's own names are not theirs.
pub(crate) fn response_headers(added: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut bytes = 0;
    for (name, value) in added {
        let lower = name.to_ascii_lowercase();
        let text = |text: &str| text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        if lower.starts_with("x-amzn-") || lower.starts_with("x-amz-") || !text(&name) || !text(&value) {
            continue;
        }
        bytes += name.len() + value.len();
        if bytes > limits::RESPONSE_HEADER_BYTES {
            break;
        }
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        headers.push((name, value));
    }
    headers
}

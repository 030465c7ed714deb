//! Server settings: built-in defaults, then `stepwell.toml`, then `STEPWELL_*`, then flags, each over the one before.
//!
//! An application is never configured here; that is the template's business.

mod databases;
pub(crate) mod graphql;
pub(crate) mod lambda;
mod opensearch;
pub(crate) mod services;
mod sources;

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv4Addr},
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use states::{Quota, Quotas};

pub(crate) use sources::{Sourced, load};

/// The file that is read from the working folder when it exists.
pub(crate) const FILE: &str = "stepwell.toml";

/// What a history may be bounded to: it is replayed as a whole, and one decision may fill it.
const HISTORY_EVENTS: RangeInclusive<u64> = 10..=1_000_000;

/// Every setting, as files and the environment give them: what is absent keeps its default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Layer {
    pub(crate) template: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) host: Option<IpAddr>,
    pub(crate) port: Option<u16>,
    pub(crate) tls_port: Option<u16>,
    pub(crate) tls: Option<bool>,
    pub(crate) region: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) stack_name: Option<String>,
    pub(crate) dynamodb: Option<Backend>,
    pub(crate) dynamodb_endpoint_url: Option<String>,
    pub(crate) states: Option<Backend>,
    pub(crate) states_endpoint_url: Option<String>,
    pub(crate) s3: Option<Objects>,
    pub(crate) s3_folder: Option<PathBuf>,
    pub(crate) s3_endpoint_url: Option<String>,
    pub(crate) max_body_bytes: Option<usize>,
    pub(crate) api_cache_bytes: Option<u64>,
    pub(crate) coalesce_get_items: Option<bool>,
    pub(crate) resolver_dialect: Option<Dialect>,
    pub(crate) watch: Option<bool>,
    pub(crate) execution_retention_days: Option<u32>,
    pub(crate) execution_retention_count: Option<usize>,
    pub(crate) max_history_events: Option<u64>,
    pub(crate) max_payload_bytes: Option<usize>,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) trace_requests: Option<usize>,
    pub(crate) trace_bytes: Option<usize>,
    pub(crate) otlp_endpoint: Option<String>,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) parameters: BTreeMap<String, String>,
    /// `[[access_keys]]`: further access keys, each with a policy.
    pub(crate) access_keys: Vec<AccessKey>,
    /// `[graphql]`: what stands in front of the GraphQL APIs.
    pub(crate) graphql: Option<graphql::Graphql>,
    /// `[lambda]`: who runs the functions.
    pub(crate) lambda: lambda::Lambda,
    /// `[databases."NAME"]`: where the databases of clusters are.
    pub(crate) databases: BTreeMap<String, databases::Database>,
    /// `[opensearch."NAME"]`: where OpenSearch domains are.
    pub(crate) opensearch: BTreeMap<String, opensearch::Domain>,
    /// `[services.NAME]`: services elsewhere, for Task states.
    pub(crate) services: BTreeMap<String, services::Service>,
}

/// An access key of a user with a policy of its own; what is not given is generated and kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessKey {
    /// The IAM user's name, and the profile in the credentials file.
    pub(crate) user: String,
    pub(crate) access_key_id: Option<String>,
    pub(crate) secret_access_key: Option<String>,
    /// The file of an IAM policy document; everything is allowed without one.
    pub(crate) policy: Option<PathBuf>,
}

/// Who serves a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Backend {
    /// stepwell itself, in this process.
    Embedded,
    /// AWS, or the endpoint given, through the AWS SDK and its usual credentials.
    Aws,
}

/// `throttle`: `"off"`, `"aws"`, or a quota for each operation: `[throttle] StartExecution = { rate = 300, burst = 1300 }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Throttle {
    /// A set of quotas by name.
    Named(NamedThrottle),
    /// Quotas by operation.
    Quotas(BTreeMap<String, Quota>),
}

/// Sets of quotas that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NamedThrottle {
    /// Nothing is throttled.
    Off,
    /// What an AWS account has in the region.
    Aws,
}

/// How lines of the log look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// A JSON object for each line.
    Json,
}

/// Who keeps the objects of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Objects {
    /// A folder of this machine.
    Folder,
    /// AWS, or the endpoint given.
    Aws,
}

/// What resolvers in JavaScript may be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dialect {
    /// APPSYNC_JS: what AWS refuses is refused here.
    Strict,
    /// All of ECMAScript that runs without waiting, in the same sandbox: it does not deploy to AWS.
    Relaxed,
}

/// The settings that hold, each with where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) template: Sourced<PathBuf>,
    pub(crate) data: Sourced<PathBuf>,
    pub(crate) host: Sourced<IpAddr>,
    pub(crate) port: Sourced<u16>,
    pub(crate) tls: Sourced<bool>,
    pub(crate) tls_port: Sourced<u16>,
    pub(crate) region: Sourced<String>,
    pub(crate) account: Sourced<String>,
    pub(crate) stack_name: Sourced<String>,
    pub(crate) dynamodb: Sourced<Backend>,
    pub(crate) dynamodb_endpoint_url: Sourced<Option<String>>,
    pub(crate) states: Sourced<Backend>,
    pub(crate) states_endpoint_url: Sourced<Option<String>>,
    pub(crate) s3: Sourced<Objects>,
    pub(crate) s3_folder: Sourced<Option<PathBuf>>,
    pub(crate) s3_endpoint_url: Sourced<Option<String>>,
    pub(crate) max_body_bytes: Sourced<usize>,
    pub(crate) api_cache_bytes: Sourced<u64>,
    pub(crate) coalesce_get_items: Sourced<bool>,
    pub(crate) resolver_dialect: Sourced<Dialect>,
    pub(crate) watch: Sourced<bool>,
    pub(crate) execution_retention_days: Sourced<u32>,
    pub(crate) execution_retention_count: Sourced<usize>,
    pub(crate) max_history_events: Sourced<u64>,
    pub(crate) max_payload_bytes: Sourced<usize>,
    pub(crate) throttle: Sourced<Throttle>,
    pub(crate) trace_requests: Sourced<usize>,
    pub(crate) trace_bytes: Sourced<usize>,
    pub(crate) otlp_endpoint: Sourced<Option<String>>,
    pub(crate) log_format: Sourced<LogFormat>,
    pub(crate) parameters: BTreeMap<String, Sourced<String>>,
    pub(crate) access_keys: Vec<AccessKey>,
    pub(crate) graphql: Sourced<graphql::Graphql>,
    pub(crate) lambda: lambda::Lambda,
    pub(crate) databases: BTreeMap<String, databases::Database>,
    pub(crate) opensearch: BTreeMap<String, opensearch::Domain>,
    pub(crate) services: BTreeMap<String, services::Service>,
}

impl Default for Config {
    fn default() -> Self {
        let bounds = states::interpreter::Bounds::default();
        Self {
            template: Sourced::default(PathBuf::from("infra/template.yaml")),
            data: Sourced::default(PathBuf::from(".stepwell")),
            host: Sourced::default(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            port: Sourced::default(4000),
            tls: Sourced::default(true),
            tls_port: Sourced::default(4443),
            region: Sourced::default("us-east-1".to_owned()),
            account: Sourced::default("000000000000".to_owned()),
            stack_name: Sourced::default("stepwell".to_owned()),
            dynamodb: Sourced::default(Backend::Embedded),
            dynamodb_endpoint_url: Sourced::default(None),
            states: Sourced::default(Backend::Embedded),
            states_endpoint_url: Sourced::default(None),
            s3: Sourced::default(Objects::Folder),
            s3_folder: Sourced::default(None),
            s3_endpoint_url: Sourced::default(None),
            // AppSync refuses requests over 1 MB; DynamoDB's BatchWriteItem may carry 16 MB.
            max_body_bytes: Sourced::default(16 << 20),
            api_cache_bytes: Sourced::default(appsync::CACHE_BYTES),
            coalesce_get_items: Sourced::default(false),
            resolver_dialect: Sourced::default(Dialect::Strict),
            watch: Sourced::default(true),
            execution_retention_days: Sourced::default(90),
            execution_retention_count: Sourced::default(0),
            max_history_events: Sourced::default(bounds.max_events),
            max_payload_bytes: Sourced::default(bounds.payload_bytes),
            throttle: Sourced::default(Throttle::Named(NamedThrottle::Off)),
            trace_requests: Sourced::default(1_000),
            trace_bytes: Sourced::default(32 << 20),
            otlp_endpoint: Sourced::default(None),
            log_format: Sourced::default(LogFormat::Text),
            parameters: BTreeMap::new(),
            access_keys: Vec::new(),
            graphql: Sourced::default(graphql::Graphql::default()),
            lambda: lambda::Lambda::default(),
            databases: BTreeMap::new(),
            opensearch: BTreeMap::new(),
            services: BTreeMap::new(),
        }
    }
}

/// A URL without what it keeps secret: its password and its parameters, which may hold one, too.
fn shown_url(url: &str) -> String {
    let Ok(mut shown) = url::Url::parse(url) else { return "(not a URL)".to_owned() };
    let secret = shown.password().is_some() || shown.query().is_some();
    if !secret {
        // As it was written, without the slash that a URL gets where it has no path.
        return url.to_owned();
    }
    shown.set_query(None);
    if shown.password().is_some() && shown.set_password(Some("***")).is_err() {
        return "(set)".to_owned();
    }
    shown.to_string()
}

impl Config {
    /// Lays `layer` over these settings, remembering that they come from `source`.
    pub(crate) fn apply(&mut self, layer: Layer, source: &str) {
        self.template.set(layer.template, source);
        self.data.set(layer.data, source);
        self.host.set(layer.host, source);
        self.port.set(layer.port, source);
        self.tls.set(layer.tls, source);
        self.tls_port.set(layer.tls_port, source);
        self.region.set(layer.region, source);
        self.account.set(layer.account, source);
        self.stack_name.set(layer.stack_name, source);
        self.dynamodb.set(layer.dynamodb, source);
        self.dynamodb_endpoint_url.set(layer.dynamodb_endpoint_url.map(Some), source);
        self.states.set(layer.states, source);
        self.states_endpoint_url.set(layer.states_endpoint_url.map(Some), source);
        self.s3.set(layer.s3, source);
        self.s3_folder.set(layer.s3_folder.map(Some), source);
        self.s3_endpoint_url.set(layer.s3_endpoint_url.map(Some), source);
        self.max_body_bytes.set(layer.max_body_bytes, source);
        self.api_cache_bytes.set(layer.api_cache_bytes, source);
        self.coalesce_get_items.set(layer.coalesce_get_items, source);
        self.resolver_dialect.set(layer.resolver_dialect, source);
        self.watch.set(layer.watch, source);
        self.execution_retention_days.set(layer.execution_retention_days, source);
        self.execution_retention_count.set(layer.execution_retention_count, source);
        self.max_history_events.set(layer.max_history_events, source);
        self.max_payload_bytes.set(layer.max_payload_bytes, source);
        self.throttle.set(layer.throttle, source);
        self.trace_requests.set(layer.trace_requests, source);
        self.trace_bytes.set(layer.trace_bytes, source);
        self.otlp_endpoint.set(layer.otlp_endpoint.map(Some), source);
        self.log_format.set(layer.log_format, source);
        for (name, value) in layer.parameters {
            self.parameters.insert(name, Sourced::new(value, source));
        }
        self.access_keys.extend(layer.access_keys);
        self.graphql.set(layer.graphql, source);
        self.lambda.apply(layer.lambda);
        self.databases.extend(layer.databases);
        self.opensearch.extend(layer.opensearch);
        self.services.extend(layer.services);
    }

    /// What cannot be right, as one message an operator can act on.
    pub(crate) fn validate(&self) -> Result<(), String> {
        let account = &self.account.value;
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!(
                "account is '{account}' ({}); an AWS account id has twelve digits",
                self.account.source
            ));
        }
        let region = &self.region.value;
        let valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if region.is_empty() || !region.bytes().all(valid) {
            return Err(format!("region is '{region}' ({}); expected a name like us-east-1", self.region.source));
        }
        let taken = |user: &str| user == "default" || user.is_empty();
        if let Some(key) = self.access_keys.iter().find(|key| taken(&key.user)) {
            return Err(format!("an access key has the user '{}'; give it another name", key.user));
        }
        let Sourced { value: events, source } = &self.max_history_events;
        if !HISTORY_EVENTS.contains(events) {
            return Err(format!("max_history_events is {events} ({source}); expected {HISTORY_EVENTS:?}"));
        }
        if let Some(name) = self.quotas().unknown() {
            return Err(format!(
                "throttle has '{name}' ({}); no operation of that name has a quota",
                self.throttle.source
            ));
        }
        if self.port.value != 0 && self.tls.value && self.port.value == self.tls_port.value {
            return Err(format!("port and tls_port are both {}; they need two numbers", self.port.value));
        }
        self.databases.iter().try_for_each(|(name, database)| database.validate(name))?;
        self.opensearch.iter().try_for_each(|(name, domain)| domain.validate(name))?;
        self.services.iter().try_for_each(|(name, service)| service.validate(name))?;
        self.graphql.value.validate()?;
        self.lambda.validate()
    }

    /// The folder that stands for S3.
    pub(crate) fn objects_folder(&self) -> PathBuf {
        self.s3_folder.value.clone().unwrap_or_else(|| self.data_file("s3"))
    }

    /// How often operations of Step Functions may be called.
    pub(crate) fn quotas(&self) -> Quotas {
        match &self.throttle.value {
            Throttle::Named(NamedThrottle::Off) => Quotas::default(),
            Throttle::Named(NamedThrottle::Aws) => Quotas::aws(&self.region.value),
            Throttle::Quotas(quotas) => Quotas(quotas.clone()),
        }
    }

    /// A file below the data folder.
    pub(crate) fn data_file(&self, name: &str) -> PathBuf {
        self.data.value.join(name)
    }
}

/// One line for every setting: name, value, source.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line =
            |name: &str, value: &dyn fmt::Display, source: &str| writeln!(f, "{name:<28}{value:<40}{source}");
        let path = |path: &Path| path.display().to_string();
        let optional = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        line("template", &path(&self.template.value), &self.template.source)?;
        line("data", &path(&self.data.value), &self.data.source)?;
        line("host", &self.host.value, &self.host.source)?;
        line("port", &self.port.value, &self.port.source)?;
        line("tls", &self.tls.value, &self.tls.source)?;
        line("tls_port", &self.tls_port.value, &self.tls_port.source)?;
        line("region", &self.region.value, &self.region.source)?;
        line("account", &self.account.value, &self.account.source)?;
        line("stack_name", &self.stack_name.value, &self.stack_name.source)?;
        line("dynamodb", &self.dynamodb.value, &self.dynamodb.source)?;
        line(
            "dynamodb_endpoint_url",
            &optional(&self.dynamodb_endpoint_url.value),
            &self.dynamodb_endpoint_url.source,
        )?;
        line("states", &self.states.value, &self.states.source)?;
        line("states_endpoint_url", &optional(&self.states_endpoint_url.value), &self.states_endpoint_url.source)?;
        line("s3", &self.s3.value, &self.s3.source)?;
        line("s3_folder", &path(&self.objects_folder()), &self.s3_folder.source)?;
        line("s3_endpoint_url", &optional(&self.s3_endpoint_url.value), &self.s3_endpoint_url.source)?;
        line("max_body_bytes", &self.max_body_bytes.value, &self.max_body_bytes.source)?;
        line("api_cache_bytes", &self.api_cache_bytes.value, &self.api_cache_bytes.source)?;
        line("coalesce_get_items", &self.coalesce_get_items.value, &self.coalesce_get_items.source)?;
        line("resolver_dialect", &self.resolver_dialect.value, &self.resolver_dialect.source)?;
        line("watch", &self.watch.value, &self.watch.source)?;
        let Sourced { value, source } = &self.execution_retention_days;
        line("execution_retention_days", value, source)?;
        let Sourced { value, source } = &self.execution_retention_count;
        line("execution_retention_count", value, source)?;
        line("max_history_events", &self.max_history_events.value, &self.max_history_events.source)?;
        line("max_payload_bytes", &self.max_payload_bytes.value, &self.max_payload_bytes.source)?;
        line("throttle", &self.quotas(), &self.throttle.source)?;
        line("trace_requests", &self.trace_requests.value, &self.trace_requests.source)?;
        line("trace_bytes", &self.trace_bytes.value, &self.trace_bytes.source)?;
        line("graphql.rate_limit", &self.graphql.value.rate_limit_text(), &self.graphql.source)?;
        line(
            "otlp_endpoint",
            &self.otlp_endpoint.value.as_deref().map_or_else(|| "-".to_owned(), shown_url),
            &self.otlp_endpoint.source,
        )?;
        line("log_format", &self.log_format.value, &self.log_format.source)?;
        for (name, parameter) in &self.parameters {
            // A value may be a NoEcho parameter's, so only its presence is shown.
            line(&format!("parameters.{name}"), &"(set)", &parameter.source)?;
        }
        for key in &self.access_keys {
            line("access_keys", &key.user, FILE)?;
        }
        for (name, database) in &self.databases {
            line(&format!("databases.{name}"), &database.shown(), FILE)?;
        }
        for (name, domain) in &self.opensearch {
            line(&format!("opensearch.{name}"), &shown_url(&domain.url), FILE)?;
        }
        for (name, service) in &self.services {
            let place = service.endpoint_url.as_deref().unwrap_or("aws");
            line(&format!("services.{name}"), &place, FILE)?;
        }
        for (name, value) in self.lambda.lines() {
            line(&name, &value, FILE)?;
        }
        Ok(())
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

impl fmt::Display for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Folder => "folder",
            Self::Aws => "aws",
        })
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Strict => "strict",
            Self::Relaxed => "relaxed",
        })
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Embedded => "embedded",
            Self::Aws => "aws",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_layers_win_and_are_named() {
        let mut config = Config::default();
        config.apply(Layer { port: Some(1), region: Some("eu-west-1".into()), ..Layer::default() }, "stepwell.toml");
        config.apply(Layer { port: Some(2), ..Layer::default() }, "STEPWELL_PORT");
        assert_eq!((config.port.value, config.port.source.as_str()), (2, "STEPWELL_PORT"));
        assert_eq!((config.region.value.as_str(), config.region.source.as_str()), ("eu-west-1", "stepwell.toml"));
        assert_eq!(config.host.source, "default");
    }

    #[test]
    fn impossible_settings_are_named_with_their_source() {
        let mut config = Config::default();
        config.apply(Layer { account: Some("42".into()), ..Layer::default() }, "flag");
        assert_eq!(config.validate(), Err("account is '42' (flag); an AWS account id has twelve digits".into()));
    }

    #[test]
    fn throttling_is_off_that_of_aws_or_of_ones_own() {
        let throttled = |file: &str| {
            let mut config = Config::default();
            config.apply(toml::from_str(file).expect("valid"), FILE);
            config.validate().map(|()| config.quotas().0.get("StartExecution").copied())
        };
        assert_eq!(throttled(""), Ok(None));
        assert_eq!(throttled("throttle = 'aws'"), Ok(Some(Quota { rate: 300, burst: 1_300 })));
        let own = "[throttle]\nStartExecution = { rate = 1, burst = 2 }";
        assert_eq!(throttled(own), Ok(Some(Quota { rate: 1, burst: 2 })));
        let misspelt = "[throttle]\nStartExecutions = { rate = 1, burst = 2 }";
        let error = throttled(misspelt).expect_err("no operation");
        assert!(error.starts_with("throttle has 'StartExecutions' (stepwell.toml)"), "{error}");
    }

    #[test]
    fn passwords_in_urls_are_not_shown() {
        let mut config = Config::default();
        let file = "otlp_endpoint = 'https://a:secret@collector:4318'\n\
                    [opensearch.one]\nurl = 'https://user:secret@search'\n\
                    [opensearch.two]\nurl = 'http://127.0.0.1:9200'\n";
        config.apply(toml::from_str(file).expect("valid"), FILE);
        let shown = config.to_string();
        assert!(!shown.contains("secret") && !format!("{:?}", config.opensearch).contains("secret"), "{shown}");
        assert!(shown.contains("https://user:***@search") && shown.contains("http://127.0.0.1:9200 "), "{shown}");
    }

    #[test]
    fn a_file_with_an_unknown_setting_is_refused() {
        let error = toml::from_str::<Layer>("prot = 4000").expect_err("misspelt").to_string();
        assert!(error.contains("unknown field `prot`"), "{error}");
    }
}

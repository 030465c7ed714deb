//! What an Event API is made of, as the template's `AWS::AppSync::Api` and what refers to it describe it.

use appsync::DataSourceConfig;
use auth::AuthMode;
use aws_protocol::Partition;
use resolver::Source;

/// An Event API.
#[derive(Debug, Clone)]
pub struct EventApiConfig {
    /// 26 lower-case letters and digits.
    pub api_id: String,
    /// Region and account of the API.
    pub partition: Partition,
    /// `ConnectionAuthModes`.
    pub connection_modes: Vec<AuthMode>,
    /// Its namespaces.
    pub namespaces: Vec<NamespaceConfig>,
    /// What handlers may call.
    pub data_sources: Vec<DataSourceConfig>,
}

/// A channel namespace (`AWS::AppSync::ChannelNamespace`).
#[derive(Debug, Clone)]
pub struct NamespaceConfig {
    /// The first segment of its channels' paths.
    pub name: String,
    /// Its own modes, or those of the API.
    pub publish_modes: Vec<AuthMode>,
    /// Its own modes, or those of the API.
    pub subscribe_modes: Vec<AuthMode>,
    /// `CodeHandlers`.
    pub code: Option<Source>,
    /// `HandlerConfigs.OnPublish`.
    pub on_publish: Option<HandlerConfig>,
    /// `HandlerConfigs.OnSubscribe`.
    pub on_subscribe: Option<HandlerConfig>,
}

/// The data source of a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerConfig {
    /// Its name.
    pub data_source: String,
    /// With code or without.
    pub behavior: Behavior,
}

/// Whether a handler is code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behavior {
    /// `CODE`: `request` and `response` around the data source.
    Code,
    /// `DIRECT`: the data source's Lambda function alone.
    Direct(InvokeType),
}

/// How a Lambda function is called directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvokeType {
    /// `REQUEST_RESPONSE`: its answer decides.
    RequestResponse,
    /// `EVENT`: nobody waits for it.
    Event,
}

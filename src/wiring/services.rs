//! `[services.NAME]` of the settings: services elsewhere, for Task states that call them.

use std::sync::Arc;

use aws_protocol::Directory;

use super::{Error, remote_sources};
use crate::{
    backends::{
        remote::{Protocol, Remote},
        signed::{Endpoint, Signed},
    },
    config::{Config, services},
};

/// Registers each service that the settings name.
///
/// # Errors
/// A service whose protocol is neither known nor given.
pub(super) fn start(config: &Config, client: &Arc<Signed>, services: &Directory) -> Result<(), Error> {
    for (name, settings) in config.services.iter().filter(|(name, _)| *name != remote_sources::BEDROCK) {
        let region = settings.region.as_ref().unwrap_or(&config.region.value);
        let protocol = protocol(name, settings).ok_or_else(|| Error::UnknownProtocol(name.clone()))?;
        let endpoint = Endpoint::new(name, region, settings.endpoint_url.as_deref());
        // Names of services live as long as the process; each is made once.
        let name: &'static str = name.clone().leak();
        services.register(Arc::new(Remote { name, client: client.clone(), endpoint, protocol }));
    }
    Ok(())
}

fn protocol(name: &str, settings: &services::Service) -> Option<Protocol> {
    let known = Protocol::of(name);
    let json = |version| {
        let known = match &known {
            Some(Protocol::Json(_, prefix)) => Some(prefix.clone()),
            _ => None,
        };
        Some(Protocol::Json(version, settings.target_prefix.clone().or(known)?))
    };
    match settings.protocol {
        Some(services::Protocol::Json10) => json("1.0"),
        Some(services::Protocol::Json11) => json("1.1"),
        Some(services::Protocol::Query) => match (&settings.api_version, known) {
            (Some(version), _) => Some(Protocol::Query(version.clone())),
            (None, Some(Protocol::Query(version))) => Some(Protocol::Query(version)),
            _ => None,
        },
        None => known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_known_or_given() {
        let read = |text| toml::from_str::<services::Service>(text).expect("readable");
        let json = |version, prefix: &str| Some(Protocol::Json(version, prefix.to_owned()));
        let cases = [
            ("sqs", "", json("1.0", "AmazonSQS")),
            ("sns", "", Some(Protocol::Query("2010-03-31".to_owned()))),
            ("mine", "protocol = 'json-1.1'\ntarget_prefix = 'Mine'", json("1.1", "Mine")),
            ("sqs", "protocol = 'query'\napi_version = '2012-11-05'", Some(Protocol::Query("2012-11-05".to_owned()))),
            ("batch", "", None),
            ("mine", "protocol = 'json-1.1'", None),
        ];
        for (name, text, expected) in cases {
            assert_eq!(protocol(name, &read(text)), expected, "{name} {text}");
        }
    }
}

//! What data sources reach elsewhere by protocols of their own: OpenSearch domains and Amazon Bedrock.

use std::{collections::BTreeMap, sync::Arc};

use aws_protocol::Directory;
use template::Application;

use super::Error;
use crate::{
    backends::{bedrock::Bedrock, opensearch::OpenSearch, signed::Signed},
    config::Config,
};

/// The name that `[services.NAME]` has for Bedrock.
pub(super) const BEDROCK: &str = "bedrock-runtime";

/// Registers both services; what the settings do not name is on AWS.
pub(super) fn start(
    config: &Config,
    application: &Application,
    signed: &Arc<Signed>,
    services: &Directory,
) -> Result<(), Error> {
    let domains = domains(config, application);
    services.register(Arc::new(OpenSearch::new(signed.clone(), domains)?));
    let settings = config.services.get(BEDROCK);
    let region = settings.and_then(|service| service.region.as_ref()).unwrap_or(&config.region.value);
    let endpoint = settings.and_then(|service| service.endpoint_url.as_deref());
    services.register(Arc::new(Bedrock::new(signed.clone(), region, endpoint)));
    Ok(())
}

/// URLs by what the settings call the domains, and by the domains' names where that is a logical id.
fn domains(config: &Config, application: &Application) -> BTreeMap<String, String> {
    let named = |name: &String| {
        let resource = application.on_aws_only.iter().find(|resource| resource.logical_id == *name);
        std::iter::once(name.clone()).chain(resource.map(|resource| resource.reference.clone()))
    };
    let domains = config.opensearch.iter();
    domains.flat_map(|(name, domain)| named(name).map(|name| (name, domain.url.clone()))).collect()
}

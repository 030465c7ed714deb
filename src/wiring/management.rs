//! AppSync's management API: what is made through it is served by [`Apis`] and [`EventApis`], beside the APIs of the
//! template.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use appsync::Diagnostic;
use arc_swap::ArcSwap;
use aws_protocol::{BoxFuture, Directory, Partition};
use clock::Clock;
use management::{Deployer, Description, Management};
use parking_lot::RwLock;
use store::Store;

use super::{
    Error,
    apis::Apis,
    event_apis::EventApis,
    graphql_api,
    registry::{Deployed, Registry},
    values::Addresses,
};

/// Registers the service `appsync`, and serves what was made before.
pub(super) async fn start(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    partition: Partition,
    (apis, event_apis): (Arc<Apis>, Arc<EventApis>),
    domains: Arc<Domains>,
    addresses: &Addresses,
    services: &Directory,
) -> Result<Arc<Management>, Error> {
    let deployer = Arc::new(Served {
        apis,
        event_apis,
        domains,
        managed: RwLock::default(),
        addresses: addresses.clone(),
        partition: partition.clone(),
    });
    let management = Arc::new(Management::open(store, clock, partition, deployer)?);
    management.deploy_all().await;
    services.register(management.clone());
    Ok(management)
}

/// Custom domain names: hosts and the ids of the APIs that requests to them are for. Reading takes no lock.
#[derive(Default)]
pub(crate) struct Domains(ArcSwap<HashMap<String, String>>);

impl Domains {
    /// The API that a host, with or without a port, stands for.
    pub(crate) fn api_id(&self, host: &str) -> Option<String> {
        let names = self.0.load();
        if names.is_empty() {
            return None;
        }
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        names.get(&name.to_ascii_lowercase()).cloned()
    }

    fn set(&self, name: &str, api_id: Option<&str>) {
        self.0.rcu(|names| {
            let mut names = HashMap::clone(names);
            match api_id {
                Some(id) => names.insert(name.to_ascii_lowercase(), id.to_owned()),
                None => names.remove(&name.to_ascii_lowercase()),
            };
            names
        });
    }
}

/// The APIs of this process.
struct Served {
    apis: Arc<Apis>,
    event_apis: Arc<EventApis>,
    domains: Arc<Domains>,
    /// Ids of the APIs that are not the template's.
    managed: RwLock<HashSet<String>>,
    addresses: Addresses,
    partition: Partition,
}

impl Served {
    async fn deploy_to<A: Deployed>(&self, apis: &Registry<A>, api: A::Description) -> Result<(), Vec<Diagnostic>> {
        let id = A::id_of(&api).to_owned();
        // Before it is there, so that it is never taken for one of the template.
        self.managed.write().insert(id.clone());
        let deployed = apis.deploy(api).await;
        if deployed.is_err() && apis.get(&id).is_none() {
            self.managed.write().remove(&id);
        }
        deployed
    }
}

impl Deployer for Served {
    fn deploy(&self, api: Description) -> BoxFuture<'_, Result<(), Vec<Diagnostic>>> {
        match api {
            Description::Graphql(api) => Box::pin(self.deploy_to(&self.apis, *api)),
            Description::Events(api) => Box::pin(self.deploy_to(&self.event_apis, *api)),
        }
    }

    fn remove<'a>(&'a self, api_id: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async {
            if !self.apis.remove(api_id).await {
                self.event_apis.remove(api_id).await;
            }
            self.managed.write().remove(api_id);
        })
    }

    fn template_api(&self, api_id: &str) -> Option<Description> {
        if self.managed.read().contains(api_id) {
            return None;
        }
        let graphql = || Some(Description::Graphql(Box::new(self.apis.get(api_id)?.description().clone())));
        let events = || Some(Description::Events(Box::new(self.event_apis.get(api_id)?.description().clone())));
        graphql().or_else(events)
    }

    fn merged_schema(&self, api_id: &str, only: Option<&str>) -> Option<String> {
        let api = self.apis.get(api_id).filter(|api| api.has_schema())?;
        let mut description = api.description().clone();
        if let (Some(only), Some(sources)) = (only, &mut description.sources) {
            sources.retain(|source| source.id == only);
            if sources.is_empty() {
                return None;
            }
        }
        Some(graphql_api::config(&description, self.partition.clone()).ok()?.schema.code)
    }

    fn template_apis(&self) -> Vec<Description> {
        let managed = self.managed.read();
        let graphql = self.apis.all().into_iter().filter(|api| !managed.contains(api.id()));
        let graphql = graphql.map(|api| Description::Graphql(Box::new(api.description().clone())));
        let events = self.event_apis.all().into_iter().filter(|api| !managed.contains(api.id()));
        let events = events.map(|api| Description::Events(Box::new(api.description().clone())));
        graphql.chain(events).collect()
    }

    fn addresses(&self, api_id: &str) -> management::Addresses {
        management::Addresses {
            graphql: self.addresses.graphql_url(api_id),
            realtime: self.addresses.realtime_url(api_id),
            event_http: self.addresses.event_host(api_id),
            event_realtime: self.addresses.event_host(api_id),
        }
    }

    fn serve_domain(&self, domain_name: &str, api_id: Option<&str>) {
        self.domains.set(domain_name, api_id);
    }

    fn flush_cache(&self, api_id: &str) {
        if let Some(running) = self.apis.get(api_id) {
            running.api().flush_cache();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lead_to_apis_whatever_their_case_and_port() {
        let domains = Domains::default();
        assert_eq!(domains.api_id("api.example.com"), None);
        domains.set("Api.example.com", Some("a"));
        domains.set("other.example.com", Some("b"));
        for (host, expected) in [
            ("api.example.com", Some("a")),
            ("API.EXAMPLE.COM:4000", Some("a")),
            ("other.example.com:1", Some("b")),
            ("example.com", None),
            ("127.0.0.1:4000", None),
        ] {
            assert_eq!(domains.api_id(host).as_deref(), expected, "{host}");
        }
        domains.set("api.example.com", None);
        assert_eq!(domains.api_id("api.example.com"), None);
    }
}

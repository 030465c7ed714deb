//! [`Registry`]: every API and domain name, and the one way to change them.
//!
//! A change is checked, served, made durable, and only then seen by the operations that read; whatever fails on the way
//! leaves everything as it was. Changes follow each other; reading never waits for them.

mod merging;

pub(crate) use merging::association;

use std::{collections::BTreeMap, sync::Arc};

use aws_protocol::Partition;
use clock::Clock;
use parking_lot::RwLock;
use store::Store;

use crate::{
    Deployer, Description, Error, described, document, limits,
    records::{Api, DomainName},
    storage::Storage,
};

/// Which APIs an operation works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Graphql,
    Events,
    /// Keys, data sources and tags belong to APIs of either kind.
    Either,
}

impl Kind {
    fn has(self, api: &Api) -> bool {
        match self {
            Self::Graphql => api.graphql().is_some(),
            Self::Events => api.events().is_some(),
            Self::Either => true,
        }
    }
}

/// What operations work on.
pub(crate) struct Registry {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) partition: Partition,
    pub(crate) deployer: Arc<dyn Deployer>,
    storage: Storage,
    apis: RwLock<BTreeMap<String, Arc<Api>>>,
    domains: RwLock<BTreeMap<String, Arc<DomainName>>>,
    /// Permits to evaluate a handler.
    pub(crate) evaluations: tokio::sync::Semaphore,
    /// Whose turn it is to change something.
    turn: tokio::sync::Mutex<()>,
}

impl Registry {
    /// Reads what is stored.
    pub(crate) fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        partition: Partition,
        deployer: Arc<dyn Deployer>,
    ) -> Result<Self, Error> {
        let storage = Storage::new(store);
        let (apis, domains) = storage.load()?;
        let (apis, domains) = (RwLock::new(apis), RwLock::new(domains));
        let evaluations = tokio::sync::Semaphore::new(limits::EVALUATIONS);
        let turn = tokio::sync::Mutex::default();
        Ok(Self { clock, partition, deployer, evaluations, storage, apis, domains, turn })
    }

    /// Serves everything that is stored, sources of the template as they are now. An API that cannot be served any more
    /// is reported and kept.
    pub(crate) async fn deploy_all(&self) {
        let apis: Vec<Arc<Api>> = self.apis.read().values().cloned().collect();
        for api in apis {
            if let Err(error) = self.deploy(&api).await {
                tracing::error!(api = api.id(), %error, "a stored API cannot be served");
            }
        }
        for domain in self.domains().values() {
            self.deployer.serve_domain(&domain.domain_name, domain.api_id.as_deref());
        }
        self.follow_template().await;
    }

    /// The GraphQL API, from here or from the template.
    pub(crate) fn api(&self, id: &str) -> Result<Arc<Api>, Error> {
        self.find(Kind::Graphql, id)
    }

    /// The API of this kind, from here or from the template.
    pub(crate) fn find(&self, kind: Kind, id: &str) -> Result<Arc<Api>, Error> {
        let own = self.apis.read().get(id).cloned();
        let of_template = || self.deployer.template_api(id).map(|api| Arc::new(described::api(&api)));
        let found = own.or_else(of_template).filter(|api| kind.has(api));
        found.ok_or_else(|| match kind {
            Kind::Graphql | Kind::Either => Error::api_not_found(id),
            Kind::Events => Error::NotFound(format!("API {id} not found.")),
        })
    }

    /// Every API by its id, those of the template among them.
    pub(crate) fn apis(&self) -> BTreeMap<String, Arc<Api>> {
        let mut apis = self.apis.read().clone();
        for api in self.deployer.template_apis() {
            apis.insert(api.id().to_owned(), Arc::new(described::api(&api)));
        }
        apis
    }

    /// Adds an API.
    pub(crate) async fn create(&self, api: Api) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        let kind = if api.events().is_some() { Kind::Events } else { Kind::Graphql };
        let number = self.apis.read().values().filter(|api| kind.has(api)).count();
        match kind {
            Kind::Events if number >= limits::EVENT_APIS => {
                let most = limits::EVENT_APIS;
                return Err(Error::ServiceQuotaExceeded(format!("An account has at most {most} Event APIs.")));
            }
            Kind::Graphql if number >= limits::APIS => return Err(Error::ApiLimit),
            _ => {}
        }
        self.replace(None, Some(Arc::new(api))).await
    }

    /// Changes a GraphQL API. `change` gets a copy of it, and sees every change before its own.
    pub(crate) async fn change<T>(
        &self,
        id: &str,
        change: impl FnOnce(&mut Api) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        self.change_of(Kind::Graphql, id, change).await
    }

    /// Changes an API of this kind.
    pub(crate) async fn change_of<T>(
        &self,
        kind: Kind,
        id: &str,
        change: impl FnOnce(&mut Api) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        let _turn = self.turn.lock().await;
        let before = self.own(kind, id)?;
        let mut after = Api::clone(&before);
        let answer = change(&mut after)?;
        let members = &after.members;
        let has_code =
            !(members.data_sources.is_empty() && members.functions.is_empty() && members.resolvers.is_empty());
        if after.is_merged() && (after.sdl.is_some() || has_code) {
            return Err(Error::OfTheSources);
        }
        if members.data_sources.len() + members.functions.len() + members.resolvers.len() > limits::MEMBERS {
            return Err(Error::LimitExceeded(format!("An API has at most {} members here.", limits::MEMBERS)));
        }
        self.replace(Some(before), Some(Arc::new(after))).await?;
        self.follow(id).await;
        Ok(answer)
    }

    /// Removes an API of this kind.
    pub(crate) async fn delete(&self, kind: Kind, id: &str) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        let before = self.own(kind, id)?;
        let domains = self.domains();
        if let Some(domain) = domains.values().find(|domain| domain.api_id.as_deref() == Some(id)) {
            let name = &domain.domain_name;
            return Err(Error::BadRequest(format!("The API is associated with the domain name {name}.")));
        }
        if let Some((merged, _)) = self.association_of(id) {
            return Err(Error::BadRequest(format!("The API is a source of the merged API {}.", merged.id())));
        }
        self.replace(Some(before), None).await
    }

    /// The API if it was made here.
    fn own(&self, kind: Kind, id: &str) -> Result<Arc<Api>, Error> {
        let api = self.find(kind, id)?;
        // AWS differs: an API of a stack can be changed behind the stack's back there.
        if api.of_the_template { Err(Error::OfTheTemplate(id.to_owned())) } else { Ok(api) }
    }

    async fn replace(&self, before: Option<Arc<Api>>, after: Option<Arc<Api>>) -> Result<(), Error> {
        let id = before.as_ref().or(after.as_ref()).map(|api| api.id().to_owned()).unwrap_or_default();
        if let Some(after) = &after {
            self.deploy(after).await?;
        }
        if let Err(error) = self.storage.replace(&id, before.as_deref(), after.as_deref()).await {
            self.undo(&id, before.as_deref()).await;
            return Err(error);
        }
        match after {
            Some(after) => {
                self.apis.write().insert(id, after);
            }
            None => {
                self.apis.write().remove(&id);
                self.deployer.remove(&id).await;
            }
        }
        Ok(())
    }

    /// Serves what is still true after a change could not be made durable.
    async fn undo(&self, id: &str, before: Option<&Api>) {
        match before {
            Some(before) => {
                if let Err(error) = self.deploy(before).await {
                    tracing::error!(api = id, %error, "an API cannot be served as it was before a change");
                }
            }
            None => self.deployer.remove(id).await,
        }
    }

    async fn deploy(&self, api: &Api) -> Result<(), Error> {
        let loaded = self.loaded(api)?;
        self.deployer.deploy(loaded).await.map_err(|diagnostics| {
            // A merged API has no files; its conflicts name what they are about.
            let text =
                |found: &appsync::Diagnostic| if api.is_merged() { found.message.clone() } else { found.to_string() };
            Error::BadRequest(diagnostics.iter().map(text).collect::<Vec<_>>().join("\n"))
        })
    }

    /// The API as the `template` crate describes it; a merged one with its sources.
    fn loaded(&self, api: &Api) -> Result<Description, Error> {
        if api.events().is_some() {
            let loaded = document::event_api(api, &self.partition, &self.deployer.addresses(api.id()))?;
            return Ok(Description::Events(Box::new(loaded)));
        }
        let load = |api: &Api| document::graphql_api(api, &self.partition, &self.deployer.addresses(api.id()));
        let mut loaded = load(api)?;
        if loaded.sources.is_some() {
            loaded.sources = Some(merging::sources(api, load)?);
        }
        Ok(Description::Graphql(Box::new(loaded)))
    }

    /// The domain names.
    pub(crate) fn domains(&self) -> BTreeMap<String, Arc<DomainName>> {
        self.domains.read().clone()
    }

    /// The domain name.
    pub(crate) fn domain(&self, name: &str) -> Result<Arc<DomainName>, Error> {
        let not_found = || Error::NotFound(format!("Domain name {name} not found."));
        self.domains.read().get(name).cloned().ok_or_else(not_found)
    }

    /// Puts what `change` makes of the domain name, or of none, in its place.
    pub(crate) async fn change_domain(
        &self,
        name: &str,
        change: impl FnOnce(Option<&DomainName>) -> Result<Option<DomainName>, Error> + Send,
    ) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        let before = self.domains.read().get(name).cloned();
        let after = change(before.as_deref())?;
        self.storage.put_domain(name, after.as_ref()).await?;
        let api_id = after.as_ref().and_then(|domain| domain.api_id.clone());
        self.deployer.serve_domain(name, api_id.as_deref());
        match after {
            Some(after) => self.domains.write().insert(name.to_owned(), Arc::new(after)),
            None => self.domains.write().remove(name),
        };
        Ok(())
    }
}

//! The reload of the application while it runs: its files are read again, and what differs is deployed.
//!
//! APIs, state machines, activities, event rules, connections and roles are taken over; whatever else differs is named
//! and waits for the next start. A version that cannot be loaded or compiled changes nothing.

mod difference;
mod files;
mod outcome;
mod watch;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use aws_protocol::{Directory, Partition, Service};
use clock::Clock;
use management::Management;
use parking_lot::Mutex;
use states::{Engine, Put};
use template::{Application, Loaded};

pub(crate) use self::{
    files::Recorded,
    outcome::{Deployed, Outcome, Reload, Reloads},
    watch::watch,
};
use super::{
    Error, apis::Apis, endpoints::Endpoints, event_apis::EventApis, event_rules, identity_pools, secrets::Secrets,
    values, values::Addresses,
};
use crate::config::Config;

/// What a reload works on.
pub(crate) struct Reloader {
    pub(super) config: Config,
    pub(super) addresses: Addresses,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) partition: Partition,
    pub(super) secrets: Mutex<Secrets>,
    pub(super) services: Directory,
    pub(super) apis: Arc<Apis>,
    /// Its merged APIs may follow APIs of the template.
    pub(super) management: Arc<Management>,
    pub(super) event_apis: Arc<EventApis>,
    pub(super) bus: events::Bus,
    /// The roles that callers with credentials of an identity pool take.
    pub(super) identity_roles: identity_pools::Roles,
    pub(super) engine: Option<Engine>,
    /// The application as it was started.
    pub(super) started: Arc<Application>,
    /// The application as it is now. Held while it changes.
    pub(super) current: tokio::sync::Mutex<Arc<Application>>,
    pub(super) endpoints: Mutex<Endpoints>,
    /// Every file that the last reading asked for.
    pub(super) paths: Mutex<BTreeSet<PathBuf>>,
    pub(super) reloads: Arc<Reloads>,
}

impl Reloader {
    fn paths(&self) -> BTreeSet<PathBuf> {
        self.paths.lock().clone()
    }

    /// Reads everything again because `files` have changed, and deploys what differs. Nothing where nothing does.
    async fn reload(self: &Arc<Self>, files: &BTreeSet<PathBuf>) -> Option<Reload> {
        let began = self.clock.now();
        let mut current = self.current.lock().await;
        let outcome = match self.attempt(&mut current).await {
            Ok(deployed) => Outcome::Deployed(deployed),
            Err(error) => Outcome::Failed { reason: error.to_string() },
        };
        let last = self.reloads.last().map(|last| last.outcome);
        let nothing = match &outcome {
            Outcome::Deployed(deployed) => deployed.resources.is_empty() && !is_news(deployed, last.as_ref()),
            // Without a changed file this is the second look of the watcher at the same mistake.
            Outcome::Failed { .. } => files.is_empty() && last.as_ref() == Some(&outcome),
        };
        (!nothing).then(|| {
            self.reloads.tell(Reload {
                number: 0,
                at_millis: began.0,
                milliseconds: self.clock.now().0 - began.0,
                files: files.iter().map(|file| file.display().to_string()).collect(),
                outcome,
            })
        })
    }

    /// `current` is the new version as soon as its APIs are served, whatever else fails: who takes the edit back gets the
    /// old ones again.
    async fn attempt(self: &Arc<Self>, current: &mut Arc<Application>) -> Result<Deployed, Error> {
        let before = current.clone();
        let reloader = self.clone();
        let loading = tokio::task::spawn_blocking(move || reloader.load());
        let next = Arc::new(loading.await.expect("loading does not panic")?);
        let rest = self.prepare_rest(&before, &next)?;
        let apis = difference::apis(&before, &next);
        let mut resources: Vec<_> = apis.iter().map(|api| format!("the GraphQL API {}", api.logical_id)).collect();
        let event_apis = difference::event_apis(&before, &next);
        resources.extend(event_apis.iter().map(|api| format!("the Event API {}", api.logical_id)));
        // From here on only the store of Step Functions can fail, and writing the file of addresses.
        let prepared = self.apis.prepare(apis.into_iter().cloned().collect()).await.map_err(Error::Api)?;
        let events = self.event_apis.prepare(event_apis.into_iter().cloned().collect()).await.map_err(Error::Api)?;
        resources.extend(self.put_state_machines(&next).await?);
        prepared.commit().await;
        events.commit().await;
        *current = next.clone();
        for id in difference::removed_apis(&before, &next) {
            self.apis.remove(id).await;
            resources.push(format!("without the GraphQL API {id}"));
        }
        for id in difference::removed_event_apis(&before, &next) {
            self.event_apis.remove(id).await;
            resources.push(format!("without the Event API {id}"));
        }
        self.apis.serve_first(next.apis.first().map(|api| api.id.clone())).await;
        self.management.follow_template().await;
        self.event_apis.serve_first(next.event_apis.first().map(|api| api.id.clone())).await;
        resources.extend(self.put_rest(&before, &next, rest));
        self.write_endpoints(&next)?;
        let needs_restart = difference::needing_restart(&self.started, &next, self.engine.is_some());
        Ok(Deployed { resources, needs_restart })
    }

    fn load(&self) -> Result<Application, Error> {
        let files = Recorded::default();
        let mut secrets = self.secrets.lock();
        let values = values::Generated { secrets: std::sync::Mutex::new(&mut secrets), addresses: &self.addresses };
        let loaded = super::load(&self.config, &values, &files);
        // What a broken template did not get to is still watched.
        match &loaded {
            Ok(_) => *self.paths.lock() = files.paths(),
            Err(_) => self.paths.lock().extend(files.paths()),
        }
        let Loaded { application, .. } = loaded?;
        secrets.save()?;
        super::check_definitions(&application)?;
        Ok(application)
    }

    /// Creates and updates state machines and activities. Those that are gone stay, as they do over a restart.
    async fn put_state_machines(&self, next: &Application) -> Result<Vec<String>, Error> {
        let Some(engine) = &self.engine else { return Ok(Vec::new()) };
        let put = super::state_machines::put(engine, next).await?;
        let changed = put.into_iter().filter(|(_, put)| *put != Put::Unchanged);
        Ok(changed.map(|(name, _)| format!("the state machine {name}")).collect())
    }

    /// What [`Self::put_rest`] needs and can fail.
    fn prepare_rest(&self, current: &Application, next: &Application) -> Result<Rest, Error> {
        let differs = difference::declared(current, next).iter().any(|(of, _)| *of == "AWS::Events::Connection");
        let tasks = differs.then(|| super::http_tasks(next, self.clock.clone())).transpose()?;
        Ok(Rest { rules: event_rules::compile(next)?, tasks: tasks.into_iter().flatten().collect() })
    }

    /// Takes over rules, connections and roles. Cannot fail: the APIs of the new version are in force already, and what
    /// differs from `current` is not looked for again.
    fn put_rest(&self, current: &Application, next: &Application, rest: Rest) -> Vec<String> {
        let differing = difference::declared(current, next);
        let differs = |prefix: &str| differing.iter().any(|(resource_type, _)| resource_type.starts_with(prefix));
        if differs("AWS::Events::Rule") {
            event_rules::replace(&self.bus, &current.rules, rest.rules);
            event_rules::warn_of_unserved_targets(next, &self.partition);
        }
        for service in rest.tasks {
            self.services.register(service);
        }
        if differs("AWS::IAM::") {
            super::roles::start(next, &self.services);
            self.identity_roles.replace(next);
            event_rules::register_targets(&self.bus, next, self.apis.clone(), &self.services, &self.partition);
        }
        let taken_over =
            |resource_type: &str| ["AWS::Events::", "AWS::IAM::"].iter().any(|of| resource_type.starts_with(of));
        let told = differing.iter().filter(|(resource_type, _)| taken_over(resource_type));
        told.map(|(resource_type, logical_id)| format!("{logical_id} ({resource_type})")).collect()
    }

    /// Writes addresses and outputs where they are others than those of the file.
    fn write_endpoints(&self, next: &Application) -> Result<(), Error> {
        let mut endpoints = self.endpoints.lock();
        let changed = endpoints.with(next, &self.addresses);
        if changed != *endpoints {
            changed.write(&self.config.data.value)?;
            *endpoints = changed;
        }
        Ok(())
    }
}

/// Rules, and the services of HTTP tasks where connections differ.
struct Rest {
    rules: Vec<events::Rule>,
    tasks: Vec<Arc<dyn Service>>,
}

/// Whether what needs a restart is other than it was.
fn is_news(deployed: &Deployed, last: Option<&Outcome>) -> bool {
    match last {
        Some(Outcome::Deployed(last)) => last.needs_restart != deployed.needs_restart,
        // A mistake is mended, perhaps by taking it back.
        Some(Outcome::Failed { .. }) => true,
        None => !deployed.needs_restart.is_empty(),
    }
}

//! [`Management`]: the service `appsync`.

use std::sync::Arc;

use aws_protocol::{BoxFuture, Caller, Partition, Service, ServiceError};
use clock::Clock;
use serde_json::Value;
use store::Store;

use crate::{Deployer, Error, operations, registry::Registry};

/// AppSync's management API over the APIs of one data folder and those of the template.
///
/// Must be used inside a tokio runtime.
pub struct Management {
    registry: Arc<Registry>,
}

impl Management {
    /// Reads what is in `store`; nothing is served before [`Self::deploy_all`].
    ///
    /// # Errors
    /// The store's, and records that cannot be read.
    pub fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        partition: Partition,
        deployer: Arc<dyn Deployer>,
    ) -> Result<Self, Error> {
        Ok(Self { registry: Arc::new(Registry::open(store, clock, partition, deployer)?) })
    }

    /// Serves every stored API again, after a start. One that cannot be served any more is reported and kept.
    pub async fn deploy_all(&self) {
        self.registry.deploy_all().await;
    }

    /// Merges what associations with `AUTO_MERGE` have among the APIs of the template, where it is other than it was: the
    /// template has been read again.
    pub async fn follow_template(&self) {
        self.registry.follow_template().await;
    }
}

impl Service for Management {
    fn name(&self) -> &'static str {
        "appsync"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        let (registry, operation) = (Arc::clone(&self.registry), operation.to_owned());
        // On a task of its own: a client that goes away must not leave a change half done.
        let performing = tokio::spawn(async move { operations::perform(&registry, &operation, &input).await });
        Box::pin(async move {
            match performing.await {
                Ok(answer) => answer.map_err(ServiceError::from),
                Err(error) => Err(ServiceError::internal(error)),
            }
        })
    }
}

//! `[databases."NAME"]` of the settings: the RDS Data API for data sources.

use std::sync::Arc;

use aws_protocol::Directory;
use clock::Clock;
use rds_data::{Cluster, RdsData};
use template::{Application, DataSourceConfig, GraphqlApi};

use super::Error;
use crate::config::Config;

/// Registers the service, and says which data sources have no database.
///
/// # Errors
/// A URL that is none of a database.
pub(super) fn start(
    config: &Config,
    application: &Application,
    clock: Arc<dyn Clock>,
    services: &Directory,
) -> Result<(), Error> {
    let clusters = config
        .databases
        .iter()
        .map(|(name, database)| Cluster { names: names(name, application), url: database.url.clone() });
    let service = RdsData::new(clusters.collect(), clock)?;
    application.apis.iter().for_each(|api| warn_of_missing(api, &service));
    services.register(Arc::new(service));
    Ok(())
}

/// What requests call the cluster that the settings call `name`: that, and its identifier where it is a logical id.
fn names(name: &str, application: &Application) -> Vec<String> {
    let resource = application.on_aws_only.iter().find(|resource| resource.logical_id == name);
    std::iter::once(name.to_owned()).chain(resource.map(|resource| resource.reference.clone())).collect()
}

fn warn_of_missing(api: &GraphqlApi, service: &RdsData) {
    for source in &api.data_sources {
        if let DataSourceConfig::RelationalDatabase(database) = &source.config
            && !service.serves(&database.db_cluster_identifier)
        {
            tracing::warn!(
                data_source = source.name,
                cluster = database.db_cluster_identifier,
                "the data source fails until the settings have a [databases.\"...\"] with a url for its cluster"
            );
        }
    }
}

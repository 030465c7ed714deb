//! The clusters that settings name, and the pools of their databases.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::{
    Error,
    connection::{Connection, Pool},
    limits, mysql, postgres,
};

/// Where a cluster is. The URL may hold a password: nothing here shows it.
#[derive(Clone)]
pub struct Cluster {
    /// What requests call it: its ARN or its identifier.
    pub names: Vec<String>,
    /// `postgres://user:password@host:port/database`, or with `mysql`. A database in it is the one that is used,
    /// whatever requests name.
    pub url: String,
}

/// Every cluster by each of its names, in lower case: identifiers do not tell cases apart.
pub(crate) struct Clusters(HashMap<String, std::sync::Arc<Known>>);

struct Known {
    name: String,
    url: String,
    /// By the database that requests name; one pool under no name where the URL has a database.
    pools: Mutex<HashMap<Option<String>, Pool>>,
}

impl Clusters {
    /// # Errors
    /// A URL with which nothing can be connected.
    pub(crate) fn new(clusters: Vec<Cluster>) -> Result<Self, Error> {
        let mut known = HashMap::new();
        for Cluster { names, url } in clusters {
            let name = names.first().cloned().unwrap_or_default();
            let cluster = Known { name, url, pools: Mutex::default() };
            cluster.make(None)?;
            let cluster = std::sync::Arc::new(cluster);
            known.extend(names.iter().map(|name| (name.to_lowercase(), cluster.clone())));
        }
        Ok(Self(known))
    }

    /// Whether requests for this cluster go anywhere.
    pub(crate) fn has(&self, resource: &str) -> bool {
        self.find(resource).is_some()
    }

    /// A connection to a database of the cluster with this ARN or identifier.
    pub(crate) async fn connection(&self, resource: &str, database: Option<&str>) -> Result<Connection, Error> {
        let cluster = self.find(resource).ok_or_else(|| {
            let name = identifier(resource);
            Error::DatabaseNotFound(format!(
                "stepwell has no database for the cluster '{name}': set databases.\"{name}\".url"
            ))
        })?;
        let connection = cluster.pool(database)?.connection().await;
        if matches!(connection, Err(Error::DatabaseNotFound(_) | Error::InvalidSecret(_))) {
            // Names of nothing must not use up how many databases there may be.
            cluster.pools.lock().remove(&cluster.key(database));
        }
        connection
    }

    fn find(&self, resource: &str) -> Option<&Known> {
        let whole = self.0.get(&resource.to_lowercase());
        whole.or_else(|| self.0.get(&identifier(resource).to_lowercase())).map(|cluster| &**cluster)
    }
}

/// `demo` of `arn:aws:rds:us-east-1:000000000000:cluster:demo`.
fn identifier(resource: &str) -> &str {
    resource.rsplit(':').next().unwrap_or(resource)
}

impl Known {
    fn pool(&self, database: Option<&str>) -> Result<Pool, Error> {
        let key = self.key(database);
        let mut pools = self.pools.lock();
        if let Some(pool) = pools.get(&key) {
            return Ok(pool.clone());
        }
        if pools.len() >= limits::DATABASES {
            let message = format!("More than {} databases of one cluster are in use.", limits::DATABASES);
            return Err(Error::BadRequest(message));
        }
        let pool = self.make(key.as_deref())?;
        pools.insert(key, pool.clone());
        Ok(pool)
    }

    fn key(&self, database: Option<&str>) -> Option<String> {
        database.filter(|name| !name.is_empty() && !self.url_has_database()).map(str::to_owned)
    }

    fn make(&self, database: Option<&str>) -> Result<Pool, Error> {
        match self.url.split("://").next() {
            Some("postgres" | "postgresql") => postgres::Pool::new(&self.url, database, &self.name).map(Pool::Postgres),
            Some("mysql") => mysql::Pool::new(&self.url, database, &self.name).map(Pool::MySql),
            _ => Err(Error::Driver(format!(
                "the url of the cluster '{}' is neither postgres:// nor mysql://",
                self.name
            ))),
        }
    }

    fn url_has_database(&self) -> bool {
        let after_scheme = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let path = after_scheme.split('?').next().and_then(|whole| whole.split_once('/'));
        path.is_some_and(|(_, database)| !database.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(url: &str) -> Result<Clusters, Error> {
        Clusters::new(vec![Cluster { names: vec!["Demo".into(), "stack-demo-1".into()], url: url.into() }])
    }

    #[tokio::test]
    async fn arns_and_identifiers_name_clusters() {
        let clusters = clusters("postgres://u:secret@127.0.0.1:1").unwrap();
        for name in ["demo", "arn:aws:rds:us-east-1:000000000000:cluster:Stack-Demo-1"] {
            assert!(clusters.has(name), "{name}");
        }
        assert!(!clusters.has("arn:aws:rds:us-east-1:000000000000:cluster:other"));
        let Err(error) = clusters.connection("arn:x:cluster:other", None).await else { panic!("connected") };
        assert!(error.to_string().contains(r#"databases."other".url"#), "{error}");
        let Err(error) = clusters.connection("demo", None).await else { panic!("connected") };
        assert!(matches!(&error, Error::DatabaseUnavailable(name, _) if name == "Demo"), "{error:?}");
        assert!(!format!("{error:?}").contains("secret"));
    }

    #[tokio::test]
    async fn impossible_urls_are_refused_without_being_shown() {
        for url in ["sqlite://secret", "postgres://u:secret@host:port", "mysql://u:secret@host:port", "secret"] {
            let Err(error) = clusters(url) else { panic!("accepted {url}") };
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_database_in_the_url_is_the_one() {
        let pools = |url: &'static str| {
            let clusters = clusters(url).unwrap();
            let cluster = clusters.find("demo").unwrap();
            for database in [None, Some("a"), Some("b")] {
                cluster.pool(database).unwrap();
            }
            cluster.pools.lock().len()
        };
        assert_eq!(pools("mysql://u@h:1/app?prefer_socket=false"), 1);
        assert_eq!(pools("postgres://u@h:1?application_name=a/b"), 3);
    }
}

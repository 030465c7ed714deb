//! A connection to whichever database a cluster has.

use crate::{Error, answer::Answer, mysql, parameter::Parameters, postgres};

/// The connections to one database.
#[derive(Clone)]
pub(crate) enum Pool {
    Postgres(postgres::Pool),
    MySql(mysql::Pool),
}

/// A connection for one call or one transaction.
pub(crate) enum Connection {
    Postgres(Box<postgres::Connection>),
    MySql(mysql::Connection),
}

impl Pool {
    pub(crate) async fn connection(&self) -> Result<Connection, Error> {
        Ok(match self {
            Self::Postgres(pool) => Connection::Postgres(Box::new(pool.connection().await?)),
            Self::MySql(pool) => Connection::MySql(pool.connection().await?),
        })
    }
}

impl Connection {
    /// Runs one statement once for each set of parameters. The answers of several come without their rows.
    pub(crate) async fn execute(&mut self, sql: &str, sets: &[Parameters]) -> Result<Vec<Answer>, Error> {
        match self {
            Self::Postgres(connection) => connection.execute(sql, sets).await,
            Self::MySql(connection) => connection.execute(sql, sets).await,
        }
    }

    /// Whether the next statement can run on it: nothing comes any more from the last one.
    pub(crate) fn is_idle(&self) -> bool {
        match self {
            Self::Postgres(connection) => connection.is_idle(),
            Self::MySql(connection) => connection.is_idle(),
        }
    }

    /// `BEGIN`, `COMMIT` or `ROLLBACK`.
    pub(crate) async fn transaction(&mut self, verb: &str) -> Result<(), Error> {
        match self {
            Self::Postgres(connection) => connection.transaction(verb).await,
            Self::MySql(connection) => connection.transaction(verb).await,
        }
    }
}

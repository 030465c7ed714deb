//! PostgreSQL: a pool of connections, and statements over them.

mod bind;
mod column;
mod fault;
mod numeric;
mod temporal;
mod value;

use std::pin::pin;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool as Connections, RecyclingMethod};
use futures::TryStreamExt;
use tokio_postgres::{Config, NoTls, Row, types::Type};

use self::value::Cell;
use crate::{
    Error,
    answer::{Answer, Budget},
    field::Field,
    limits,
    parameter::{self, Parameters},
    statement::{Dialect, Statement},
};

/// What makes a connection as good as new for the next call. `RESET` goes back to what the connection began with.
const CLEAN: &str = "ROLLBACK; RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP";

/// The connections to one database.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: Connections,
    /// The cluster, for messages.
    cluster: String,
}

/// A connection for one call or one transaction.
pub(crate) struct Connection {
    object: Option<Object>,
    cluster: String,
    /// Whether it may go back to the pool: not while a statement runs on it.
    idle: bool,
}

impl Pool {
    /// Connects when it is first asked to.
    ///
    /// # Errors
    /// The URL is none that PostgreSQL has; the text does not hold it.
    pub(crate) fn new(url: &str, database: Option<&str>, cluster: &str) -> Result<Self, Error> {
        let mut config: Config =
            url.parse().map_err(|_| Error::Driver(format!("the url of the cluster '{cluster}' is not valid")))?;
        if let (None, Some(database)) = (config.get_dbname(), database) {
            config.dbname(database);
        }
        config.application_name("stepwell");
        // The server ends a statement by itself, too, so that none goes on that nobody waits for.
        let timeout = format!("-c statement_timeout={}", limits::CALL_MILLIS);
        config.options(config.get_options().map_or_else(|| timeout.clone(), |given| format!("{given} {timeout}")));
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Custom(CLEAN.into()) };
        let manager = Manager::from_config(config, NoTls, manager);
        let pool = Connections::builder(manager).max_size(limits::CONNECTIONS).build();
        let connections = pool.map_err(|error| Error::Driver(error.to_string()))?;
        Ok(Self { connections, cluster: cluster.to_owned() })
    }

    /// A connection, which waits for one of the others where there are enough.
    pub(crate) async fn connection(&self) -> Result<Connection, Error> {
        let object = self.connections.get().await.map_err(|error| fault::connect(&self.cluster, error))?;
        Ok(Connection { object: Some(object), cluster: self.cluster.clone(), idle: true })
    }
}

impl Connection {
    /// Runs one statement.
    pub(crate) async fn execute(&mut self, sql: &str, parameters: &Parameters) -> Result<Answer, Error> {
        let statement = Statement::parse(sql, Dialect::Postgres)?;
        let bound: Vec<_> = parameter::ordered(&statement, parameters)?.into_iter().map(bind::bind).collect();
        self.idle = false;
        let answer = self.answer(&statement.text, bound).await;
        // After any other error the server may still send rows.
        self.idle = matches!(answer, Ok(_) | Err(Error::Database(_) | Error::StatementTimeout));
        answer
    }

    async fn answer(&self, sql: &str, bound: Vec<(bind::Text, Type)>) -> Result<Answer, Error> {
        let client = self.object.as_ref().expect("the connection is taken when it is dropped");
        let (values, types): (Vec<_>, Vec<_>) = bound.into_iter().unzip();
        let fault = |error| fault::statement(&self.cluster, &error);
        // Prepared first: a result that the Data API does not carry is refused before anything is done.
        let prepared = client.prepare_typed(sql, &types).await.map_err(fault)?;
        let columns = prepared.columns().iter().map(column::column).collect::<Result<Vec<_>, _>>()?;
        let mut rows = pin!(client.query_raw(&prepared, &values).await.map_err(fault)?);
        let (mut answer, mut budget) = (Answer { columns, ..Answer::default() }, Budget::default());
        while let Some(row) = rows.try_next().await.map_err(fault)? {
            budget.take(row.raw_size_bytes())?;
            answer.rows.push(fields(&row)?);
        }
        // AWS's own count for statements with rows is 0; that of RETURNING is not verified.
        answer.updated = if answer.columns.is_empty() { rows.rows_affected().unwrap_or(0) } else { 0 };
        Ok(answer)
    }

    /// `BEGIN`, `COMMIT` or `ROLLBACK`.
    pub(crate) async fn transaction(&mut self, verb: &str) -> Result<(), Error> {
        self.execute(verb, &Parameters::new()).await.map(drop)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(object) = self.object.take().filter(|_| !self.idle) {
            // Closes it: what runs on it is of no use to the next call.
            drop(Object::take(object));
        }
    }
}

fn fields(row: &Row) -> Result<Vec<Field>, Error> {
    let cell = |index: usize| match row.try_get(index) {
        Ok(Cell(field)) => Ok(field),
        // Of the types that are left only an array of arrays does not read, or a date that no calendar has.
        Err(_) => Err(Error::UnsupportedResult(row.columns()[index].type_().name().to_uppercase())),
    };
    (0..row.len()).map(cell).collect()
}

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
    answer::{Answer, Budget, Column},
    field::Field,
    limits,
    parameter::{self, Parameters},
    statement::{Dialect, Statement},
};

/// What makes a connection as good as new for the next call: `DISCARD ALL` but for the driver's own statements. `RESET`
/// goes back to what the connection began with.
const CLEAN: &str = "ROLLBACK; CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; UNLISTEN *; \
                     SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

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
    /// Whether it may hold locks of a transaction, which end at once when it is closed.
    in_transaction: bool,
}

/// Values of one set of parameters, and the types that they are sent as.
type Bound = (Vec<bind::Text>, Vec<Type>);

/// A statement that the server knows.
struct Prepared {
    statement: tokio_postgres::Statement,
    columns: Vec<Column>,
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
        Ok(Connection { object: Some(object), cluster: self.cluster.clone(), idle: true, in_transaction: false })
    }
}

impl Connection {
    /// Runs one statement once for each set of parameters. The answers of several come without their rows.
    pub(crate) async fn execute(&mut self, sql: &str, sets: &[Parameters]) -> Result<Vec<Answer>, Error> {
        let statement = Statement::parse(sql, Dialect::Postgres)?;
        let bind = |set| Ok(parameter::ordered(&statement, set)?.into_iter().map(bind::bind).unzip());
        let bound = sets.iter().map(bind).collect::<Result<Vec<Bound>, Error>>()?;
        let answers = self.answers(&statement.text, &bound).await;
        self.idle |= answers.as_ref().err().is_none_or(Error::is_last_word);
        answers
    }

    /// Whether nothing comes any more from the last statement.
    pub(crate) fn is_idle(&self) -> bool {
        self.idle
    }

    async fn answers(&mut self, sql: &str, bound: &[Bound]) -> Result<Vec<Answer>, Error> {
        let mut answers = Vec::with_capacity(bound.len());
        let mut known: Option<(&[Type], Prepared)> = None;
        for (values, types) in bound {
            let prepared = match known.take().filter(|(same, _)| same == types) {
                Some((_, prepared)) => prepared,
                None => self.prepare(sql, types).await?,
            };
            let answer = self.answer(&prepared, values).await?;
            answers.push(if bound.len() > 1 { answer.without_rows() } else { answer });
            known = Some((types, prepared));
        }
        Ok(answers)
    }

    /// A result that the Data API does not carry is refused here, before anything is done.
    async fn prepare(&mut self, sql: &str, types: &[Type]) -> Result<Prepared, Error> {
        self.idle = false;
        let prepared = self.client().prepare_typed(sql, types).await;
        let statement = prepared.map_err(|error| fault::statement(&self.cluster, &error))?;
        self.idle = true;
        let columns = statement.columns().iter().map(column::column).collect::<Result<_, _>>()?;
        Ok(Prepared { statement, columns })
    }

    async fn answer(&mut self, prepared: &Prepared, values: &[bind::Text]) -> Result<Answer, Error> {
        self.idle = false;
        let fault = |error| fault::statement(&self.cluster, &error);
        let mut rows = pin!(self.client().query_raw(&prepared.statement, values).await.map_err(fault)?);
        let mut answer = Answer { columns: prepared.columns.clone(), ..Answer::default() };
        let mut budget = Budget::default();
        while let Some(row) = rows.try_next().await.map_err(fault)? {
            // One row's fields are made before they can be counted.
            if row.raw_size_bytes() > limits::RESPONSE_BYTES {
                return Err(Error::ResponseTooLarge);
            }
            let fields = fields(&row)?;
            budget.take(&fields)?;
            answer.rows.push(fields);
        }
        // AWS's own count for statements with rows is 0; that of RETURNING is not verified.
        answer.updated = if answer.columns.is_empty() { rows.rows_affected().unwrap_or(0) } else { 0 };
        Ok(answer)
    }

    /// `BEGIN`, `COMMIT` or `ROLLBACK`.
    ///
    /// # Errors
    /// Also a `COMMIT` after a statement that failed: PostgreSQL rolls back then and calls it no error.
    pub(crate) async fn transaction(&mut self, verb: &str) -> Result<(), Error> {
        // Before the statement: a BEGIN that nobody waits for happens, too.
        self.in_transaction = true;
        let statements: &[&str] = if verb == "COMMIT" { &["SELECT 1", verb] } else { &[verb] };
        for sql in statements {
            self.execute(sql, &[Parameters::new()]).await?;
        }
        self.in_transaction = verb == "BEGIN";
        Ok(())
    }

    fn client(&self) -> &Object {
        self.object.as_ref().expect("the connection is taken when it is dropped")
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(object) = self.object.take().filter(|_| !self.idle || self.in_transaction) {
            // Closes it: what runs on it is of no use to the next call, and what it has locked is free again.
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

//! MySQL and what speaks its protocol: a pool of connections, and statements over them.

mod column;
mod fault;
mod value;

use futures::FutureExt;
use mysql_async::{
    Conn, Opts, OptsBuilder, Params, Pool as Connections, PoolConstraints, PoolOpts, Value, prelude::Queryable,
};

use crate::{
    Error,
    answer::{Answer, Budget},
    field::Field,
    limits,
    parameter::{self, Parameters},
    statement::{Dialect, Statement},
};

/// Why a connection is there.
const TAKEN: &str = "the connection is taken when it is dropped";

/// The connections to one database.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: Connections,
    /// The cluster, for messages.
    cluster: String,
}

/// A connection for one call or one transaction. The driver makes it as good as new when it goes back to the pool.
pub(crate) struct Connection {
    connection: Option<Conn>,
    cluster: String,
    /// Whether it may go back to the pool: not while a statement runs on it.
    idle: bool,
}

impl Pool {
    /// Connects when it is first asked to.
    ///
    /// # Errors
    /// The URL is none that MySQL has; the text does not hold it.
    pub(crate) fn new(url: &str, database: Option<&str>, cluster: &str) -> Result<Self, Error> {
        let given = Opts::from_url(url)
            .map_err(|_| Error::Driver(format!("the url of the cluster '{cluster}' is not valid")))?;
        let named = given.db_name().or(database).map(str::to_owned);
        let constraints = PoolConstraints::new(0, limits::CONNECTIONS).expect("0 is not more than the most");
        let pool = PoolOpts::default().with_constraints(constraints);
        // One statement is kept, for the sets of a batch; the driver closes it for the next one.
        let builder = OptsBuilder::from_opts(given).db_name(named).pool_opts(pool).stmt_cache_size(1);
        Ok(Self { connections: Connections::new(builder), cluster: cluster.to_owned() })
    }

    /// A connection, which waits for one of the others where there are enough.
    pub(crate) async fn connection(&self) -> Result<Connection, Error> {
        let connection = self.connections.get_conn().await.map_err(|error| fault::connect(&self.cluster, error))?;
        Ok(Connection { connection: Some(connection), cluster: self.cluster.clone(), idle: true })
    }
}

impl Connection {
    /// Runs one statement once for each set of parameters. The answers of several come without their rows.
    pub(crate) async fn execute(&mut self, sql: &str, sets: &[Parameters]) -> Result<Vec<Answer>, Error> {
        let statement = Statement::parse(sql, Dialect::MySql)?;
        let bind = |set| Ok(parameter::ordered(&statement, set)?.into_iter().map(value::bind).collect());
        let bound = sets.iter().map(bind).collect::<Result<Vec<Vec<Value>>, Error>>()?;
        self.idle = false;
        let answers = self.answers(&statement.text, bound).await;
        self.idle = answers.as_ref().err().is_none_or(Error::is_last_word);
        answers
    }

    /// Whether nothing comes any more from the last statement.
    pub(crate) fn is_idle(&self) -> bool {
        self.idle
    }

    async fn answers(&mut self, sql: &str, bound: Vec<Vec<Value>>) -> Result<Vec<Answer>, Error> {
        let several = bound.len() > 1;
        let mut answers = Vec::with_capacity(bound.len());
        for values in bound {
            let answer = self.answer(sql, values).await?;
            answers.push(if several { answer.without_rows() } else { answer });
        }
        Ok(answers)
    }

    async fn answer(&mut self, sql: &str, values: Vec<Value>) -> Result<Answer, Error> {
        let (connection, cluster) = (self.connection.as_mut().expect(TAKEN), &self.cluster);
        let fault = |error| fault::statement(cluster, error);
        let params = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
        let mut result = connection.exec_iter(sql, params).await.map_err(fault)?;
        let columns = result.columns();
        let columns = columns.iter().flat_map(|columns| columns.iter());
        let columns = columns.map(column::column).collect::<Result<Vec<_>, _>>()?;
        let mut answer = Answer { columns, ..Answer::default() };
        let mut budget = Budget::default();
        while let Some(row) = result.next().await.map_err(fault)? {
            let kinds = row.columns();
            let fields: Vec<_> = kinds.iter().zip(row.unwrap()).map(|(kind, cell)| value::field(kind, cell)).collect();
            budget.take(&fields)?;
            answer.rows.push(fields);
        }
        if answer.columns.is_empty() {
            answer.updated = result.affected_rows();
            answer.generated = result.last_insert_id().into_iter().map(|id| Field::Long(id.cast_signed())).collect();
        }
        result.drop_result().await.map_err(fault)?;
        Ok(answer)
    }

    /// `BEGIN`, `COMMIT` or `ROLLBACK`.
    pub(crate) async fn transaction(&mut self, verb: &str) -> Result<(), Error> {
        self.idle = false;
        let done = self.connection.as_mut().expect(TAKEN).query_drop(verb).await;
        let done = done.map_err(|error| fault::statement(&self.cluster, error));
        self.idle = done.as_ref().err().is_none_or(Error::is_last_word);
        done
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take().filter(|_| !self.idle) {
            // What began to disconnect, the pool throws away; else it would read all that the server still sends.
            drop(connection.disconnect().now_or_never());
        }
    }
}

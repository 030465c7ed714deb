//! MySQL and what speaks its protocol: a pool of connections, and statements over them.

mod column;
mod fault;
mod value;

use mysql_async::{
    Conn, Opts, OptsBuilder, Params, Pool as Connections, PoolConstraints, PoolOpts, prelude::Queryable,
};

use crate::{
    Error,
    answer::{Answer, Budget},
    field::Field,
    limits,
    parameter::{self, Parameters},
    statement::{Dialect, Statement},
};

/// The connections to one database.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: Connections,
    /// The cluster, for messages.
    cluster: String,
}

/// A connection for one call or one transaction. The driver makes it as good as new when it goes back to the pool.
pub(crate) struct Connection {
    connection: Conn,
    cluster: String,
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
        let builder = OptsBuilder::from_opts(given).db_name(named).pool_opts(pool).stmt_cache_size(0);
        Ok(Self { connections: Connections::new(builder), cluster: cluster.to_owned() })
    }

    /// A connection, which waits for one of the others where there are enough.
    pub(crate) async fn connection(&self) -> Result<Connection, Error> {
        let connection = self.connections.get_conn().await.map_err(|error| fault::connect(&self.cluster, error))?;
        Ok(Connection { connection, cluster: self.cluster.clone() })
    }
}

impl Connection {
    /// Runs one statement.
    pub(crate) async fn execute(&mut self, sql: &str, parameters: &Parameters) -> Result<Answer, Error> {
        let statement = Statement::parse(sql, Dialect::MySql)?;
        let values: Vec<_> = parameter::ordered(&statement, parameters)?.into_iter().map(value::bind).collect();
        let cluster = &self.cluster;
        let fault = |error| fault::statement(cluster, error);
        let params = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
        let mut result = self.connection.exec_iter(statement.text, params).await.map_err(fault)?;
        let columns = result.columns();
        let columns = columns.iter().flat_map(|columns| columns.iter());
        let columns = columns.map(column::column).collect::<Result<Vec<_>, _>>()?;
        let mut answer = Answer { columns, ..Answer::default() };
        let mut budget = Budget::default();
        while let Some(row) = result.next().await.map_err(fault)? {
            let kinds = row.columns();
            let cells = row.unwrap();
            budget.take(cells.iter().map(value::size).sum())?;
            answer.rows.push(kinds.iter().zip(cells).map(|(kind, cell)| value::field(kind, cell)).collect());
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
        let cluster = &self.cluster;
        self.connection.query_drop(verb).await.map_err(|error| fault::statement(cluster, error))
    }
}

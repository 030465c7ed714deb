//! The operations, each in the file of its name.

pub(crate) mod batch_execute_statement;
pub(crate) mod begin_transaction;
pub(crate) mod commit_transaction;
pub(crate) mod execute_statement;
pub(crate) mod rollback_transaction;

use serde::Deserialize;

use crate::{Error, RdsData, answer::Answer, parameter::Parameters};

/// Where statements go: a database of a cluster, or an open transaction there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    resource_arn: String,
    database: Option<String>,
    transaction_id: Option<String>,
    schema: Option<String>,
}

/// An open transaction.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenTransaction {
    transaction_id: String,
}

impl Place {
    fn check(&self) -> Result<(), Error> {
        match self.schema {
            Some(_) => Err(Error::Validation("The schema parameter isn't supported".to_owned())),
            None => Ok(()),
        }
    }
}

/// Runs `sql` once for each set of parameters, all or nothing where there are several.
///
/// That a batch outside of a transaction is all or nothing is not verified on AWS.
async fn run(service: &RdsData, place: &Place, sql: &str, sets: &[Parameters]) -> Result<Vec<Answer>, Error> {
    place.check()?;
    if let Some(id) = &place.transaction_id {
        let mut held = service.transactions.take(id)?;
        let answers = held.connection().execute(sql, sets).await;
        // After an error the transaction goes on: the database decides what it is still good for.
        if held.connection().is_idle() {
            held.put_back();
        }
        return answers;
    }
    let mut connection = service.connection(&place.resource_arn, place.database.as_deref()).await?;
    let together = sets.len() > 1;
    if together {
        connection.transaction("BEGIN").await?;
    }
    // Dropped on the way, the connection rolls back.
    let answers = connection.execute(sql, sets).await?;
    if together {
        connection.transaction("COMMIT").await?;
    }
    Ok(answers)
}

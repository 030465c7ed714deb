//! `BeginTransaction`.
//!
//! <https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_BeginTransaction.html>

use serde_json::{Value, json};

use super::Place;
use crate::{Error, RdsData};

pub(crate) async fn perform(service: &RdsData, place: Place) -> Result<Value, Error> {
    place.check()?;
    let mut connection = service.connection(&place.resource_arn, place.database.as_deref()).await?;
    connection.transaction("BEGIN").await?;
    Ok(json!({ "transactionId": service.transactions.add(connection) }))
}

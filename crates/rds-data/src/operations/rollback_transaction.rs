//! `RollbackTransaction`.
//!
//! <https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_RollbackTransaction.html>

use serde_json::{Value, json};

use super::OpenTransaction;
use crate::{Error, RdsData};

pub(crate) async fn perform(service: &RdsData, input: OpenTransaction) -> Result<Value, Error> {
    service.transactions.take(&input.transaction_id)?.connection().transaction("ROLLBACK").await?;
    Ok(json!({ "transactionStatus": "Rollback Complete" }))
}

//! `AWS::DynamoDB::Table`: tables of the embedded engine, or of a DynamoDB elsewhere.

use std::sync::Arc;

use aws_protocol::{Caller, Directory, ServiceError};
use clock::Clock;
use serde_json::{Value, json};

use super::Error;
use crate::{
    backends::aws::{DynamoDb, Remote},
    config::{Backend, Config},
};

/// Registers who serves `dynamodb`, and who rehearses updates for versioned data sources; makes
/// the template's tables be there.
pub(super) async fn start(
    config: &Config,
    tables: &[template::Table],
    services: &Directory,
    clock: Arc<dyn Clock>,
) -> Result<(), Error> {
    services.register(Arc::new(tables::Rehearsal::start()?));
    match config.dynamodb.value {
        Backend::Embedded => embedded(config, tables, services, clock).await,
        Backend::Aws => elsewhere(config, tables, services).await,
    }
}

async fn embedded(
    config: &Config,
    tables: &[template::Table],
    services: &Directory,
    clock: Arc<dyn Clock>,
) -> Result<(), Error> {
    let engine = Arc::new(tables::Tables::open(&config.data_file("tables.sqlite"))?);
    for table in tables {
        engine.put_table(table.create_table.clone()).await?;
        if let Some(attribute) = &table.time_to_live_attribute {
            engine.put_time_to_live(&table.name, attribute).await?;
        }
    }
    tokio::spawn(engine.expire(clock));
    services.register(engine);
    Ok(())
}

/// On AWS the stack has made the tables; an endpoint of one's own gets those that it lacks.
async fn elsewhere(config: &Config, tables: &[template::Table], services: &Directory) -> Result<(), Error> {
    let endpoint_url = config.dynamodb_endpoint_url.value.clone();
    let may_create = endpoint_url.is_some();
    services.register(Arc::new(DynamoDb::connect(&Remote { region: config.region.value.clone(), endpoint_url }).await));
    let caller = Caller::internal(config.account.value.clone(), "");
    for table in tables {
        let failed = |cause| Error::RemoteTable { table: table.name.clone(), cause };
        let describe = json!({ "TableName": table.name });
        match services.call("dynamodb", "DescribeTable", describe, &caller).await {
            Ok(_) => {}
            Err(error) if error.code == "ResourceNotFoundException" && may_create => {
                services.call("dynamodb", "CreateTable", table.create_table.clone(), &caller).await.map_err(failed)?;
                until_active(services, &table.name, &caller).await.map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// How often a new table is asked after; each answer of the endpoint paces the next question.
const QUESTIONS: usize = 1_000;

async fn until_active(services: &Directory, table: &str, caller: &Caller) -> Result<(), ServiceError> {
    for _ in 0..QUESTIONS {
        let described: Value =
            services.call("dynamodb", "DescribeTable", json!({ "TableName": table }), caller).await?;
        if described["Table"]["TableStatus"] == "ACTIVE" {
            return Ok(());
        }
    }
    Err(ServiceError::new("ResourceInUseException", "the table does not become ACTIVE"))
}

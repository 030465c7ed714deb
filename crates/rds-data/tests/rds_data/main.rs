//! The service against real servers: PostgreSQL and MariaDB, started for the tests in a folder of their own.

mod mysql;
mod postgres;
mod servers;
mod transactions;

use std::sync::Arc;

use aws_protocol::{Caller, Service, ServiceError};
use clock::Clock;
use rds_data::{Cluster, RdsData};
use serde_json::{Value, json};

/// What calls say they want.
const CLUSTER: &str = "arn:aws:rds:us-east-1:000000000000:cluster:demo";

/// The service with one cluster.
fn service(url: &str, clock: Arc<dyn Clock>) -> RdsData {
    let cluster = Cluster { names: vec!["demo".into()], url: url.into() };
    RdsData::new(vec![cluster], clock).expect("a good URL")
}

/// One call, with the cluster added to its input.
async fn call(service: &RdsData, operation: &str, mut input: Value) -> Result<Value, ServiceError> {
    input["resourceArn"] = CLUSTER.into();
    service.call(operation, input, &Caller::anonymous()).await
}

/// `ExecuteStatement` with metadata.
async fn execute(service: &RdsData, sql: &str, parameters: Value) -> Result<Value, ServiceError> {
    let input = json!({ "sql": sql, "parameters": parameters, "includeResultMetadata": true });
    call(service, "ExecuteStatement", input).await
}

/// The fields of the only row.
async fn row(service: &RdsData, sql: &str, parameters: Value) -> Value {
    let answer = execute(service, sql, parameters).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert_eq!(answer["records"].as_array().map(Vec::len), Some(1), "{sql}: {answer}");
    answer["records"][0].clone()
}

/// The exception's name and text.
async fn refused(service: &RdsData, sql: &str, parameters: Value) -> (String, String) {
    let error = execute(service, sql, parameters).await.expect_err(sql);
    (error.code.to_string(), error.message)
}

//! The operations of the DynamoDB API (2012-08-10) that the engine has, by name.

use aws_protocol::ServiceError;
use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::error;

/// One operation, ready to run on a worker.
pub(crate) type Operation = fn(&Database, Value) -> Result<Value, ServiceError>;

/// The operation with this name, for example `PutItem`.
pub(crate) fn find(name: &str) -> Option<Operation> {
    Some(match name {
        "BatchExecuteStatement" => |db, input| run(input, |request| db.batch_execute_statement(request)),
        "BatchGetItem" => |db, input| run(input, |request| db.batch_get_item(request)),
        "BatchWriteItem" => |db, input| run(input, |request| db.batch_write_item(request)),
        "CreateTable" => |db, input| run(input, |request| db.create_table(request)),
        "DeleteItem" => |db, input| run(input, |request| db.delete_item(request)),
        "DeleteTable" => |db, input| run(input, |request| db.delete_table(request)),
        "DescribeStream" => |db, input| run(input, |request| db.describe_stream(request)),
        "DescribeTable" => |db, input| run(input, |request| db.describe_table(request)),
        "DescribeTimeToLive" => |db, input| run(input, |request| db.describe_time_to_live(request)),
        "ExecuteStatement" => |db, input| run(input, |request| db.execute_statement(request)),
        "ExecuteTransaction" => |db, input| run(input, |request| db.execute_transaction(request)),
        "GetItem" => |db, input| run(input, |request| db.get_item(request)),
        "GetRecords" => |db, input| run(input, |request| db.get_records(request)),
        "GetShardIterator" => |db, input| run(input, |request| db.get_shard_iterator(request)),
        "ListStreams" => |db, input| run(input, |request| db.list_streams(request)),
        "ListTables" => |db, input| run(input, |request| db.list_tables(request)),
        "ListTagsOfResource" => |db, input| run(input, |request| db.list_tags_of_resource(request)),
        "PutItem" => |db, input| run(input, |request| db.put_item(request)),
        "Query" => |db, input| run(input, |request| db.query(request)),
        "Scan" => |db, input| run(input, |request| db.scan(request)),
        "TagResource" => |db, input| run(input, |request| db.tag_resource(request)),
        "TransactGetItems" => |db, input| run(input, |request| db.transact_get_items(request)),
        "TransactWriteItems" => |db, input| run(input, |request| db.transact_write_items(request)),
        "UntagResource" => |db, input| run(input, |request| db.untag_resource(request)),
        "UpdateItem" => |db, input| run(input, |request| db.update_item(request)),
        "UpdateTable" => |db, input| run(input, |request| db.update_table(request)),
        "UpdateTimeToLive" => |db, input| run(input, |request| db.update_time_to_live(request)),
        _ => return None,
    })
}

fn run<I, O>(input: Value, operation: impl FnOnce(I) -> Result<O, DynoxideError>) -> Result<Value, ServiceError>
where
    I: DeserializeOwned,
    O: Serialize,
{
    let request = serde_json::from_value(input).map_err(error::from_request)?;
    let response = operation(request).map_err(error::from_engine)?;
    serde_json::to_value(response).map_err(ServiceError::internal)
}

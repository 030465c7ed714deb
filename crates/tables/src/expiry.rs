//! Removal of expired items: what `TimeToLiveSpecification` asks for.
//!
//! In rounds: every table with a time-to-live attribute is scanned a page at a time, and what has expired is deleted by
//! ordinary conditional deletes, so indexes and streams follow and an item that got more time meanwhile stays. Between two
//! pages other calls have their turn. Where no table has such an attribute, nothing is done until one gets it.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html>

use std::sync::{Arc, Weak};

use aws_protocol::ServiceError;
use clock::{Clock, Timestamp};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use crate::Tables;

/// Seconds between two rounds, at least. AWS promises a few days.
const ROUND_SECONDS: i64 = 30;
/// A round over much takes long; the pause after it is so many times as long, and tables keep their speed.
const PAUSE_FACTOR: u64 = 20;
/// Items read with one call.
const PAGE: usize = 100;
/// What expired earlier than this many seconds ago stays: AWS takes it for a mistake. Five years.
const OLDEST_SECONDS: i64 = 5 * 365 * 86_400;

/// Removes expired items of `tables` until they are dropped.
pub(crate) async fn run(tables: Weak<Tables>, begun: Arc<Notify>, clock: Arc<dyn Clock>) {
    loop {
        let round_began = clock.monotonic_micros();
        let Some(engine) = tables.upgrade() else { return };
        let tables_seen = round(&engine, clock.now()).await;
        drop(engine);
        if tables_seen == Some(0) {
            begun.notified().await;
            continue;
        }
        let took = clock.monotonic_micros().saturating_sub(round_began) / 1_000;
        let pause = i64::try_from(took.saturating_mul(PAUSE_FACTOR)).unwrap_or(i64::MAX);
        clock.sleep_until(clock.now().plus_millis(pause.max(ROUND_SECONDS * 1_000))).await;
    }
}

/// One look at every table. Answers how many have a time-to-live attribute; `None` where they could not be read.
async fn round(tables: &Tables, now: Timestamp) -> Option<usize> {
    let names = names(tables).await.map_err(|error| warn("*", &error)).ok()?;
    let mut seen = 0;
    for name in names {
        match expire(tables, &name, now).await {
            Ok(has_attribute) => seen += usize::from(has_attribute),
            // It was deleted meanwhile.
            Err(error) if error.code == "ResourceNotFoundException" => {}
            Err(error) => {
                warn(&name, &error);
                seen += 1;
            }
        }
    }
    Some(seen)
}

fn warn(table: &str, error: &ServiceError) {
    tracing::warn!(table, %error, "expired items could not be removed");
}

async fn names(tables: &Tables) -> Result<Vec<String>, ServiceError> {
    let (mut names, mut from) = (Vec::new(), None);
    loop {
        let mut input = json!({});
        if let Some(from) = from.take() {
            input["ExclusiveStartTableName"] = from;
        }
        let mut answer = tables.perform("ListTables", input).await?;
        let page = answer["TableNames"].as_array().into_iter().flatten();
        names.extend(page.filter_map(Value::as_str).map(str::to_owned));
        from = answer.get_mut("LastEvaluatedTableName").map(Value::take);
        if from.is_none() {
            return Ok(names);
        }
    }
}

/// Removes what has expired in a table; answers whether it has a time-to-live attribute.
async fn expire(tables: &Tables, name: &str, now: Timestamp) -> Result<bool, ServiceError> {
    let described = tables.perform("DescribeTimeToLive", json!({ "TableName": name })).await?;
    let Some(attribute) = described["TimeToLiveDescription"]["AttributeName"].as_str() else { return Ok(false) };
    let described = tables.perform("DescribeTable", json!({ "TableName": name })).await?;
    let keys = described["Table"]["KeySchema"].as_array().into_iter().flatten();
    let keys: Vec<&str> = keys.filter_map(|key| key["AttributeName"].as_str()).collect();
    let expired = Expired { table: name, attribute, keys: &keys, now: now.0.div_euclid(1_000) };
    let mut from = None;
    loop {
        let mut page = tables.perform("Scan", expired.scan(from.take())).await?;
        for item in page["Items"].as_array_mut().into_iter().flatten() {
            match tables.perform("DeleteItem", expired.delete(item.take())).await {
                Err(error) if error.code != "ConditionalCheckFailedException" => return Err(error),
                _ => {}
            }
        }
        from = page.get_mut("LastEvaluatedKey").map(Value::take).filter(|key| !key.is_null());
        if from.is_none() {
            return Ok(true);
        }
    }
}

/// The items of a table that have expired by `now`, epoch seconds.
struct Expired<'a> {
    table: &'a str,
    attribute: &'a str,
    keys: &'a [&'a str],
    now: i64,
}

impl Expired<'_> {
    /// A comparison holds among values of one type only: what is no number never expires.
    const CONDITION: &'static str = "#ttl < :now AND #ttl >= :oldest";

    fn scan(&self, from: Option<Value>) -> Value {
        let names: Vec<String> = (0..self.keys.len()).map(|number| format!("#key{number}")).collect();
        let mut input = json!({ "Limit": PAGE, "ProjectionExpression": names.join(", ") });
        self.among(&mut input, "FilterExpression");
        for (placeholder, key) in names.into_iter().zip(self.keys) {
            input["ExpressionAttributeNames"][placeholder] = json!(key);
        }
        if let Some(from) = from {
            input["ExclusiveStartKey"] = from;
        }
        input
    }

    // AWS differs: the stream's record of such a removal names the service `dynamodb.amazonaws.com` as `userIdentity`. The
    // engine writes it in a sweep of its own only, which knows neither this clock nor the five years.
    fn delete(&self, key: Value) -> Value {
        let mut input = json!({ "Key": key });
        self.among(&mut input, "ConditionExpression");
        input
    }

    fn among(&self, input: &mut Value, expression: &str) {
        input["TableName"] = json!(self.table);
        input[expression] = json!(Self::CONDITION);
        input["ExpressionAttributeNames"] = Value::Object(Map::from_iter([("#ttl".to_owned(), json!(self.attribute))]));
        let number = |seconds: i64| json!({ "N": seconds.to_string() });
        input["ExpressionAttributeValues"] =
            json!({ ":now": number(self.now), ":oldest": number(self.now - OLDEST_SECONDS) });
    }
}

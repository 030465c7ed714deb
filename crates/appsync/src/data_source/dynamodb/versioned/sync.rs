//! `Sync`: all items once, then what changed since (developer guide, "Using DynamoDB sync operations on versioned data
//! sources").

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{
    Versioned,
    delta::{self, Moment},
    metadata,
};
use crate::data_source::{
    Call, Failure,
    dynamodb::{attribute::plain_map, expression::Input, failure, given},
};

/// Items evaluated where the request has no limit, and the most that it may ask for (AppSync's numbers).
const LIMIT: u64 = 100;
const LARGEST_LIMIT: u64 = 1_000;
/// Days of the delta table looked through for one page: each is a partition, and many may be empty.
const DAYS_AT_ONCE: usize = 31;

/// Where a page begins.
struct Place {
    /// When the first page was asked for.
    started_at: i64,
    at: At,
    /// After which key.
    key: Option<Value>,
}

enum At {
    /// In the base table.
    Base,
    /// On this day of the delta table, on the look for changes `since`.
    Delta { since: i64, day: NaiveDate },
}

/// A page under way.
struct Page {
    limit: u64,
    items: Vec<Value>,
    scanned: u64,
}

impl Versioned {
    pub(super) async fn sync(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Value, Failure> {
        let mut page = Page { limit: limit(request)?, items: Vec::new(), scanned: 0 };
        let place = match given(request, "nextToken") {
            Some(token) => self.continued(call, token)?,
            None => self.started(call, request)?,
        };
        let started_at = place.started_at;
        let next = match place.at {
            At::Base => self.base_page(call, request, place, &mut page).await?,
            At::Delta { .. } => self.delta_page(call, request, place, &mut page).await?,
        };
        let next = next.map(|place| self.base.tokens.seal(&place.to_json(), &self.scope(call), call.clock));
        Ok(json!({ "items": page.items, "nextToken": next, "scannedCount": page.scanned, "startedAt": started_at }))
    }

    fn started(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Place, Failure> {
        let started_at = self.in_flight.settled_until(call.clock);
        let kept = self.settings.delta_table_ttl_minutes.saturating_mul(60_000);
        let at = match given(request, "lastSync") {
            None => At::Base,
            Some(since) => {
                let since = since.as_i64().or_else(|| since.as_str()?.parse().ok());
                match since.ok_or_else(|| Failure::invalid("lastSync"))? {
                    since if since < call.clock.now().0.saturating_sub(kept) => At::Base,
                    since => At::Delta { since, day: Moment::of_millis(since).day() },
                }
            }
        };
        Ok(Place { started_at, at, key: None })
    }

    fn continued(&self, call: &Call<'_>, token: &Value) -> Result<Place, Failure> {
        let opened = self.base.tokens.open(token.as_str().unwrap_or_default(), &self.scope(call));
        opened.as_ref().and_then(Place::from_json).ok_or_else(|| {
            Failure::Document("Invalid nextToken: it belongs to another query, or is damaged.".to_owned())
        })
    }

    /// A page of the whole table, or of the partition `basePartitionKey`; tombstones are among the items.
    async fn base_page(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
        place: Place,
        page: &mut Page,
    ) -> Result<Option<Place>, Failure> {
        let mut input = Input::on(&self.base.table);
        let operation = match given(request, "basePartitionKey") {
            Some(key) => {
                let hash = &self.keys(call).await?.hash;
                input.require(
                    "KeyConditionExpression",
                    "#_hash = :_hash",
                    &[("#_hash", hash)],
                    &[(":_hash", typed(key))],
                );
                "Query"
            }
            None => "Scan",
        };
        let key = self.fetch(call, request, operation, input, place.key, page).await?;
        Ok(key.map(|key| Place { key: Some(key), ..place }))
    }

    /// A page of changes, day by day. One item may come in several versions, the latest last.
    async fn delta_page(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
        place: Place,
        page: &mut Page,
    ) -> Result<Option<Place>, Failure> {
        let Place { started_at, at: At::Delta { since, mut day }, mut key } = place else { return Ok(None) };
        let today = Moment::of_millis(call.clock.now().0).day();
        for _ in 0..DAYS_AT_ONCE {
            if day > today {
                return Ok(None);
            }
            let input = self.changes(request, since, day);
            key = self.fetch(call, request, "Query", input, key, page).await?;
            if key.is_none() {
                let Some(next) = delta::next_day(day) else { return Ok(None) };
                day = next;
            }
            if page.scanned >= page.limit {
                break;
            }
        }
        Ok((day <= today).then_some(Place { started_at, at: At::Delta { since, day }, key }))
    }

    /// The query for one day's changes.
    fn changes(&self, request: &Map<String, Value>, since: i64, day: NaiveDate) -> Input {
        let mut input = Input::on(&self.settings.delta_table);
        let base_partition = given(request, "basePartitionKey").map(|key| delta::text(&typed(key)));
        let mut names = [("#_pk", "ds_pk"), ("#_sk", "ds_sk")];
        if base_partition.is_none()
            && let Some(index) = given(request, "deltaIndexName")
        {
            input.set("IndexName", index.clone());
            names = [("#_pk", "gsi_ds_pk"), ("#_sk", "gsi_ds_sk")];
        }
        let partition = json!({ "S": delta::partition(&self.base.name, day, base_partition.as_deref()) });
        let since = Moment::of_millis(since);
        // Sort keys go on after the time, so that those of the very moment are greater than it.
        let from = json!({ "S": if since.day() == day { since.time() } else { "0".to_owned() } });
        let condition = "#_pk = :_pk AND #_sk >= :_sk";
        input.require("KeyConditionExpression", condition, &names, &[(":_pk", partition), (":_sk", from)]);
        input
    }

    /// Adds what a `Scan` or `Query` finds to the page; answers where it stopped. DynamoDB removes what has expired in its
    /// own time; here it is gone at once.
    async fn fetch(
        &self,
        call: &Call<'_>,
        request: &Map<String, Value>,
        operation: &str,
        mut input: Input,
        key: Option<Value>,
        page: &mut Page,
    ) -> Result<Option<Value>, Failure> {
        input.expression(request, "filter", "FilterExpression")?;
        let now = metadata::number(call.clock.now().0.div_euclid(1_000));
        let alive = "(attribute_not_exists(#_ttl) OR #_ttl > :_now)";
        input.require("FilterExpression", alive, &[("#_ttl", metadata::TTL)], &[(":_now", now)]);
        input.set("Limit", page.limit.saturating_sub(page.scanned));
        if let Some(key) = key {
            input.set("ExclusiveStartKey", key);
        }
        let answer = self.base.send(operation, input.finish()).await;
        let mut answer = answer.map_err(|error| failure(call, &error, Value::Null))?;
        let items = answer["Items"].as_array().map(Vec::as_slice).unwrap_or_default();
        page.items.extend(items.iter().filter_map(Value::as_object).map(plain_map));
        page.scanned += answer["ScannedCount"].as_u64().unwrap_or_default();
        Ok(answer.get_mut("LastEvaluatedKey").map(Value::take).filter(|key| !key.is_null()))
    }

    fn scope(&self, call: &Call<'_>) -> String {
        format!("{}\nSync", self.base.scope(call))
    }
}

impl Place {
    fn to_json(&self) -> Value {
        match self.at {
            At::Base => json!({ "startedAt": self.started_at, "key": self.key }),
            At::Delta { since, day } => {
                json!({ "startedAt": self.started_at, "since": since, "day": day.to_string(), "key": self.key })
            }
        }
    }

    fn from_json(place: &Value) -> Option<Self> {
        let at = match place["since"].as_i64() {
            Some(since) => At::Delta { since, day: place["day"].as_str()?.parse().ok()? },
            None => At::Base,
        };
        Some(Self { started_at: place["startedAt"].as_i64()?, at, key: given(place.as_object()?, "key").cloned() })
    }
}

fn limit(request: &Map<String, Value>) -> Result<u64, Failure> {
    match given(request, "limit") {
        None => Ok(LIMIT),
        Some(limit) => {
            limit.as_u64().filter(|limit| (1..=LARGEST_LIMIT).contains(limit)).ok_or_else(|| Failure::invalid("limit"))
        }
    }
}

/// A partition key: a typed value, as the helper module makes it, or a plain one, as the guide has it.
fn typed(key: &Value) -> Value {
    match key {
        Value::String(_) => json!({ "S": key }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::Object(map) => match map.get("N") {
            Some(Value::Number(number)) => json!({ "N": number.to_string() }),
            _ => key.clone(),
        },
        _ => key.clone(),
    }
}

//! The delta table: a record of every change, found by day and time (developer guide, "Delta sync table logging").

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::{Map, Value, json};

use super::{Item, KeyNames, metadata};
use crate::data_source::dynamodb::given;

/// What of a request shapes the keys of its record.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    /// `customPartitionKey`: the base table's partition key is part of the record's.
    custom: bool,
    /// `populateIndexFields`, which counts only beside `customPartitionKey`.
    index_fields: bool,
}

impl Layout {
    pub(super) fn of(request: &Map<String, Value>) -> Self {
        let named = |name: &str| given(request, name);
        let custom = named("customPartitionKey").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
        let index_fields = custom && named("populateIndexFields").and_then(Value::as_bool) == Some(true);
        Self { custom, index_fields }
    }
}

/// The record of a change: the item as it is now, under `ds_pk` and `ds_sk`, until `ttl_seconds`.
pub(super) fn record(
    source: &str,
    item: &Item,
    keys: &KeyNames,
    layout: &Layout,
    at: Moment,
    ttl_seconds: i64,
) -> Item {
    let value = |name: &str| item.get(name).map(text).unwrap_or_default();
    let version = metadata::version(item);
    let (hash, range) = (value(&keys.hash), keys.range.as_deref().map(value));
    let (time, day) = (at.time(), at.day());
    let whole = |separator: &str| match &range {
        Some(range) => format!("{hash}{separator}{range}"),
        None => hash.clone(),
    };
    let mut record = item.clone();
    let mut insert = |name: &str, value: String| record.insert(name.to_owned(), json!({ "S": value }));
    if layout.custom {
        insert("ds_pk", partition(source, day, Some(&hash)));
        insert("ds_sk", format!("{time}:{}:{version}", range.as_deref().unwrap_or(&hash)));
    } else {
        insert("ds_pk", partition(source, day, None));
        insert("ds_sk", format!("{time}:{}:{version}", whole(":")));
    }
    if layout.index_fields {
        insert("gsi_ds_pk", partition(source, day, None));
        insert("gsi_ds_sk", format!("{time}:{}:{version}", whole("#")));
    }
    record.insert(metadata::TTL.to_owned(), metadata::number(ttl_seconds));
    record
}

/// The partition of a day: `Comments:2019-01-01`, or `Comments:2019-01-01:1a` for one partition of the base table.
pub(super) fn partition(source: &str, day: NaiveDate, base_partition: Option<&str>) -> String {
    match base_partition {
        Some(key) => format!("{source}:{day}:{key}"),
        None => format!("{source}:{day}"),
    }
}

/// A value of a key as text.
pub(super) fn text(value: &Value) -> String {
    value.as_object().and_then(|value| value.values().next()?.as_str()).unwrap_or_default().to_owned()
}

/// A moment in UTC.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(DateTime<Utc>);

impl Moment {
    /// From epoch milliseconds; those beyond the calendar's end are its end.
    pub(super) fn of_millis(millis: i64) -> Self {
        let far = if millis < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        Self(DateTime::from_timestamp_millis(millis).unwrap_or(far))
    }

    pub(super) fn day(self) -> NaiveDate {
        self.0.date_naive()
    }

    /// Always with milliseconds, so that times sort as text.
    pub(super) fn time(self) -> String {
        self.0.format("%H:%M:%S%.3f").to_string()
    }
}

/// The day after; `None` at the end of the calendar.
pub(super) fn next_day(day: NaiveDate) -> Option<NaiveDate> {
    day.checked_add_days(Days::new(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(item: Value, range: Option<&str>, request: Value) -> Value {
        let keys = KeyNames { hash: "id".into(), range: range.map(str::to_owned) };
        let layout = Layout::of(request.as_object().unwrap());
        // 2019-11-23T00:44:11.417Z, from the developer guide's tutorial.
        let at = Moment::of_millis(1_574_469_851_417);
        let mut record = record("Posts", item.as_object().unwrap(), &keys, &layout, at, 1_574_473_451);
        record.retain(|name, _| name.contains("ds_") || name == "_ttl");
        Value::Object(record)
    }

    #[test]
    fn keys_are_those_of_the_developer_guide() {
        let item = json!({ "id": { "S": "1a" }, "sk": { "N": "2" }, "_version": { "N": "3" }, "_ttl": { "N": "1" } });
        let ttl = json!({ "N": "1574473451" });
        let custom = json!({ "customPartitionKey": "id" });
        let index = json!({ "customPartitionKey": "id", "populateIndexFields": true });
        let alone = json!({ "populateIndexFields": true });
        let cases = [
            (None, json!({}), json!({ "ds_pk": { "S": "Posts:2019-11-23" }, "ds_sk": { "S": "00:44:11.417:1a:3" } })),
            (None, alone, json!({ "ds_pk": { "S": "Posts:2019-11-23" }, "ds_sk": { "S": "00:44:11.417:1a:3" } })),
            (
                Some("sk"),
                json!({}),
                json!({ "ds_pk": { "S": "Posts:2019-11-23" }, "ds_sk": { "S": "00:44:11.417:1a:2:3" } }),
            ),
            (
                Some("sk"),
                custom,
                json!({ "ds_pk": { "S": "Posts:2019-11-23:1a" }, "ds_sk": { "S": "00:44:11.417:2:3" } }),
            ),
            (
                Some("sk"),
                index,
                json!({ "ds_pk": { "S": "Posts:2019-11-23:1a" }, "ds_sk": { "S": "00:44:11.417:2:3" },
                    "gsi_ds_pk": { "S": "Posts:2019-11-23" }, "gsi_ds_sk": { "S": "00:44:11.417:1a#2:3" } }),
            ),
        ];
        for (range, request, mut expected) in cases {
            expected["_ttl"] = ttl.clone();
            assert_eq!(recorded(item.clone(), range, request), expected);
        }
    }

    #[test]
    fn times_sort_as_text_and_no_moment_panics() {
        assert_eq!(Moment::of_millis(0).time(), "00:00:00.000");
        assert_eq!(Moment::of_millis(86_399_999).time(), "23:59:59.999");
        for extreme in [i64::MIN, i64::MAX] {
            let day = Moment::of_millis(extreme).day();
            assert_eq!(next_day(day).is_none(), extreme > 0);
        }
    }
}

//! The attributes that AppSync keeps on items of versioned data sources (developer guide, "Versioned data source
//! metadata").

use serde_json::{Map, Value, json};

use super::Item;
use crate::data_source::{Failure, dynamodb::given};

/// A counter that every change increases, from 1.
pub(super) const VERSION: &str = "_version";
/// When the item changed last, epoch milliseconds.
pub(super) const LAST_CHANGED_AT: &str = "_lastChangedAt";
/// True on the tombstone of a deleted item.
pub(super) const DELETED: &str = "_deleted";
/// When DynamoDB removes the item, epoch seconds.
pub(super) const TTL: &str = "_ttl";

const ALL: [&str; 4] = [VERSION, LAST_CHANGED_AT, DELETED, TTL];

/// The item's version; 0 for one that was not written through a versioned data source.
pub(super) fn version(item: &Item) -> i64 {
    item.get(VERSION).and_then(|value| value["N"].as_str()).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Marks `item` as the version that follows `previous`.
pub(super) fn stamp(item: &mut Item, previous: i64, now_millis: i64) {
    item.insert(VERSION.into(), number(previous.saturating_add(1)));
    item.insert(LAST_CHANGED_AT.into(), number(now_millis));
}

/// Makes `item` a tombstone.
pub(super) fn bury(item: &mut Item, ttl_seconds: i64) {
    item.insert(DELETED.into(), json!({ "BOOL": true }));
    item.insert(TTL.into(), number(ttl_seconds));
}

/// Drops what only AppSync may set.
pub(super) fn strip(item: &mut Item) {
    item.retain(|name, _| !ALL.contains(&name.as_str()));
}

pub(super) fn is_metadata(name: &str) -> bool {
    ALL.contains(&name)
}

pub(super) fn number(value: i64) -> Value {
    json!({ "N": value.to_string() })
}

/// Refuses a request that sets metadata itself: by an attribute, or by a name in its update expression.
pub(super) fn refuse_edits(request: &Map<String, Value>) -> Result<(), Failure> {
    let attributes = given(request, "attributeValues").and_then(Value::as_object);
    let update = given(request, "update").and_then(Value::as_object);
    let names = update.and_then(|update| given(update, "expressionNames")).and_then(Value::as_object);
    let text = update.and_then(|update| given(update, "expression")).and_then(Value::as_str).unwrap_or_default();
    let of_attributes = attributes.into_iter().flat_map(Map::keys).map(String::as_str);
    let of_names = names.into_iter().flat_map(Map::values).filter_map(Value::as_str);
    match of_attributes.chain(of_names).chain(words(text)).find(|name| is_metadata(name)) {
        // The text is from reports of AWS's answer, the type is the developer guide's.
        Some(name) => {
            Err(Failure::of_kind("BadRequest", format!("Updating {name} field can not be set from the client.")))
        }
        None => Ok(()),
    }
}

/// The names and placeholders in the text of an expression.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '#' | ':'))).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_appsyncs_alone() {
        let cases = [
            (json!({ "attributeValues": { "_version": { "N": 1 } } }), Some("_version")),
            (json!({ "attributeValues": { "title": { "S": "_version" } } }), None),
            (json!({ "update": { "expression": "SET _ttl = :t" } }), Some("_ttl")),
            (
                json!({ "update": { "expression": "REMOVE #d", "expressionNames": { "#d": "_deleted" } } }),
                Some("_deleted"),
            ),
            (json!({ "update": { "expression": "SET my_version = :v" } }), None),
            (json!({ "attributeValues": null, "update": null }), None),
        ];
        for (request, refused) in cases {
            let expected = refused.map(|name| {
                Failure::of_kind("BadRequest", format!("Updating {name} field can not be set from the client."))
            });
            assert_eq!(refuse_edits(request.as_object().unwrap()).err(), expected, "{request}");
        }
    }
}

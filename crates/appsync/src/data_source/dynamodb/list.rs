//! `Query` and `Scan`: a page of items, its count and the token of the next page.

use serde_json::{Map, Value, json};

use super::{DynamoDb, attribute::plain_map, expression::Input, failure, given, object};
use crate::data_source::{Call, Failure};

impl DynamoDb {
    pub(super) async fn query(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Value, Failure> {
        object(request, "query")?;
        let mut input = self.page(call, request)?;
        input.expression(request, "query", "KeyConditionExpression")?;
        input.copy(request, "scanIndexForward", "ScanIndexForward");
        self.items(call, "Query", input).await
    }

    pub(super) async fn scan(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Value, Failure> {
        let mut input = self.page(call, request)?;
        input.copy(request, "totalSegments", "TotalSegments");
        input.copy(request, "segment", "Segment");
        self.items(call, "Scan", input).await
    }

    fn page(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Input, Failure> {
        let mut input = Input::on(&self.table);
        input.copy(request, "index", "IndexName");
        input.copy(request, "limit", "Limit");
        input.copy(request, "consistentRead", "ConsistentRead");
        input.expression(request, "filter", "FilterExpression")?;
        input.expression(request, "projection", "ProjectionExpression")?;
        match (given(request, "select"), given(request, "index")) {
            (Some(select), _) => input.set("Select", select.clone()),
            (None, Some(_)) if given(request, "projection").is_none() => {
                input.set("Select", "ALL_PROJECTED_ATTRIBUTES");
            }
            _ => {}
        }
        if let Some(token) = given(request, "nextToken") {
            let token = token.as_str().unwrap_or_default();
            let start = self.tokens.open(token, &self.scope(call)).ok_or_else(|| {
                Failure::Document("Invalid nextToken: it belongs to another query, or is damaged.".to_owned())
            })?;
            input.set("ExclusiveStartKey", start);
        }
        Ok(input)
    }

    async fn items(&self, call: &Call<'_>, operation: &str, input: Input) -> Result<Value, Failure> {
        let answer = match self.send(operation, input.finish()).await {
            Ok(answer) => answer,
            Err(error) => return Err(failure(call, &error, Value::Null)),
        };
        let items = answer.get("Items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let items: Vec<Value> = items.iter().filter_map(Value::as_object).map(plain_map).collect();
        let next = answer.get("LastEvaluatedKey").filter(|key| !key.is_null());
        let next = next.map(|key| self.tokens.seal(key, &self.scope(call), call.clock));
        let scanned = answer.get("ScannedCount").cloned().unwrap_or_else(|| items.len().into());
        Ok(json!({ "items": items, "nextToken": next, "scannedCount": scanned }))
    }

    /// What a page token is good for: one field of one data source.
    pub(super) fn scope(&self, call: &Call<'_>) -> String {
        format!("{}\n{}\n{}", self.name, call.parent_type, call.field)
    }
}

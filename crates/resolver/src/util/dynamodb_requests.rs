//! `@aws-appsync/utils/dynamodb`: request documents for the DynamoDB data source from plain values.

use serde_json::{Map, Value, json};

use super::{
    Fault, Function, Scope,
    conditions::{document, key_document},
    dynamodb::{typed, typed_map},
    dynamodb_update, object_argument,
};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("dynamodb.get", |_, arguments| {
        let input = object_argument("dynamodb.get", arguments, 0)?;
        request("GetItem", input, &["consistentRead"]).key(input)?.projection(input)?.done()
    }),
    ("dynamodb.put", |_, arguments| {
        let input = object_argument("dynamodb.put", arguments, 0)?;
        request("PutItem", input, &["customPartitionKey", "populateIndexFields", "_version"])
            .key(input)?
            .item(input)?
            .condition(input)?
            .done()
    }),
    ("dynamodb.update", |_, arguments| {
        let input = object_argument("dynamodb.update", arguments, 0)?;
        request("UpdateItem", input, &["customPartitionKey", "populateIndexFields", "_version"])
            .key(input)?
            .update(input)?
            .condition(input)?
            .done()
    }),
    ("dynamodb.remove", |_, arguments| {
        let input = object_argument("dynamodb.remove", arguments, 0)?;
        request("DeleteItem", input, &["customPartitionKey", "populateIndexFields", "_version"])
            .key(input)?
            .condition(input)?
            .done()
    }),
    ("dynamodb.query", |_, arguments| {
        let input = object_argument("dynamodb.query", arguments, 0)?;
        let verbatim = ["index", "nextToken", "limit", "scanIndexForward", "consistentRead", "select"];
        request("Query", input, &verbatim).query(input)?.filter(input)?.projection(input)?.done()
    }),
    ("dynamodb.scan", |_, arguments| {
        let input = object_argument("dynamodb.scan", arguments, 0)?;
        let verbatim = ["index", "nextToken", "limit", "consistentRead", "select", "totalSegments", "segment"];
        request("Scan", input, &verbatim).filter(input)?.projection(input)?.done()
    }),
    ("dynamodb.sync", sync),
    ("dynamodb.batchGet", |_, arguments| {
        tables("dynamodb.batchGet", "BatchGetItem", arguments, |table| {
            let table = object("tables", table)?;
            let keys = list("keys", table.get("keys"), |key| object("key", key).map(typed_map).map(Value::Object))?;
            let mut request = Request(Map::new());
            request.0.insert("keys".into(), keys);
            copy(&mut request.0, table, &["consistentRead"]);
            request.projection(table)?.done()
        })
    }),
    ("dynamodb.batchPut", |_, arguments| tables("dynamodb.batchPut", "BatchPutItem", arguments, items)),
    ("dynamodb.batchDelete", |_, arguments| tables("dynamodb.batchDelete", "BatchDeleteItem", arguments, items)),
    ("dynamodb.transactGet", transact_get),
    ("dynamodb.transactWrite", transact_write),
];

/// A request document in the making.
struct Request(Map<String, Value>);

/// Starts a document; the fields named in `verbatim` are copied where the input has them.
fn request(operation: &str, input: &Map<String, Value>, verbatim: &[&str]) -> Request {
    let mut document = Map::new();
    document.insert("operation".into(), operation.into());
    copy(&mut document, input, verbatim);
    Request(document)
}

fn copy(document: &mut Map<String, Value>, input: &Map<String, Value>, names: &[&str]) {
    for name in names {
        if let Some(value) = input.get(*name) {
            document.insert((*name).into(), value.clone());
        }
    }
}

impl Request {
    fn set(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.into(), value);
        self
    }

    fn key(self, input: &Map<String, Value>) -> Result<Self, Fault> {
        let key = typed_map(required("key", input)?);
        Ok(self.set("key", key.into()))
    }

    fn item(self, input: &Map<String, Value>) -> Result<Self, Fault> {
        let item = typed_map(required("item", input)?);
        Ok(self.set("attributeValues", item.into()))
    }

    fn update(self, input: &Map<String, Value>) -> Result<Self, Fault> {
        let update = dynamodb_update::expression(required("update", input)?)?;
        Ok(self.set("update", update.into()))
    }

    fn query(self, input: &Map<String, Value>) -> Result<Self, Fault> {
        let query = key_document(required("query", input)?)?;
        Ok(self.set("query", query.into()))
    }

    fn condition(self, input: &Map<String, Value>) -> Result<Self, Fault> {
        self.conditions("condition", input)
    }

    fn filter(self, input: &Map<String, Value>) -> Result<Self, Fault> {
        self.conditions("filter", input)
    }

    /// An optional condition object; a null or empty one counts as left out.
    fn conditions(self, name: &str, input: &Map<String, Value>) -> Result<Self, Fault> {
        match input.get(name) {
            None | Some(Value::Null) => Ok(self),
            Some(Value::Object(conditions)) if conditions.is_empty() => Ok(self),
            Some(conditions) => {
                let expression = document(object(name, conditions)?)?;
                Ok(self.set(name, expression.into()))
            }
        }
    }

    /// `projection: ["id", "address.city"]`.
    fn projection(self, input: &Map<String, Value>) -> Result<Self, Fault> {
        let Some(paths) = input.get("projection").filter(|paths| !paths.is_null()) else { return Ok(self) };
        let mut names = dynamodb_update::Names::default();
        let mut expressions = Vec::new();
        for path in paths.as_array().ok_or_else(|| Fault::code("projection expects an array of strings"))? {
            let path = path.as_str().ok_or_else(|| Fault::code("projection expects an array of strings"))?;
            let steps = path.split('.').map(|step| {
                let (name, index) = step.split_at(step.find('[').unwrap_or(step.len()));
                format!("{}{index}", names.placeholder(name))
            });
            expressions.push(steps.collect::<Vec<_>>().join("."));
        }
        let projection = json!({ "expression": expressions.join(", "), "expressionNames": names.into_map() });
        Ok(self.set("projection", projection))
    }

    fn done(self) -> Result<Value, Fault> {
        Ok(Value::Object(self.0))
    }
}

fn sync(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let input = object_argument("dynamodb.sync", arguments, 0)?;
    let verbatim = ["deltaIndexName", "limit", "nextToken", "lastSync"];
    let mut request = request("Sync", input, &verbatim);
    if let Some(key) = input.get("basePartitionKey").filter(|key| !key.is_null()) {
        request.0.insert("basePartitionKey".into(), typed(key));
    }
    request.filter(input)?.done()
}

fn tables(
    function: &str,
    operation: &str,
    arguments: &[Value],
    make: fn(&Value) -> Result<Value, Fault>,
) -> Result<Value, Fault> {
    let input = object_argument(function, arguments, 0)?;
    let tables = required("tables", input)?.iter();
    let made = tables.map(|(name, table)| Ok((name.clone(), make(table)?))).collect::<Result<Map<_, _>, Fault>>()?;
    Ok(json!({ "operation": operation, "tables": made }))
}

fn items(table: &Value) -> Result<Value, Fault> {
    list("tables", Some(table), |item| object("item", item).map(typed_map).map(Value::Object))
}

fn transact_get(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let input = object_argument("dynamodb.transactGet", arguments, 0)?;
    let items = list("items", input.get("items"), |item| {
        let item = object("items", item)?;
        let mut request = Request(Map::new());
        copy(&mut request.0, item, &["table"]);
        request.key(item)?.projection(item)?.done()
    })?;
    Ok(json!({ "operation": "TransactGetItems", "transactItems": items }))
}

fn transact_write(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let input = object_argument("dynamodb.transactWrite", arguments, 0)?;
    let items = list("items", input.get("items"), |item| {
        let (kind, write) =
            object("items", item)?.iter().next().ok_or_else(|| Fault::code("items has an empty entry"))?;
        let write = object(kind, write)?;
        let verbatim = ["table"];
        match kind.as_str() {
            "putItem" => request("PutItem", write, &verbatim).key(write)?.item(write)?,
            "updateItem" => request("UpdateItem", write, &verbatim).key(write)?.update(write)?,
            "deleteItem" => request("DeleteItem", write, &verbatim).key(write)?,
            "conditionCheck" => request("ConditionCheck", write, &verbatim).key(write)?,
            _ => return Err(Fault::code(format!("Unsupported transaction item {kind}."))),
        }
        .condition(write)?
        .done()
    })?;
    Ok(json!({ "operation": "TransactWriteItems", "transactItems": items }))
}

fn required<'a>(name: &str, input: &'a Map<String, Value>) -> Result<&'a Map<String, Value>, Fault> {
    object(name, input.get(name).unwrap_or(&Value::Null))
}

fn object<'a>(name: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Fault> {
    value.as_object().ok_or_else(|| Fault::code(format!("{name} is expected to be an object")))
}

fn list(name: &str, values: Option<&Value>, make: impl Fn(&Value) -> Result<Value, Fault>) -> Result<Value, Fault> {
    let values = values.and_then(Value::as_array);
    let values = values.ok_or_else(|| Fault::code(format!("{name} is expected to be an array")))?;
    values.iter().map(make).collect::<Result<Vec<_>, _>>().map(Value::Array)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_make_request_documents() {
        for (path, input, expected) in [
            (
                "dynamodb.query",
                json!({
                    "query": { "id": { "eq": "a" }, "at": { "between": [1, 2] } },
                    "index": "byDate", "limit": 3, "nextToken": null, "filter": {},
                }),
                json!({
                    "operation": "Query", "index": "byDate", "limit": 3, "nextToken": null,
                    "query": {
                        "expression": "#id = :id_eq AND #at BETWEEN :at_between_0 AND :at_between_1",
                        "expressionNames": { "#id": "id", "#at": "at" },
                        "expressionValues": {
                            ":id_eq": { "S": "a" }, ":at_between_0": { "N": 1 }, ":at_between_1": { "N": 2 },
                        },
                    },
                }),
            ),
            (
                "dynamodb.get",
                json!({ "key": { "id": 1 }, "projection": ["a", "b.c[0]"] }),
                json!({
                    "operation": "GetItem", "key": { "id": { "N": 1 } },
                    "projection": {
                        "expression": "#expName_1, #expName_2.#expName_3[0]",
                        "expressionNames": { "#expName_1": "a", "#expName_2": "b", "#expName_3": "c" },
                    },
                }),
            ),
            (
                "dynamodb.remove",
                json!({ "key": { "id": 1 }, "condition": { "id": { "attributeExists": true } } }),
                json!({
                    "operation": "DeleteItem", "key": { "id": { "N": 1 } },
                    "condition": { "expression": "(attribute_exists(#id))", "expressionNames": { "#id": "id" } },
                }),
            ),
            (
                "dynamodb.batchGet",
                json!({ "tables": { "T": { "keys": [{ "id": 1 }], "consistentRead": true } } }),
                json!({
                    "operation": "BatchGetItem",
                    "tables": { "T": { "keys": [{ "id": { "N": 1 } }], "consistentRead": true } },
                }),
            ),
            (
                "dynamodb.transactWrite",
                json!({ "items": [
                    { "putItem": { "table": "T", "key": { "id": 1 }, "item": { "a": null } } },
                    { "deleteItem": { "table": "T", "key": { "id": 2 } } },
                ] }),
                json!({
                    "operation": "TransactWriteItems",
                    "transactItems": [
                        {
                            "operation": "PutItem", "table": "T", "key": { "id": { "N": 1 } },
                            "attributeValues": { "a": { "NULL": null } },
                        },
                        { "operation": "DeleteItem", "table": "T", "key": { "id": { "N": 2 } } },
                    ],
                }),
            ),
        ] {
            let answer = super::super::find(path).unwrap()(&mut Scope::default(), &[input]);
            assert_eq!(answer, Ok(expected), "{path}");
        }
    }

    #[test]
    fn a_missing_key_is_an_error() {
        for (path, _) in FUNCTIONS.iter().filter(|(path, _)| !matches!(*path, "dynamodb.scan" | "dynamodb.sync")) {
            assert!(super::super::find(path).unwrap()(&mut Scope::default(), &[json!({})]).is_err(), "{path}");
        }
    }
}

//! `util.transform.toElasticsearchQueryDSL`: a condition object as a query of OpenSearch.
//!
//! The shapes of `ne`, `range`, `eq`, `wildcard` and of `must` are those of the developer guide's example; the other
//! operators are those of `OpenSearchQueryObject` in `@aws-appsync/utils`, as OpenSearch spells them.

use serde_json::{Map, Value, json};

use super::{Fault, Function, object_argument};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[("util.transform.toElasticsearchQueryDSL", |_, arguments| {
    let conditions = object_argument("util.transform.toElasticsearchQueryDSL", arguments, 0)?;
    Ok(query(conditions)?.to_string().into())
})];

/// All conditions together.
fn query(conditions: &Map<String, Value>) -> Result<Value, Fault> {
    let clauses = conditions.iter().map(|(name, condition)| match name.as_str() {
        "and" => Ok(all_of(members(name, condition)?)),
        "or" => Ok(json!({ "bool": { "should": members(name, condition)? } })),
        "not" => Ok(none_of(query(object(name, condition)?)?)),
        field => {
            let tests = object(field, condition)?.iter().map(|(operator, operand)| test(field, operator, operand));
            Ok(all_of(tests.collect::<Result<_, _>>()?))
        }
    });
    Ok(all_of(clauses.collect::<Result<_, Fault>>()?))
}

/// A single clause stands for itself.
fn all_of(mut clauses: Vec<Value>) -> Value {
    match (clauses.len(), clauses.pop()) {
        (1, Some(clause)) => clause,
        (_, last) => {
            clauses.extend(last);
            json!({ "bool": { "must": clauses } })
        }
    }
}

fn none_of(clause: Value) -> Value {
    json!({ "bool": { "must_not": clause } })
}

fn test(field: &str, operator: &str, operand: &Value) -> Result<Value, Fault> {
    let named = |query: &str, value: Value| json!({ query: { field: value } });
    Ok(match operator {
        "eq" => named("term", operand.clone()),
        "ne" => none_of(named("term", operand.clone())),
        "gt" | "gte" | "lt" | "lte" => named("range", json!({ operator: operand })),
        "range" => match operand.as_array().map(Vec::as_slice) {
            Some([low, high]) => named("range", json!({ "gte": low, "lte": high })),
            _ => return Err(Fault::code(format!("{field}.range expects an array with 2 values"))),
        },
        "match" | "wildcard" | "regexp" => named(operator, operand.clone()),
        "matchPhrase" => named("match_phrase", operand.clone()),
        "matchPhrasePrefix" => named("match_phrase_prefix", operand.clone()),
        "multiMatch" => json!({ "multi_match": { "query": operand, "fields": [field] } }),
        "exists" => match operand.as_bool() {
            Some(true) => json!({ "exists": { "field": field } }),
            Some(false) => none_of(json!({ "exists": { "field": field } })),
            None => return Err(Fault::code(format!("{field}.exists expects a boolean"))),
        },
        _ => return Err(Fault::code(format!("Unsupported condition {field}.{operator}."))),
    })
}

fn members(name: &str, conditions: &Value) -> Result<Vec<Value>, Fault> {
    let members = conditions.as_array().ok_or_else(|| Fault::code(format!("{name} expects an array")))?;
    members.iter().map(|member| query(object(name, member)?)).collect()
}

fn object<'a>(field: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Fault> {
    value.as_object().ok_or_else(|| Fault::code(format!("{field} expects a condition object")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::{Scope, find};

    fn call(conditions: &Value) -> Result<Value, Fault> {
        let function = find("util.transform.toElasticsearchQueryDSL").unwrap();
        function(&mut Scope::default(), std::slice::from_ref(conditions))
    }

    #[test]
    fn conditions_become_queries() {
        for (conditions, expected) in [
            // The guide's example.
            (
                json!({ "upvotes": { "ne": 15, "range": [10, 20] }, "title": { "eq": "hihihi", "wildcard": "h*i" } }),
                json!({ "bool": { "must": [
                    { "bool": { "must": [
                        { "bool": { "must_not": { "term": { "upvotes": 15 } } } },
                        { "range": { "upvotes": { "gte": 10, "lte": 20 } } },
                    ] } },
                    { "bool": { "must": [{ "term": { "title": "hihihi" } }, { "wildcard": { "title": "h*i" } }] } },
                ] } }),
            ),
            (json!({}), json!({ "bool": { "must": [] } })),
            (json!({ "a": { "gt": 1 } }), json!({ "range": { "a": { "gt": 1 } } })),
            (json!({ "a": { "matchPhrase": "x y" } }), json!({ "match_phrase": { "a": "x y" } })),
            (json!({ "a": { "matchPhrasePrefix": "x" } }), json!({ "match_phrase_prefix": { "a": "x" } })),
            (json!({ "a": { "multiMatch": "x" } }), json!({ "multi_match": { "query": "x", "fields": ["a"] } })),
            (json!({ "a": { "exists": false } }), json!({ "bool": { "must_not": { "exists": { "field": "a" } } } })),
            (
                json!({ "or": [{ "a": { "eq": 1 } }, { "not": { "b": { "regexp": "c.*" } } }] }),
                json!({ "bool": { "should": [
                    { "term": { "a": 1 } },
                    { "bool": { "must_not": { "regexp": { "b": "c.*" } } } },
                ] } }),
            ),
            (
                json!({ "and": [{ "a": { "match": "x" } }, { "b": { "lte": 2 } }] }),
                json!({ "bool": { "must": [{ "match": { "a": "x" } }, { "range": { "b": { "lte": 2 } } }] } }),
            ),
        ] {
            assert_eq!(call(&conditions), Ok(expected.to_string().into()), "{conditions}");
        }
    }

    #[test]
    fn wrong_conditions_are_errors() {
        for conditions in [
            json!(1),
            json!({ "a": 1 }),
            json!({ "a": { "like": 1 } }),
            json!({ "a": { "range": [1] } }),
            json!({ "a": { "exists": "x" } }),
            json!({ "or": {} }),
            json!({ "and": [1] }),
            json!({ "not": [] }),
        ] {
            assert!(call(&conditions).is_err(), "{conditions}");
        }
    }
}

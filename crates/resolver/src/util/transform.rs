//! `util.transform.toSubscriptionFilter`: a condition object as groups of subscription filters.

use serde_json::{Map, Value, json};

use super::{Fault, Function, Scope, argument, object_argument};

/// How many filters one transformation may make.
const FILTERS: usize = 1_000;

const OPERATORS: &[&str] = &[
    "eq",
    "ne",
    "le",
    "lt",
    "ge",
    "gt",
    "contains",
    "notContains",
    "beginsWith",
    "in",
    "notIn",
    "between",
    "containsAny",
];

pub(super) const FUNCTIONS: &[(&str, Function)] = &[("util.transform.toSubscriptionFilter", to_subscription_filter)];

/// Filters that must all hold; a list of these is a choice.
type Group = Vec<Value>;

/// `(filter, ignoredFields?, rules?)`. Rules hold in every group.
fn to_subscription_filter(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let filter = object_argument("util.transform.toSubscriptionFilter", arguments, 0)?;
    let ignored: Vec<&str> =
        argument(arguments, 1).as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut groups = groups_of(filter, &ignored)?;
    if let Some(rules) = argument(arguments, 2).as_object() {
        groups = both(&groups, &groups_of(rules, &[])?)?;
    }
    let groups: Vec<Value> = groups.into_iter().map(|filters| json!({ "filters": filters })).collect();
    Ok(json!({ "filterGroup": groups }))
}

/// The disjunctive normal form of a condition object.
fn groups_of(conditions: &Map<String, Value>, ignored: &[&str]) -> Result<Vec<Group>, Fault> {
    let mut groups = vec![Group::new()];
    for (field, condition) in conditions {
        let more = match field.as_str() {
            "and" => members(field, condition)?.iter().try_fold(vec![Group::new()], |groups, member| {
                both(&groups, &groups_of(object(field, member)?, ignored)?)
            })?,
            "or" => {
                let choices = members(field, condition)?.iter();
                let choices = choices.map(|member| groups_of(object(field, member)?, ignored));
                choices.collect::<Result<Vec<_>, _>>()?.concat()
            }
            name if ignored.contains(&name) => continue,
            _ => vec![filters_of(field, object(field, condition)?)?],
        };
        groups = both(&groups, &more)?;
    }
    Ok(groups)
}

fn filters_of(field: &str, condition: &Map<String, Value>) -> Result<Group, Fault> {
    let filters = condition.iter().map(|(operator, value)| {
        if !OPERATORS.contains(&operator.as_str()) {
            return Err(Fault::code(format!("Unsupported condition {field}.{operator}.")));
        }
        Ok(json!({ "fieldName": field, "operator": operator, "value": value }))
    });
    filters.collect()
}

/// The groups of which one from each side must hold.
fn both(left: &[Group], right: &[Group]) -> Result<Vec<Group>, Fault> {
    let size = |groups: &[Group]| groups.iter().map(Vec::len).sum::<usize>().max(groups.len());
    if size(left).saturating_mul(right.len()).saturating_add(size(right).saturating_mul(left.len())) > FILTERS {
        return Err(Fault::code(format!("the subscription filter has more than {FILTERS} filters")));
    }
    Ok(left.iter().flat_map(|left| right.iter().map(move |right| [left.as_slice(), right].concat())).collect())
}

fn members<'a>(field: &str, value: &'a Value) -> Result<&'a Vec<Value>, Fault> {
    value.as_array().ok_or_else(|| Fault::code(format!("{field} expects an array")))
}

fn object<'a>(field: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Fault> {
    value.as_object().ok_or_else(|| Fault::code(format!("{field} expects a condition object")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_become_groups() {
        let filter = json!({
            "secret": { "eq": 1 },
            "severity": { "ge": 7 },
            "or": [{ "kind": { "eq": "a" } }, { "kind": { "in": ["b", "c"] } }],
        });
        let answer =
            to_subscription_filter(&mut Scope::default(), &[filter, json!(["secret"]), json!({ "o": { "eq": "me" } })]);
        let severity = json!({ "fieldName": "severity", "operator": "ge", "value": 7 });
        let owner = json!({ "fieldName": "o", "operator": "eq", "value": "me" });
        let first = json!({ "fieldName": "kind", "operator": "eq", "value": "a" });
        let second = json!({ "fieldName": "kind", "operator": "in", "value": ["b", "c"] });
        assert_eq!(
            answer.unwrap(),
            json!({ "filterGroup": [
                { "filters": [severity, first, owner] },
                { "filters": [severity, second, owner] },
            ] }),
        );
    }

    #[test]
    fn an_explosion_is_an_error() {
        let choice = json!({ "or": [{ "a": { "eq": 1 } }, { "a": { "eq": 2 } }] });
        let filter = json!({ "and": vec![choice; 30] });
        assert!(to_subscription_filter(&mut Scope::default(), &[filter]).is_err());
    }
}

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
    // The guide's examples have these two, the filters of subscriptions do not.
    "lte",
    "gte",
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

/// `(filter, ignoredFields?, rules?)`: of the rules, one must hold in every group.
fn to_subscription_filter(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let filter = object_argument("util.transform.toSubscriptionFilter", arguments, 0)?;
    let ignored: Vec<&str> =
        argument(arguments, 1).as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut groups = groups_of(filter, &ignored)?.unwrap_or_else(anything);
    if let Some(rules) = argument(arguments, 2).as_object().filter(|rules| !rules.is_empty()) {
        groups = both(&groups, &alternatives(rules)?)?;
    }
    let groups: Vec<Value> = groups.into_iter().map(|filters| json!({ "filters": filters })).collect();
    Ok(json!({ "filterGroup": groups }))
}

/// One group for each condition of the rules.
fn alternatives(rules: &Map<String, Value>) -> Result<Vec<Group>, Fault> {
    let groups = rules.iter().map(|(field, condition)| filters_of(field, object(field, condition)?));
    Ok(groups.collect::<Result<Vec<_>, _>>()?.concat())
}

/// The disjunctive normal form of a condition object; nothing where all its fields are ignored.
fn groups_of(conditions: &Map<String, Value>, ignored: &[&str]) -> Result<Option<Vec<Group>>, Fault> {
    let mut groups = None;
    for (field, condition) in conditions {
        let more = match field.as_str() {
            "and" => {
                let mut all = None;
                for member in members(field, condition)? {
                    all = and(all, groups_of(object(field, member)?, ignored)?)?;
                }
                all
            }
            "or" => either(field, members(field, condition)?, ignored)?,
            name if ignored.contains(&name) => None,
            _ => Some(filters_of(field, object(field, condition)?)?),
        };
        groups = and(groups, more)?;
    }
    Ok(groups)
}

/// One of the members must hold. Those whose fields are all ignored are no choice: they would let everything pass.
fn either(field: &str, members: &[Value], ignored: &[&str]) -> Result<Option<Vec<Group>>, Fault> {
    let choices = members.iter().map(|member| groups_of(object(field, member)?, ignored));
    let choices: Vec<Vec<Group>> = choices.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    Ok((!choices.is_empty() || members.is_empty()).then(|| choices.concat()))
}

fn and(left: Option<Vec<Group>>, right: Option<Vec<Group>>) -> Result<Option<Vec<Group>>, Fault> {
    match (left, right) {
        (Some(left), Some(right)) => both(&left, &right).map(Some),
        (left, right) => Ok(left.or(right)),
    }
}

/// The groups of no condition.
fn anything() -> Vec<Group> {
    vec![Group::new()]
}

/// A group for each operator: several of one field are a choice (developer guide, "Subscription filter arguments").
fn filters_of(field: &str, condition: &Map<String, Value>) -> Result<Vec<Group>, Fault> {
    let groups = condition.iter().map(|(operator, value)| {
        if !OPERATORS.contains(&operator.as_str()) {
            return Err(Fault::code(format!("Unsupported condition {field}.{operator}.")));
        }
        Ok(vec![json!({ "fieldName": field, "operator": operator, "value": value })])
    });
    groups.collect()
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

    /// `field operator value` of each filter of each group.
    fn groups(arguments: &[Value]) -> Vec<Vec<String>> {
        let answer = to_subscription_filter(&mut Scope::default(), arguments).unwrap();
        let groups = answer["filterGroup"].as_array().unwrap().iter();
        let filters = groups.map(|group| group["filters"].as_array().unwrap().iter());
        let shown = |filter: &Value| {
            let text = |name: &str| filter[name].as_str().unwrap().to_owned();
            format!("{} {} {}", text("fieldName"), text("operator"), filter["value"])
        };
        filters.map(|filters| filters.map(shown).collect()).collect()
    }

    /// The guide's examples ("Subscription filter arguments").
    #[test]
    fn the_examples_of_the_guide_hold() {
        let filter = json!({
            "percentageUp": { "lte": 50, "gte": 20 },
            "and": [{ "title": { "ne": "Book1" } }, { "downvotes": { "gt": 2000 } }],
            "or": [{ "author": { "eq": "Admin" } }, { "isPublished": { "eq": false } }],
        });
        let (title, votes) = ("title ne \"Book1\"", "downvotes gt 2000");
        let (author, published) = ("author eq \"Admin\"", "isPublished eq false");
        assert_eq!(
            groups(std::slice::from_ref(&filter)),
            [
                ["percentageUp lte 50", title, votes, author],
                ["percentageUp lte 50", title, votes, published],
                ["percentageUp gte 20", title, votes, author],
                ["percentageUp gte 20", title, votes, published],
            ]
        );
        let ignored = json!(["percentageUp", "author"]);
        assert_eq!(groups(&[filter.clone(), ignored.clone()]), [[title, votes, published]]);
        let rules = json!({ "upvotes": { "gte": 250 }, "author": { "eq": "Person1" } });
        assert_eq!(
            groups(&[filter, ignored, rules]),
            [[title, votes, published, "upvotes gte 250"], [title, votes, published, "author eq \"Person1\""]]
        );
    }

    #[test]
    fn ignored_fields_leave_the_rules() {
        let filter = json!({ "or": [{ "owner": { "eq": "x" } }, { "and": [{ "owner": { "eq": "y" } }] }] });
        let ignored = json!(["owner"]);
        assert_eq!(groups(&[filter.clone(), ignored.clone()]), [[""; 0]]);
        assert_eq!(groups(&[filter, ignored, json!({ "owner": { "eq": "me" } })]), [["owner eq \"me\""]]);
        assert_eq!(groups(&[json!({}), Value::Null, json!({})]), [[""; 0]]);
        assert!(groups(&[json!({ "or": [] })]).is_empty());
    }

    #[test]
    fn an_explosion_is_an_error() {
        let choice = json!({ "or": [{ "a": { "eq": 1 } }, { "a": { "eq": 2 } }] });
        let filter = json!({ "and": vec![choice; 30] });
        assert!(to_subscription_filter(&mut Scope::default(), &[filter]).is_err());
    }
}

//! Enhanced filters: `extensions.setSubscriptionFilter` and invalidation (developer guide, "Enhanced filtering").

use serde_json::Value;

use super::equality::same;

/// Groups of a filter (AppSync quota).
const GROUPS: usize = 10;
/// Distinct fields of one group (AppSync quota).
const FIELDS: usize = 5;
/// Steps of a field name; deeper names match nothing.
const STEPS: usize = 5;
/// Values of `in` and `notIn`.
const LISTED: usize = 5;
/// Values of `containsAny`.
const CONTAINED: usize = 20;

/// A filter: groups joined by OR, conditions within a group by AND.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filter(Vec<Vec<Condition>>);

#[derive(Debug, Clone, PartialEq)]
struct Condition {
    field: String,
    operator: Operator,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Eq,
    Ne,
    Le,
    Lt,
    Ge,
    Gt,
    Contains,
    NotContains,
    BeginsWith,
    In,
    NotIn,
    Between,
    ContainsAny,
}

impl Filter {
    /// Reads `{"filterGroup": [{"filters": [{"fieldName", "operator", "value"}]}]}`; an error is what is wrong.
    pub(super) fn parse(filter: &Value) -> Result<Self, String> {
        // `util.transform.toSubscriptionFilter` gives the object, but JSON text is taken as well.
        if let Some(text) = filter.as_str() {
            let parsed: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
            return if parsed.is_string() { Err("filter is not an object".to_owned()) } else { Self::parse(&parsed) };
        }
        let groups = filter.get("filterGroup").and_then(Value::as_array).ok_or("filterGroup is missing")?;
        if groups.len() > GROUPS {
            return Err("Filters combination exceed maximum limit 10 for subscription.".to_owned());
        }
        groups.iter().map(group).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a payload passes. Payloads that are lists never do.
    pub(super) fn passes(&self, payload: &Value) -> bool {
        payload.is_object() && self.0.iter().any(|group| group.iter().all(|condition| condition.passes(payload)))
    }
}

fn group(group: &Value) -> Result<Vec<Condition>, String> {
    let filters = group.get("filters").and_then(Value::as_array).ok_or("filters is missing")?;
    let conditions: Vec<Condition> = filters.iter().map(Condition::parse).collect::<Result<_, _>>()?;
    let mut names: Vec<&str> = conditions.iter().map(|condition| condition.field.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > FIELDS {
        return Err("Filters exceed maximum attributes limit 5 for filter group.".to_owned());
    }
    Ok(conditions)
}

impl Condition {
    fn parse(condition: &Value) -> Result<Self, String> {
        let text = |name: &str| {
            let value = condition.get(name).and_then(Value::as_str);
            value.ok_or_else(|| format!("{name} is missing"))
        };
        let field = text("fieldName")?.to_owned();
        let operator = Operator::parse(text("operator")?)?;
        let value = condition.get("value").cloned().unwrap_or_default();
        let length = value.as_array().map(Vec::len);
        let fits = match operator {
            Operator::In | Operator::NotIn => length.is_some_and(|length| length <= LISTED),
            Operator::ContainsAny => length.is_some_and(|length| length <= CONTAINED),
            Operator::Between => length == Some(2),
            _ => true,
        };
        if fits { Ok(Self { field, operator, value }) } else { Err(format!("value of '{field}' is not valid")) }
    }

    fn passes(&self, payload: &Value) -> bool {
        let mut actual = payload;
        for (step, name) in self.field.split('.').enumerate() {
            if step >= STEPS {
                return false;
            }
            actual = actual.get(name).unwrap_or(&Value::Null);
        }
        self.operator.holds(actual, &self.value)
    }
}

impl Operator {
    fn parse(name: &str) -> Result<Self, String> {
        Ok(match name {
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "le" => Self::Le,
            "lt" => Self::Lt,
            "ge" => Self::Ge,
            "gt" => Self::Gt,
            "contains" => Self::Contains,
            "notContains" => Self::NotContains,
            "beginsWith" => Self::BeginsWith,
            "in" => Self::In,
            "notIn" => Self::NotIn,
            "between" => Self::Between,
            "containsAny" => Self::ContainsAny,
            other => return Err(format!("unknown operator '{other}'")),
        })
    }

    fn holds(self, actual: &Value, value: &Value) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let order = |value: &Value| compare(actual, value);
        let listed = || value.as_array().is_some_and(|all| all.iter().any(|each| same(each, actual)));
        match self {
            Self::Eq => same(value, actual),
            Self::Ne => !same(value, actual),
            Self::Le => matches!(order(value), Some(Less | Equal)),
            Self::Lt => order(value) == Some(Less),
            Self::Ge => matches!(order(value), Some(Greater | Equal)),
            Self::Gt => order(value) == Some(Greater),
            Self::Contains => contains(actual, value),
            Self::NotContains => !contains(actual, value),
            Self::BeginsWith => {
                actual.as_str().zip(value.as_str()).is_some_and(|(actual, start)| actual.starts_with(start))
            }
            Self::In => listed(),
            Self::NotIn => !listed(),
            Self::Between => {
                matches!(order(&value[0]), Some(Greater | Equal)) && matches!(order(&value[1]), Some(Less | Equal))
            }
            Self::ContainsAny => value.as_array().is_some_and(|all| all.iter().any(|each| contains(actual, each))),
        }
    }
}

fn compare(actual: &Value, value: &Value) -> Option<std::cmp::Ordering> {
    match (actual, value) {
        (Value::String(actual), Value::String(value)) => Some(actual.cmp(value)),
        (actual, value) => actual.as_f64()?.partial_cmp(&value.as_f64()?),
    }
}

/// A substring of a text, or a member of a list.
fn contains(actual: &Value, value: &Value) -> bool {
    match actual {
        Value::String(text) => value.as_str().is_some_and(|part| text.contains(part)),
        Value::Array(items) => items.iter().any(|item| same(value, item)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(field: &str, operator: &str, value: Value) -> Filter {
        let condition = json!({"fieldName": field, "operator": operator, "value": value});
        Filter::parse(&json!({"filterGroup": [{"filters": [condition]}]})).unwrap()
    }

    #[test]
    fn operators() {
        let payload = json!({"n": 5, "s": "stepwell", "tags": ["a", "b"], "in": {"side": true}});
        for (field, operator, value, expected) in [
            ("n", "eq", json!(5.0), true),
            ("n", "ne", json!(5), false),
            ("n", "le", json!(5), true),
            ("n", "lt", json!(5), false),
            ("n", "gt", json!(4), true),
            ("n", "gt", json!("4"), false),
            ("n", "between", json!([5, 6]), true),
            ("n", "in", json!([1, 5]), true),
            ("n", "notIn", json!([1, 5]), false),
            ("s", "beginsWith", json!("step"), true),
            ("s", "contains", json!("well"), true),
            ("s", "notContains", json!("well"), false),
            ("tags", "contains", json!("a"), true),
            ("tags", "containsAny", json!(["z", "b"]), true),
            ("in.side", "eq", json!(true), true),
            ("in.out", "eq", json!(true), false),
        ] {
            assert_eq!(one(field, operator, value.clone()).passes(&payload), expected, "{field} {operator} {value}");
        }
    }

    #[test]
    fn groups_are_alternatives() {
        let condition = |value: i32| json!({"filters": [{"fieldName": "n", "operator": "eq", "value": value}]});
        let filter = Filter::parse(&json!({"filterGroup": [condition(1), condition(2)]})).unwrap();
        assert!(filter.passes(&json!({"n": 2})));
        assert!(!filter.passes(&json!({"n": 3})));
        assert!(!filter.passes(&json!([{"n": 2}])));
    }

    #[test]
    fn limits_have_datastores_words() {
        let many: Vec<Value> =
            (0..6).map(|n| json!({"fieldName": format!("f{n}"), "operator": "eq", "value": 1})).collect();
        let error = Filter::parse(&json!({"filterGroup": [{"filters": many}]})).unwrap_err();
        assert!(error.contains("Filters exceed maximum attributes limit"), "{error}");
        let groups = vec![json!({"filters": []}); 11];
        let error = Filter::parse(&json!({"filterGroup": groups})).unwrap_err();
        assert!(error.contains("Filters combination exceed maximum limit"), "{error}");
    }
}

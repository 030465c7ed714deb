//! From the JSON of a pattern to its compiled form, with the reasons that EventBridge gives for refusing one.
//!
//! The reasons are EventBridge's as commonly seen, without the position that AWS appends.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::{
    Fields, MAX_DEPTH, Node,
    comparison::{Cidr, Comparison, Order, Text},
    wildcard::Wildcard,
};

type Parsed<T> = Result<T, String>;

/// Numbers of `numeric` must lie within this distance of zero.
const MAX_NUMBER: f64 = 5e9;

pub(super) fn fields(pattern: &Value, depth: usize) -> Parsed<Fields> {
    let Value::Object(object) = pattern else { return Err("Filter is not an object".to_owned()) };
    if object.is_empty() {
        return Err("Empty objects are not allowed".to_owned());
    }
    if depth == MAX_DEPTH {
        return Err(format!("Event pattern is nested deeper than {MAX_DEPTH} levels"));
    }
    let mut parsed = Fields::default();
    for (name, value) in object {
        match value {
            Value::Array(any) if name == "$or" && any.iter().all(Value::is_object) => {
                parsed.alternatives.push(alternatives(any, depth)?);
            }
            Value::Array(any) => parsed.fields.push((name.clone(), leaf(any)?)),
            Value::Object(_) => parsed.fields.push((name.clone(), Node::Object(fields(value, depth + 1)?))),
            _ => return Err(format!("\"{name}\" must be an object or an array")),
        }
    }
    Ok(parsed)
}

fn alternatives(any: &[Value], depth: usize) -> Parsed<Vec<Fields>> {
    if any.len() < 2 {
        return Err("There must have at least 2 Objects in $or relationship.".to_owned());
    }
    any.iter().map(|alternative| fields(alternative, depth + 1)).collect()
}

fn leaf(any: &[Value]) -> Parsed<Node> {
    if any.is_empty() {
        return Err("Empty arrays are not allowed".to_owned());
    }
    any.iter().map(comparison).collect::<Parsed<_>>().map(Node::Leaf)
}

fn comparison(value: &Value) -> Parsed<Comparison> {
    match value {
        Value::Object(object) => {
            let (operator, operand) = only_entry(object, "Only one key allowed in match expression")?;
            operation(operator, operand)
        }
        Value::Array(_) => Err("Match value must be String, number, true, false, or null".to_owned()),
        literal => Ok(Comparison::Exactly(literal.clone())),
    }
}

fn only_entry<'a>(object: &'a Map<String, Value>, otherwise: &str) -> Parsed<(&'a str, &'a Value)> {
    let mut entries = object.iter();
    match (entries.next(), entries.next()) {
        (Some((name, value)), None) => Ok((name, value)),
        _ => Err(otherwise.to_owned()),
    }
}

fn operation(operator: &str, operand: &Value) -> Parsed<Comparison> {
    match operator {
        "exists" => match operand {
            Value::Bool(wanted) => Ok(Comparison::Exists(*wanted)),
            _ => Err("exists match pattern must be either true or false.".to_owned()),
        },
        "numeric" => numeric(operand),
        "cidr" => match operand {
            Value::String(text) => cidr(text),
            _ => Err("prefix match pattern must be a string".to_owned()),
        },
        "anything-but" => anything_but(operand),
        _ => text_operation(operator, operand).map(Comparison::Text),
    }
}

fn text_operation(operator: &str, operand: &Value) -> Parsed<Text> {
    match (operator, operand) {
        ("prefix", Value::String(text)) => Ok(Text::Prefix(text.clone())),
        ("suffix", Value::String(text)) => Ok(Text::Suffix(text.clone())),
        ("equals-ignore-case", Value::String(text)) => Ok(Text::EqualsIgnoreCase(text.to_lowercase())),
        ("wildcard", Value::String(text)) => Wildcard::parse(text).map(Text::Wildcard),
        ("prefix" | "suffix", Value::Object(object)) => {
            match only_entry(object, "Only one key allowed in match expression")? {
                ("equals-ignore-case", Value::String(text)) if operator == "prefix" => {
                    Ok(Text::PrefixIgnoreCase(text.to_lowercase()))
                }
                ("equals-ignore-case", Value::String(text)) => Ok(Text::SuffixIgnoreCase(text.to_lowercase())),
                (other, _) => Err(format!("Unsupported {operator} pattern: {other}")),
            }
        }
        ("prefix" | "suffix" | "equals-ignore-case" | "wildcard", _) => {
            Err(format!("{operator} match pattern must be a string"))
        }
        _ => Err(format!("Unrecognized match type {operator}")),
    }
}

/// `["=", 5]`, `["<", 10]` or a range `[">", 0, "<=", 5]`.
fn numeric(operand: &Value) -> Parsed<Comparison> {
    let Value::Array(parts) = operand else { return Err("Value of numeric must be an array.".to_owned()) };
    let mut limits = Vec::new();
    for pair in parts.chunks(2) {
        let [operator, limit] = pair else { return Err("Value of numeric must be numeric.".to_owned()) };
        let order = match operator.as_str() {
            Some("=") => Order::Equal,
            Some("<") => Order::Less,
            Some("<=") => Order::LessOrEqual,
            Some(">") => Order::Greater,
            Some(">=") => Order::GreaterOrEqual,
            _ => return Err(format!("Unrecognized numeric range operator: {operator}")),
        };
        let limit = limit.as_f64().ok_or("Value of numeric must be numeric.")?;
        if limit.abs() > MAX_NUMBER {
            return Err(format!("Value must be between {} and {}, inclusive", -MAX_NUMBER, MAX_NUMBER));
        }
        limits.push((order, limit));
    }
    use Order::{Equal, Greater, GreaterOrEqual as AtLeast, Less, LessOrEqual as AtMost};
    match limits[..] {
        [] => Err("Invalid member in numeric match: ]".to_owned()),
        [_] => Ok(Comparison::Numeric(limits)),
        [(Equal, _), ..] | [_, _, _, ..] => Err("Too many elements in numeric expression".to_owned()),
        [(Greater | AtLeast, bottom), (Less | AtMost, top)] if bottom < top => Ok(Comparison::Numeric(limits)),
        [(Greater | AtLeast, _), (Less | AtMost, _)] => Err("Bottom must be less than top".to_owned()),
        _ => Err("Bad numeric range operator".to_owned()),
    }
}

fn cidr(text: &str) -> Parsed<Comparison> {
    let invalid = |reason: &str| format!("Malformed CIDR, {reason}");
    let (network, bits) = text.split_once('/').ok_or_else(|| invalid("one '/' required"))?;
    let network: IpAddr = network.parse().map_err(|_| format!("Nonstandard IP address: {network}"))?;
    let most = if network.is_ipv4() { 32 } else { 128 };
    let bits = bits.parse().map_err(|_| invalid("mask bits must be an integer"))?;
    if bits > most {
        return Err(invalid(&format!("mask bits must be <= {most}")));
    }
    Ok(Comparison::Cidr(Cidr { network, bits }))
}

fn anything_but(operand: &Value) -> Parsed<Comparison> {
    let excluded = match operand {
        Value::Object(object) => {
            let (operator, operand) = only_entry(object, "Only one key allowed in match expression")?;
            if !matches!(operator, "prefix" | "suffix" | "equals-ignore-case" | "wildcard") {
                return Err(format!("Unsupported anything-but pattern: {operator}"));
            }
            one_or_more(operand)?
                .into_iter()
                .map(|operand| text_operation(operator, operand).map(Comparison::Text))
                .collect::<Parsed<_>>()?
        }
        _ => one_or_more(operand)?.into_iter().map(excluded_literal).collect::<Parsed<_>>()?,
    };
    Ok(Comparison::AnythingBut(excluded))
}

fn one_or_more(operand: &Value) -> Parsed<Vec<&Value>> {
    match operand {
        Value::Array(items) if items.is_empty() => Err("Empty arrays are not allowed".to_owned()),
        Value::Array(items) => Ok(items.iter().collect()),
        one => Ok(vec![one]),
    }
}

fn excluded_literal(value: &Value) -> Parsed<Comparison> {
    match value {
        Value::String(_) | Value::Number(_) => Ok(Comparison::Exactly(value.clone())),
        _ => Err("Inside anything but list, start|null|boolean is not supported.".to_owned()),
    }
}

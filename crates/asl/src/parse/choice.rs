//! Compiling choice rules. The order of a rule's fields does not matter (recorded on AWS).

use serde_json::Value;

use super::fields::Fields;
use super::machine::Targets;
use super::{Parser, SCHEMA};
use crate::choice::{Choice, Comparison, Condition, Glob, Is, Kind, Operand, Rule, Test};
use crate::timestamp;

const KINDS: [(&str, Kind); 4] =
    [("String", Kind::String), ("Numeric", Kind::Numeric), ("Boolean", Kind::Boolean), ("Timestamp", Kind::Timestamp)];

const COMPARISONS: [(&str, Comparison); 5] = [
    ("Equals", Comparison::Equals),
    ("LessThan", Comparison::LessThan),
    ("GreaterThan", Comparison::GreaterThan),
    ("LessThanEquals", Comparison::LessThanEquals),
    ("GreaterThanEquals", Comparison::GreaterThanEquals),
];

const TYPE_TESTS: [(&str, Is); 6] = [
    ("IsNull", Is::Null),
    ("IsPresent", Is::Present),
    ("IsNumeric", Is::Numeric),
    ("IsString", Is::String),
    ("IsBoolean", Is::Boolean),
    ("IsTimestamp", Is::Timestamp),
];

/// Fields of a rule that are not its condition.
const BESIDE: [&str; 5] = ["Next", "Variable", "Comment", "Assign", "Output"];

impl Parser {
    pub(super) fn choice(&mut self, fields: &Fields<'_>, targets: &Targets<'_>) -> Option<Choice> {
        if !self.require(fields, &["Choices"]) {
            return None;
        }
        let rules = self.objects(fields, "Choices");
        if rules.is_empty() {
            self.report(&fields.at("Choices"), SCHEMA, "Value cannot be empty");
        }
        let rules = rules.iter().filter_map(|rule| self.rule(rule, targets)).collect();
        let default = self.target(fields, "Default", targets);
        Some(Choice { rules, default })
    }

    fn rule(&mut self, rule: &Fields<'_>, targets: &Targets<'_>) -> Option<Rule> {
        if !self.require(rule, &["Next"]) {
            return None;
        }
        let next = self.target(rule, "Next", targets);
        let condition = match rule.is_jsonata() {
            true => self.condition_expression(rule),
            false => self.condition(rule),
        };
        let (assign, output) = (self.assign(rule), self.template(rule, "Output"));
        Some(Rule { next: next?, assign, output, condition: condition? })
    }

    fn condition_expression(&mut self, rule: &Fields<'_>) -> Option<Condition> {
        if !self.require(rule, &["Condition"]) {
            return None;
        }
        match rule.get("Condition")? {
            Value::Bool(literal) => Some(if *literal { Condition::And(vec![]) } else { Condition::Or(vec![]) }),
            Value::String(text) => self.expression(text, "Condition", &rule.at("Condition")).map(Condition::Expression),
            _ => self.expected(&rule.at("Condition"), "boolean or JSONata expression"),
        }
    }

    /// Recursion is bounded by the depth of the definition.
    fn condition(&mut self, rule: &Fields<'_>) -> Option<Condition> {
        let operators: Vec<&str> =
            rule.members.keys().map(String::as_str).filter(|name| !BESIDE.contains(name)).collect();
        let [operator] = operators[..] else {
            let message = format!("A choice rule must have exactly one operator, but has: [{}]", operators.join(", "));
            self.report(&rule.location, SCHEMA, message);
            return None;
        };
        match operator {
            "And" => self.conditions(rule, operator).map(Condition::And),
            "Or" => self.conditions(rule, operator).map(Condition::Or),
            "Not" => {
                let inner = self.object(rule, operator)?;
                self.nested_condition(&inner).map(Box::new).map(Condition::Not)
            }
            _ => self.test(rule, operator),
        }
    }

    fn conditions(&mut self, rule: &Fields<'_>, operator: &str) -> Option<Vec<Condition>> {
        let inner = self.objects(rule, operator);
        if inner.is_empty() {
            self.report(&rule.at(operator), SCHEMA, "Value cannot be empty");
        }
        let mut conditions = Vec::with_capacity(inner.len());
        for rule in &inner {
            conditions.push(self.nested_condition(rule)?);
        }
        Some(conditions)
    }

    fn nested_condition(&mut self, rule: &Fields<'_>) -> Option<Condition> {
        if rule.has("Next") {
            self.report(&rule.at("Next"), SCHEMA, "Field is not supported");
        }
        self.condition(rule)
    }

    fn test(&mut self, rule: &Fields<'_>, operator: &str) -> Option<Condition> {
        if !self.require(rule, &["Variable"]) {
            return None;
        }
        let variable = self.path(rule, "Variable");
        let test = self.operator(rule, operator);
        Some(Condition::Test { variable: variable?, test: test? })
    }

    fn operator(&mut self, rule: &Fields<'_>, operator: &str) -> Option<Test> {
        if operator == "StringMatches" {
            return self.string(rule, operator).map(Glob::new).map(Test::Matches);
        }
        if let Some((_, is)) = TYPE_TESTS.iter().find(|(name, _)| *name == operator) {
            return match rule.get(operator)?.as_bool() {
                Some(wanted) => Some(Test::Is { is: *is, wanted }),
                None => self.expected(&rule.at(operator), "boolean"),
            };
        }
        let (bare, by_path) = operator.strip_suffix("Path").map_or((operator, false), |bare| (bare, true));
        let Some((kind, comparison)) = comparison(bare) else {
            self.report(&rule.at(operator), SCHEMA, "Field is not supported");
            return None;
        };
        let operand = match by_path {
            true => Operand::Path(self.path(rule, operator)?),
            false => self.literal(rule, operator, kind)?,
        };
        Some(Test::Compare { kind, comparison, operand })
    }

    fn literal(&mut self, rule: &Fields<'_>, operator: &str, kind: Kind) -> Option<Operand> {
        let value = rule.get(operator)?;
        let (fits, name) = match kind {
            Kind::String => (value.is_string(), "string"),
            Kind::Numeric => (value.is_number(), "number"),
            Kind::Boolean => (value.is_boolean(), "boolean"),
            Kind::Timestamp => (value.is_string(), "timestamp"),
        };
        if !fits {
            return self.expected(&rule.at(operator), name);
        }
        if kind == Kind::Timestamp && value.as_str().and_then(timestamp::parse_nanos).is_none() {
            self.report(&rule.at(operator), SCHEMA, "String does not match RFC3339 timestamp");
        }
        Some(Operand::Literal(value.clone()))
    }
}

/// Booleans can only be equal.
fn comparison(operator: &str) -> Option<(Kind, Comparison)> {
    let (rest, kind) = KINDS.iter().find_map(|(name, kind)| operator.strip_prefix(name).map(|rest| (rest, *kind)))?;
    let (_, comparison) = COMPARISONS.iter().find(|(name, _)| *name == rest)?;
    (kind != Kind::Boolean || *comparison == Comparison::Equals).then_some((kind, *comparison))
}

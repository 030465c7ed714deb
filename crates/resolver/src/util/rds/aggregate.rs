//! Aggregates: `agg.count("id")` among the columns, `{ id: { count: { gt: 1 } } }` in conditions.
//!
//! The names are those of `@aws-appsync/utils/rds`. Their SQL is not recorded on AWS; without a space before the
//! parenthesis both databases take it.

use serde_json::{Value, json};

use super::statement::Statement;
use crate::util::{Fault, Function, string_argument};

/// What marks a column as an aggregate.
const KIND: &str = "AGGREGATE";

pub(in crate::util) const FUNCTIONS: &[(&str, Function)] = &[
    ("rds.agg.avg", |_, arguments| aggregate("avg", arguments)),
    ("rds.agg.avgDistinct", |_, arguments| aggregate("avgDistinct", arguments)),
    ("rds.agg.count", |_, arguments| aggregate("count", arguments)),
    ("rds.agg.countDistinct", |_, arguments| aggregate("countDistinct", arguments)),
    ("rds.agg.max", |_, arguments| aggregate("max", arguments)),
    ("rds.agg.maxDistinct", |_, arguments| aggregate("maxDistinct", arguments)),
    ("rds.agg.min", |_, arguments| aggregate("min", arguments)),
    ("rds.agg.minDistinct", |_, arguments| aggregate("minDistinct", arguments)),
    ("rds.agg.sum", |_, arguments| aggregate("sum", arguments)),
    ("rds.agg.sumDistinct", |_, arguments| aggregate("sumDistinct", arguments)),
];

fn aggregate(name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    let column = string_argument(&format!("rds.agg.{name}"), arguments, 0)?;
    Ok(json!({ "type": KIND, "properties": { "name": name, "column": column } }))
}

/// The aggregate of a column that is written already: `COUNT(DISTINCT "id")`. Nothing for a name of no aggregate.
pub(super) fn of_column(name: &str, column: &str) -> Option<String> {
    let (function, distinct) = name.strip_suffix("Distinct").map_or((name, ""), |function| (function, "DISTINCT "));
    ["avg", "count", "max", "min", "sum"]
        .contains(&function)
        .then(|| format!("{}({distinct}{column})", function.to_ascii_uppercase()))
}

impl Statement<'_> {
    /// A column that [`aggregate`] made; nothing for other columns.
    pub(super) fn aggregate(&self, column: &Value) -> Option<String> {
        let properties = column.get("properties").filter(|_| column["type"] == KIND)?;
        let name = properties["column"].as_str()?;
        let name = if name == "*" { name.to_owned() } else { self.identifier(name) };
        of_column(properties["name"].as_str()?, &name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::{Scope, find};

    fn statement(select: Value) -> Result<Value, Fault> {
        let statement = json!({ "type": "SELECT", "properties": select });
        find("rds.createPgStatement").unwrap()(&mut Scope::default(), &[statement])
    }

    fn agg(name: &str, column: &str) -> Value {
        find(&format!("rds.agg.{name}")).unwrap()(&mut Scope::default(), &[column.into()]).unwrap()
    }

    #[test]
    fn aggregates_group_and_are_conditions() {
        for (select, sql, variables) in [
            (
                json!({ "table": "p", "columns": [agg("count", "*"), agg("sumDistinct", "p.n"), "a"], "groupBy": ["a"] }),
                r#"SELECT COUNT(*), SUM(DISTINCT "p"."n"), "a" FROM "p" GROUP BY "a""#,
                json!({}),
            ),
            (
                json!({
                    "table": "p",
                    "columns": ["a", { "total": agg("max", "n") }, { "b": "c" }],
                    "where": { "n": { "gt": 1 } },
                    "groupBy": ["a", 2],
                    "having": { "n": { "countDistinct": { "ge": 3 } } },
                    "orderBy": [{ "column": "a" }],
                    "limit": 5,
                }),
                "SELECT \"a\", MAX(\"n\") as \"total\", \"c\" as \"b\" FROM \"p\" WHERE \"n\" > :P0 GROUP BY \"a\", 2 \
                 HAVING COUNT(DISTINCT \"n\") >= :P1 ORDER BY \"a\" ASC LIMIT :P2",
                json!({ ":P0": 1, ":P1": 3, ":P2": 5 }),
            ),
            (
                json!({ "table": "p", "where": { "not": [{ "a": { "eq": 1 } }, { "b": { "gt": 2 } }] } }),
                r#"SELECT * FROM "p" WHERE NOT (("a" = :P0) AND ("b" > :P1))"#,
                json!({ ":P0": 1, ":P1": 2 }),
            ),
        ] {
            let answer = statement(select).unwrap();
            assert_eq!(answer["statements"], json!([sql]));
            assert_eq!(answer["variableMap"], variables, "{sql}");
        }
    }

    #[test]
    fn what_is_no_aggregate_is_an_error() {
        for (select, text) in [
            (json!({ "table": "p", "columns": [{ "type": KIND, "properties": { "name": "x" } }] }), "Invalid type"),
            (json!({ "table": "p", "groupBy": "a" }), "groupBy expects an array"),
            (json!({ "table": "p", "groupBy": [true] }), "groupBy"),
        ] {
            let Err(Fault::Code(message)) = statement(select.clone()) else { panic!("made {select}") };
            assert!(message.contains(text), "{message}");
        }
        assert!(find("rds.agg.sum").unwrap()(&mut Scope::default(), &[json!(1)]).is_err());
    }
}

//! What `select` reads from: a table, a subquery, and what is joined to it.
//!
//! The names are those of the package's documentation; its SQL for joins and subqueries is not recorded on AWS.

use serde_json::Value;

use super::statement::{Flavor, Statement};
use crate::util::Fault;

/// Subqueries in subqueries.
const SUBQUERY_DEPTH: usize = 16;

/// The kinds of join as `select` names them, with their SQL.
const JOINS: [(&str, &str); 15] = [
    ("join", "JOIN"),
    ("innerJoin", "INNER JOIN"),
    ("leftJoin", "LEFT JOIN"),
    ("leftOuterJoin", "LEFT OUTER JOIN"),
    ("rightJoin", "RIGHT JOIN"),
    ("rightOuterJoin", "RIGHT OUTER JOIN"),
    ("fullOuterJoin", "FULL OUTER JOIN"),
    ("crossJoin", "CROSS JOIN"),
    ("joinNatural", "NATURAL JOIN"),
    ("innerJoinNatural", "NATURAL INNER JOIN"),
    ("leftJoinNatural", "NATURAL LEFT JOIN"),
    ("leftOuterJoinNatural", "NATURAL LEFT OUTER JOIN"),
    ("rightJoinNatural", "NATURAL RIGHT JOIN"),
    ("rightOuterJoinNatural", "NATURAL RIGHT OUTER JOIN"),
    ("fullOuterJoinNatural", "NATURAL FULL OUTER JOIN"),
];

impl Statement<'_> {
    /// A name, a subquery (`select` or `sql`), or `{ alias: one of them }`.
    pub(super) fn push_source(&mut self, source: &Value) -> Result<(), Fault> {
        if let Some(text) = self.subquery(source)? {
            self.push(&text);
            return Ok(());
        }
        let only = source.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.iter().next());
        if let Some((alias, inner)) = only
            && let Some(text) = self.subquery(inner)?
        {
            let alias = self.identifier(alias);
            self.push(&format!("{text} as {alias}"));
            return Ok(());
        }
        self.table(source)
    }

    /// A statement in parentheses; nothing for what is no statement.
    fn subquery(&mut self, value: &Value) -> Result<Option<String>, Fault> {
        let properties = &value["properties"];
        let inner = match value["type"].as_str().filter(|_| properties.is_object()) {
            Some("SQL") => self.template(properties),
            Some("SELECT") => {
                if self.depth == SUBQUERY_DEPTH {
                    let message = format!("a statement has at most {SUBQUERY_DEPTH} subqueries in one another");
                    return Err(Fault::code(message));
                }
                self.depth += 1;
                let outer = std::mem::take(&mut self.text);
                let written = self.select(properties);
                let inner = std::mem::replace(&mut self.text, outer);
                self.depth -= 1;
                written?;
                inner
            }
            _ => return Ok(None),
        };
        Ok(Some(format!("({})", inner.trim())))
    }

    /// ` LEFT JOIN "b" USING ("id")` and so on, in the order in which the joins are given.
    pub(super) fn push_joins(&mut self, properties: &Value) -> Result<(), Fault> {
        for (name, joins) in properties.as_object().into_iter().flatten() {
            let Some((_, verb)) = JOINS.iter().find(|(join, _)| join == name) else { continue };
            if joins.is_null() {
                continue;
            }
            if name.starts_with("fullOuter") && self.flavor == Flavor::MySql {
                return Err(Fault::code(format!("{name} is not supported in MySQL.")));
            }
            let joins = joins.as_array().ok_or_else(|| Fault::code(format!("{name} expects an array.")))?;
            for join in joins {
                self.push_join(name, verb, join)?;
            }
        }
        Ok(())
    }

    fn push_join(&mut self, name: &str, verb: &str, join: &Value) -> Result<(), Fault> {
        let source = if join["from"].is_null() { &join["table"] } else { &join["from"] };
        self.push(&format!(" {verb} "));
        self.push_source(source)?;
        let (using, on) = (&join["using"], &join["on"]);
        let unconditional = verb.starts_with("NATURAL") || verb.starts_with("CROSS");
        match (using.is_null(), on.is_null()) {
            (true, true) => Ok(()),
            _ if unconditional => Err(Fault::code(format!("{name} takes neither 'using' nor 'on'."))),
            (false, false) => Err(Fault::code("'using' and 'on' keys cannot be used together")),
            (true, false) => self.push_conditions("ON", on),
            (false, true) => self.push_using(using),
        }
    }

    fn push_using(&mut self, columns: &Value) -> Result<(), Fault> {
        let expected = || Fault::code("using expects an array of column names.");
        let columns = columns.as_array().filter(|columns| !columns.is_empty()).ok_or_else(expected)?;
        let names = columns.iter().map(|column| column.as_str().map(|name| self.identifier(name)).ok_or_else(expected));
        let names = names.collect::<Result<Vec<_>, _>>()?;
        self.push(&format!(" USING ({})", names.join(", ")));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::util::{Scope, find};

    fn statement(function: &str, select: Value) -> Result<Value, Fault> {
        let statement = json!({ "type": "SELECT", "properties": select });
        find(&format!("rds.{function}")).unwrap()(&mut Scope::default(), &[statement])
    }

    fn sql(texts: &[&str], values: Value) -> Value {
        json!({ "type": "SQL", "properties": { "texts": texts, "values": values } })
    }

    #[test]
    fn joins_and_subqueries_are_sql() {
        let inner = json!({ "type": "SELECT", "properties": {
            "from": "album", "columns": ["artist_id"], "where": { "year": { "gt": 1990 } },
        } });
        for (select, text, variables) in [
            (
                json!({ "from": "album", "join": [{ "from": "artist", "using": ["artist_id"] }] }),
                r#"SELECT * FROM "album" JOIN "artist" USING ("artist_id")"#,
                json!({}),
            ),
            (
                json!({
                    "from": { "a": "album" },
                    "leftJoin": [{ "from": { "b": "artist" }, "on": sql(&["a.x = b.y AND b.z = ", ""], json!([7])) }],
                    "crossJoin": [{ "table": "store.genre" }],
                    "where": { "a.id": { "eq": 1 } },
                    "offset": 3,
                }),
                "SELECT * FROM \"album\" as \"a\" LEFT JOIN \"artist\" as \"b\" ON a.x = b.y AND b.z = :P0 CROSS JOIN \
                 \"store\".\"genre\" WHERE \"a\".\"id\" = :P1 OFFSET :P2",
                json!({ ":P0": 7, ":P1": 1, ":P2": 3 }),
            ),
            (
                json!({ "from": { "sub": inner }, "rightOuterJoinNatural": [{ "from": "artist" }], "limit": 1 }),
                "SELECT * FROM (SELECT \"artist_id\" FROM \"album\" WHERE \"year\" > :P0) as \"sub\" NATURAL RIGHT OUTER \
                 JOIN \"artist\" LIMIT :P1",
                json!({ ":P0": 1990, ":P1": 1 }),
            ),
            (
                json!({ "from": sql(&["generate_series(1, ", ")"], json!([2])) }),
                "SELECT * FROM (generate_series(1, :P0))",
                json!({ ":P0": 2 }),
            ),
        ] {
            let answer = statement("createPgStatement", select).unwrap();
            assert_eq!(answer["statements"], json!([text]));
            assert_eq!(answer["variableMap"], variables, "{text}");
        }
    }

    #[test]
    fn what_is_no_join_is_an_error() {
        let full = json!({ "from": "a", "fullOuterJoin": [{ "from": "b", "using": ["id"] }] });
        assert!(statement("createPgStatement", full.clone()).is_ok());
        assert!(statement("createMySQLStatement", full).is_err());
        let mut deep = json!("album");
        for _ in 0..=SUBQUERY_DEPTH {
            deep = json!({ "type": "SELECT", "properties": { "from": deep } });
        }
        for (select, text) in [
            (json!({ "from": "a", "join": { "from": "b" } }), "join expects an array."),
            (json!({ "from": "a", "join": [{ "using": ["x"] }] }), "'table' or 'from' key is required."),
            (json!({ "from": "a", "join": [{ "from": "b", "using": [] }] }), "using expects"),
            (json!({ "from": "a", "crossJoin": [{ "from": "b", "using": ["x"] }] }), "takes neither"),
            (json!({ "from": deep }), "subqueries in one another"),
        ] {
            let Err(Fault::Code(message)) = statement("createPgStatement", select.clone()) else {
                panic!("made {select}")
            };
            assert!(message.contains(text), "{message}");
        }
    }
}

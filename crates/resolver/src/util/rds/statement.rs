//! `createPgStatement` and `createMySQLStatement`: SQL text with bound values.

use serde_json::{Map, Value, json};

use super::hinted;
use crate::util::{Fault, text_of};

/// How many statements one request takes.
const STATEMENTS: usize = 2;

/// The database's way with names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavor {
    Postgres,
    MySql,
}

impl Flavor {
    fn function(self) -> &'static str {
        match self {
            Self::Postgres => "createPgStatement",
            Self::MySql => "createMySQLStatement",
        }
    }

    fn quote(self) -> char {
        match self {
            Self::Postgres => '"',
            Self::MySql => '`',
        }
    }
}

/// `{ statements, variableMap, variableTypeHintMap }`.
pub(super) fn create(flavor: Flavor, arguments: &[Value]) -> Result<Value, Fault> {
    let function = flavor.function();
    if arguments.is_empty() {
        return Err(Fault::code(format!("An argument is expected to be passed to {function}")));
    }
    if arguments.len() > STATEMENTS {
        return Err(Fault::code(format!("{function} takes {STATEMENTS} statements at most")));
    }
    let mut variables = Variables::default();
    let mut statements = Vec::new();
    for argument in arguments {
        let mut statement = Statement { flavor, text: String::new(), variables: &mut variables, depth: 0 };
        statement.write(argument)?;
        statements.push(statement.text.trim_end().to_owned());
    }
    Ok(json!({
        "statements": statements,
        "variableMap": variables.values,
        "variableTypeHintMap": variables.hints,
    }))
}

/// Bound values, `:P0` and on through all statements of a request.
#[derive(Debug, Default)]
struct Variables {
    values: Map<String, Value>,
    hints: Map<String, Value>,
}

/// A statement in the making.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    pub(super) flavor: Flavor,
    pub(super) text: String,
    variables: &'a mut Variables,
    /// Subqueries around what is written.
    pub(super) depth: usize,
}

impl Statement<'_> {
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn write(&mut self, statement: &Value) -> Result<(), Fault> {
        if let Some(text) = statement.as_str() {
            self.push(text);
            return Ok(());
        }
        let properties = &statement["properties"];
        match statement["type"].as_str() {
            Some("SELECT") => self.select(properties),
            Some("INSERT") => self.insert(properties),
            Some("UPDATE") => self.update(properties),
            Some("REMOVE") => self.remove(properties),
            Some("SQL") => {
                let text = self.template(properties);
                self.push(&text);
                Ok(())
            }
            _ => {
                let function = self.flavor.function();
                Err(Fault::code(format!("Unsupported type is passed as argument to {function}")))
            }
        }
    }

    pub(super) fn select(&mut self, properties: &Value) -> Result<(), Fault> {
        let (table, from) = (&properties["table"], &properties["from"]);
        if !table.is_null() && !from.is_null() {
            return Err(Fault::code("'from' and 'table' keys cannot be used together"));
        }
        self.push("SELECT ");
        match &properties["columns"] {
            Value::Null => self.push("* "),
            columns => {
                let columns = self.columns(columns)?;
                self.push(&columns);
                self.push(if columns.is_empty() { "" } else { " " });
            }
        }
        self.push("FROM ");
        self.push_source(if table.is_null() { from } else { table })?;
        self.push_joins(properties)?;
        self.push_where(&properties["where"])?;
        self.group_by(&properties["groupBy"])?;
        self.push_conditions("HAVING", &properties["having"])?;
        self.order(&properties["orderBy"])?;
        self.count("limit", " LIMIT ", &properties["limit"])?;
        self.count("offset", " OFFSET ", &properties["offset"])
    }

    fn insert(&mut self, properties: &Value) -> Result<(), Fault> {
        self.push("INSERT INTO ");
        self.table(&properties["table"])?;
        let values = values(properties, "insert")?;
        let columns: Vec<String> = values.keys().map(|name| self.identifier(name)).collect();
        let places: Vec<String> = values.values().map(|value| self.bind(value)).collect();
        self.push(&format!(" ({}) VALUES ({})", columns.join(", "), places.join(", ")));
        self.returning(&properties["returning"])
    }

    fn update(&mut self, properties: &Value) -> Result<(), Fault> {
        self.push("UPDATE ");
        self.table(&properties["table"])?;
        let values = values(properties, "update")?;
        let sets: Vec<String> =
            values.iter().map(|(name, value)| format!("{} = {}", self.identifier(name), self.bind(value))).collect();
        self.push(&format!(" SET {}", sets.join(", ")));
        self.push_where(&properties["where"])?;
        self.returning(&properties["returning"])
    }

    fn remove(&mut self, properties: &Value) -> Result<(), Fault> {
        self.push("DELETE FROM ");
        self.table(&properties["table"])?;
        self.push_where(&properties["where"])?;
        self.returning(&properties["returning"])
    }

    /// A name, or `{ alias: name }`.
    pub(super) fn table(&mut self, table: &Value) -> Result<(), Fault> {
        let text = match table {
            Value::Null => return Err(Fault::code("'table' or 'from' key is required.")),
            Value::String(name) => self.identifier(name),
            Value::Object(alias) => {
                let (alias, name) =
                    alias.iter().next().ok_or_else(|| Fault::code("java.util.NoSuchElementException"))?;
                let name = name.as_str().ok_or_else(unnamed_table)?;
                format!("{} as {}", self.identifier(name), self.identifier(alias))
            }
            _ => return Err(unnamed_table()),
        };
        self.push(&text);
        Ok(())
    }

    fn columns(&self, columns: &Value) -> Result<String, Fault> {
        let names = match columns {
            Value::String(star) if star == "*" => return Ok("*".into()),
            Value::Array(names) => names,
            _ => return Err(Fault::code("Expected column to be * or an array.")),
        };
        let names = names.iter().map(|name| match name.as_str() {
            Some("*") => Ok("*".to_owned()),
            Some(name) => Ok(self.identifier(name)),
            None => self
                .aggregate(name)
                .or_else(|| self.aliased(name))
                .ok_or_else(|| Fault::code("Invalid type in column array.")),
        });
        Ok(names.collect::<Result<Vec<_>, _>>()?.join(", "))
    }

    /// `{ alias: column }`, the column being a name or an aggregate.
    fn aliased(&self, column: &Value) -> Option<String> {
        let fields = column.as_object().filter(|fields| fields.len() == 1)?;
        let (alias, column) = fields.iter().next()?;
        let column = column.as_str().map(|name| self.identifier(name)).or_else(|| self.aggregate(column))?;
        Some(format!("{column} as {}", self.identifier(alias)))
    }

    /// ` GROUP BY` names and positions of columns.
    fn group_by(&mut self, columns: &Value) -> Result<(), Fault> {
        let columns = match columns {
            Value::Null => return Ok(()),
            Value::Array(columns) => columns,
            _ => return Err(Fault::code("groupBy expects an array.")),
        };
        let parts = columns.iter().map(|column| match column {
            Value::String(name) => Ok(self.identifier(name)),
            Value::Number(position) if position.is_u64() => Ok(position.to_string()),
            _ => Err(Fault::code("groupBy items are expected to be names or positions of columns.")),
        });
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        if !parts.is_empty() {
            self.push(&format!(" GROUP BY {}", parts.join(", ")));
        }
        Ok(())
    }

    fn returning(&mut self, columns: &Value) -> Result<(), Fault> {
        if columns.is_null() {
            return Ok(());
        }
        if self.flavor == Flavor::MySql {
            return Err(Fault::code("returning is not supported in MySQL."));
        }
        let columns = self.columns(columns)?;
        self.push(" RETURNING ");
        self.push(&columns);
        Ok(())
    }

    fn order(&mut self, order: &Value) -> Result<(), Fault> {
        let items = match order {
            Value::Null => return Ok(()),
            Value::Array(items) => items,
            _ => return Err(Fault::code("orderBy expects an array.")),
        };
        let mut parts = Vec::new();
        for item in items {
            let item = item.as_object().ok_or_else(|| Fault::code("orderBy item expected to be an object."))?;
            let column = item.get("column").and_then(Value::as_str);
            let column = column.ok_or_else(|| Fault::code("orderBy column is expected to be a string."))?;
            let direction = item.get("dir").and_then(Value::as_str).unwrap_or("ASC");
            let upper = direction.to_ascii_uppercase();
            if !["ASC", "DESC"].contains(&upper.as_str()) {
                let message = format!("orderBy dir can have either ASC or DESC found {direction}.");
                return Err(Fault::code(message));
            }
            parts.push(format!("{} {upper}", self.identifier(column)));
        }
        if !parts.is_empty() {
            self.push(" ORDER BY ");
            self.push(&parts.join(", "));
        }
        Ok(())
    }

    /// `LIMIT` or `OFFSET`, bound as a number.
    fn count(&mut self, name: &str, verb: &str, count: &Value) -> Result<(), Fault> {
        let count = match count {
            Value::Null => return Ok(()),
            Value::Number(_) => Some(count.clone()),
            other => other.as_str().and_then(|text| text.parse::<f64>().ok()).map(crate::util::number),
        };
        let count = count.filter(Value::is_number).ok_or_else(|| Fault::code(format!("{name} expects a number.")))?;
        self.push(verb);
        let place = self.bind(&count);
        self.push(&place);
        Ok(())
    }

    /// A template's texts with its values bound between them.
    pub(super) fn template(&mut self, properties: &Value) -> String {
        let list = |name: &str| properties[name].as_array().map_or(&[] as &[Value], Vec::as_slice);
        let (texts, mut values) = (list("texts"), list("values").iter());
        let mut text = String::new();
        for part in texts {
            text.push_str(&text_of(part));
            if let Some(value) = values.next() {
                text.push_str(&self.bind(value));
            }
        }
        text
    }

    /// The place of a value: `:P0` and on; null is written out.
    pub(super) fn bind(&mut self, value: &Value) -> String {
        if value.is_null() {
            return "NULL".into();
        }
        let place = format!(":P{}", self.variables.values.len());
        let (hint, value) = hinted(value).map_or((None, value), |(hint, value)| (Some(hint), value));
        if let Some(hint) = hint {
            self.variables.hints.insert(place.clone(), hint.into());
        }
        self.variables.values.insert(place.clone(), value.clone());
        place
    }

    /// A quoted name, each part of a dotted one by itself.
    pub(super) fn identifier(&self, name: &str) -> String {
        let quote = self.flavor.quote();
        let parts =
            name.split('.').map(|part| format!("{quote}{}{quote}", part.replace(quote, &format!("{quote}{quote}"))));
        parts.collect::<Vec<_>>().join(".")
    }
}

fn unnamed_table() -> Fault {
    Fault::code("table name is expected to be a string or alias.")
}

fn values<'a>(properties: &'a Value, function: &str) -> Result<&'a Map<String, Value>, Fault> {
    let values = properties["values"].as_object();
    values.ok_or_else(|| Fault::code(format!("values are expected to be passed to {function}")))
}

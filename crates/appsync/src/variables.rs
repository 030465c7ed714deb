//! Coerces the variables of a request to the types their operation declares, with graphql-java's messages.

use apollo_compiler::{
    ast::{Type, VariableDefinition},
    executable::Operation,
    parser::SourceMap,
    schema::{ExtendedType, InputObjectType},
};
use serde_json::{Map, Value};

use crate::{
    GraphqlError, Location,
    plan::arguments::{self, constant},
    schema::Schema,
};

/// The variables as resolvers see them: defaults applied, absent ones left out.
pub(crate) fn coerce(
    schema: &Schema,
    operation: &Operation,
    sources: &SourceMap,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, GraphqlError> {
    let mut coerced = Map::new();
    for definition in &operation.variables {
        let at = definition.location().and_then(|span| span.line_column(sources));
        let fail = |message: String| GraphqlError {
            path: None,
            locations: Some(at.iter().map(|at| Location { line: at.line, column: at.column }).collect()),
            message,
            details: None,
        };
        if let Some(value) = variable(schema, definition, given).map_err(fail)? {
            coerced.insert(definition.name.as_str().to_owned(), value);
        }
    }
    Ok(coerced)
}

fn variable(
    schema: &Schema,
    definition: &VariableDefinition,
    given: &Map<String, Value>,
) -> Result<Option<Value>, String> {
    let name = definition.name.as_str();
    match given.get(name) {
        None | Some(Value::Null) if definition.ty.is_non_null() && definition.default_value.is_none() => {
            Err(format!("Variable '{name}' has coerced Null value for NonNull type '{}'", definition.ty))
        }
        None => match &definition.default_value {
            Some(default) => constant(schema, &definition.ty, default).map(Some),
            None => Ok(None),
        },
        Some(value) => Coercion { schema, variable: name }.value(&definition.ty, value, None).map(Some),
    }
}

struct Coercion<'a> {
    schema: &'a Schema,
    variable: &'a str,
}

impl Coercion<'_> {
    /// Recursion follows the value, whose depth the JSON parser bounds.
    fn value(&self, ty: &Type, value: &Value, field: Option<&str>) -> Result<Value, String> {
        if value.is_null() {
            return if ty.is_non_null() { Err(self.null(ty, field)) } else { Ok(Value::Null) };
        }
        match ty {
            Type::List(item) | Type::NonNullList(item) => match value {
                Value::Array(items) => items.iter().map(|each| self.value(item, each, field)).collect(),
                single => Ok(Value::Array(vec![self.value(item, single, field)?])),
            },
            Type::Named(name) | Type::NonNullNamed(name) => match self.schema.definitions.types.get(name) {
                Some(ExtendedType::InputObject(input)) => self.object(input, value),
                _ => self.leaf(name, value),
            },
        }
    }

    fn leaf(&self, ty: &str, value: &Value) -> Result<Value, String> {
        let leaf = self.schema.leaf(ty).ok_or_else(|| format!("Unknown type {ty}"))?;
        leaf.accept(value).map_err(|reason| format!("Variable '{}' has an invalid value. {reason}", self.variable))
    }

    fn object(&self, input: &InputObjectType, value: &Value) -> Result<Value, String> {
        let Value::Object(given) = value else {
            let variable = self.variable;
            let expected = &input.name;
            return Err(format!(
                "Variable '{variable}' has an invalid value. Expected type 'Map' for input object '{expected}'."
            ));
        };
        if let Some(unknown) = given.keys().find(|key| !input.fields.contains_key(key.as_str())) {
            return Err(format!(
                "The variables input contains a field name '{unknown}' that is not defined for input object type '{}' ",
                input.name
            ));
        }
        let mut object = Map::new();
        for (name, definition) in &input.fields {
            let coerced = match (given.get(name.as_str()), &definition.default_value) {
                (Some(value), _) => self.value(&definition.ty, value, Some(name))?,
                (None, Some(default)) => arguments::constant(self.schema, &definition.ty, default)?,
                (None, None) if definition.ty.is_non_null() => return Err(self.null(&definition.ty, Some(name))),
                (None, None) => continue,
            };
            object.insert(name.as_str().to_owned(), coerced);
        }
        Ok(Value::Object(object))
    }

    fn null(&self, ty: &Type, field: Option<&str>) -> String {
        let variable = self.variable;
        match field {
            Some(field) => {
                format!("Field '{field}' of variable '{variable}' has coerced Null value for NonNull type '{ty}'")
            }
            None => format!("Variable '{variable}' has coerced Null value for NonNull type '{ty}'"),
        }
    }
}

//! Arguments of a field: literals coerced once, when the plan is made; variables put in per request.

use std::sync::Arc;

use apollo_compiler::{
    Node,
    ast::{Type, Value as Literal},
    executable::Field,
    schema::{ExtendedType, InputObjectType},
};
use serde_json::{Map, Value};

use crate::schema::Schema;

/// The arguments of one selected field.
#[derive(Debug, Clone)]
pub(crate) enum Arguments {
    /// No variables in them.
    Constant(Arc<Map<String, Value>>),
    /// In the order of the definition.
    Template(Vec<(String, Template)>),
}

/// A literal with variables in it.
#[derive(Debug, Clone)]
pub(crate) enum Template {
    Constant(Value),
    Variable {
        name: String,
        /// What an absent variable leaves; `None` leaves the argument or input field absent.
        default: Option<Value>,
        non_null: bool,
    },
    List(Vec<Template>),
    Object(Vec<(String, Template)>),
}

impl Arguments {
    /// Compiles what `field` is given; an error is what graphql-java says of a wrong literal.
    pub(super) fn compile(schema: &Schema, field: &Field) -> Result<Self, String> {
        let mut templates = Vec::new();
        for definition in &field.definition.arguments {
            let given = field.arguments.iter().find(|argument| argument.name == definition.name);
            let name = definition.name.as_str();
            let template = match (given, &definition.default_value) {
                (Some(given), default) => {
                    let default =
                        default.as_ref().map(|default| constant(schema, &definition.ty, default)).transpose()?;
                    template(schema, &definition.ty, &given.value, default)
                        .map_err(|_| wrong(name, &given.value, &definition.ty))?
                }
                (None, Some(default)) => Template::Constant(constant(schema, &definition.ty, default)?),
                (None, None) => continue,
            };
            templates.push((name.to_owned(), template));
        }
        if templates.iter().all(|(_, template)| matches!(template, Template::Constant(_))) {
            let constants = templates.into_iter().filter_map(|(name, template)| match template {
                Template::Constant(value) => Some((name, value)),
                _ => None,
            });
            return Ok(Self::Constant(Arc::new(constants.collect())));
        }
        Ok(Self::Template(templates))
    }

    /// The arguments with these variables; an error is the message of a field error.
    pub(crate) fn evaluate(&self, variables: &Map<String, Value>) -> Result<Arc<Map<String, Value>>, String> {
        let templates = match self {
            Self::Constant(map) => return Ok(map.clone()),
            Self::Template(templates) => templates,
        };
        fill(templates, variables).map(Arc::new)
    }
}

impl Template {
    fn evaluate(&self, variables: &Map<String, Value>) -> Result<Option<Value>, String> {
        match self {
            Self::Constant(value) => Ok(Some(value.clone())),
            Self::Variable { name, default, non_null } => match variables.get(name) {
                Some(Value::Null) if *non_null => {
                    Err(format!("Variable '{name}' has coerced Null value where a value is required"))
                }
                Some(value) => Ok(Some(value.clone())),
                None => Ok(default.clone()),
            },
            Self::List(items) => {
                let items: Result<Vec<_>, _> =
                    items.iter().map(|item| Ok(item.evaluate(variables)?.unwrap_or(Value::Null))).collect();
                items.map(|items: Vec<Value>| Some(Value::Array(items)))
            }
            Self::Object(fields) => Ok(Some(Value::Object(fill(fields, variables)?))),
        }
    }

    /// Lists and objects without variables become constants.
    fn simplify(self) -> Self {
        match self {
            Self::List(items) if items.iter().all(Self::is_constant) => {
                Self::Constant(items.into_iter().filter_map(Self::into_constant).collect())
            }
            Self::Object(fields) if fields.iter().all(|(_, field)| field.is_constant()) => {
                Self::Constant(Value::Object(
                    fields.into_iter().filter_map(|(name, field)| Some((name, field.into_constant()?))).collect(),
                ))
            }
            other => other,
        }
    }

    fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }

    fn into_constant(self) -> Option<Value> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }
}

fn fill(templates: &[(String, Template)], variables: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut map = Map::new();
    for (name, template) in templates {
        if let Some(value) = template.evaluate(variables)? {
            map.insert(name.clone(), value);
        }
    }
    Ok(map)
}

/// A literal without variables, such as a default, as a value of type `ty`.
pub(crate) fn constant(schema: &Schema, ty: &Type, literal: &Node<Literal>) -> Result<Value, String> {
    template(schema, ty, literal, None)?.into_constant().ok_or_else(|| "a default has no variables".to_owned())
}

fn template(schema: &Schema, ty: &Type, literal: &Node<Literal>, default: Option<Value>) -> Result<Template, String> {
    match (&**literal, ty) {
        (Literal::Null, _) => Ok(Template::Constant(Value::Null)),
        (Literal::Variable(name), _) => {
            Ok(Template::Variable { name: name.as_str().to_owned(), default, non_null: ty.is_non_null() })
        }
        (Literal::List(items), Type::List(item) | Type::NonNullList(item)) => {
            let items: Result<_, _> = items.iter().map(|each| template(schema, item, each, None)).collect();
            Ok(Template::List(items?).simplify())
        }
        (_, Type::List(item) | Type::NonNullList(item)) => {
            Ok(Template::List(vec![template(schema, item, literal, None)?]).simplify())
        }
        (_, Type::Named(name) | Type::NonNullNamed(name)) => match schema.definitions.types.get(name) {
            Some(ExtendedType::InputObject(input)) => object(schema, input, literal),
            _ => {
                let leaf = schema.leaf(name).ok_or_else(|| format!("Unknown type {name}"))?;
                leaf.accept(&json(literal)).map(Template::Constant)
            }
        },
    }
}

fn object(schema: &Schema, input: &InputObjectType, literal: &Node<Literal>) -> Result<Template, String> {
    let Literal::Object(given) = &**literal else { return Err(format!("is not a valid '{}'", input.name)) };
    let mut fields = Vec::new();
    for (name, definition) in &input.fields {
        let default = definition.default_value.as_ref();
        let default = default.map(|default| constant(schema, &definition.ty, default)).transpose()?;
        let field = match given.iter().find(|(key, _)| key == name) {
            Some((_, value)) => template(schema, &definition.ty, value, default)?,
            None => match default {
                Some(default) => Template::Constant(default),
                None => continue,
            },
        };
        fields.push((name.as_str().to_owned(), field));
    }
    Ok(Template::Object(fields).simplify())
}

/// A literal as JSON; validation has seen to it that variables stand only where they may.
fn json(literal: &Node<Literal>) -> Value {
    match &**literal {
        Literal::Null | Literal::Variable(_) => Value::Null,
        Literal::Enum(name) => name.as_str().into(),
        Literal::String(text) => text.as_str().into(),
        Literal::Boolean(truth) => (*truth).into(),
        Literal::Int(number) => serde_json::from_str(number.as_str()).unwrap_or(Value::Null),
        Literal::Float(number) => serde_json::from_str(number.as_str()).unwrap_or(Value::Null),
        Literal::List(items) => items.iter().map(json).collect(),
        Literal::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.as_str().to_owned(), json(value))).collect())
        }
    }
}

/// graphql-java's words for a literal that a scalar refuses.
fn wrong(argument: &str, literal: &Literal, ty: &Type) -> String {
    format!("argument '{argument}' with value '{}' is not a valid '{}'", java_literal(literal), ty.inner_named_type())
}

/// A literal as graphql-java prints its syntax tree.
pub(crate) fn java_literal(literal: &Literal) -> String {
    match literal {
        Literal::Null => "NullValue{}".to_owned(),
        Literal::Variable(name) => format!("VariableReference{{name='{name}'}}"),
        Literal::Enum(name) => format!("EnumValue{{name='{name}'}}"),
        Literal::String(text) => format!("StringValue{{value='{text}'}}"),
        Literal::Boolean(truth) => format!("BooleanValue{{value={truth}}}"),
        Literal::Int(number) => format!("IntValue{{value={}}}", number.as_str()),
        Literal::Float(number) => format!("FloatValue{{value={}}}", number.as_str()),
        Literal::List(items) => {
            let items: Vec<_> = items.iter().map(|item| java_literal(item)).collect();
            format!("ArrayValue{{values=[{}]}}", items.join(", "))
        }
        Literal::Object(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| format!("ObjectField{{name='{name}', value={}}}", java_literal(value)))
                .collect();
            format!("ObjectValue{{objectFields=[{}]}}", fields.join(", "))
        }
    }
}

//! The API's schema: the user's SDL together with what AppSync declares for everybody.

pub(crate) mod leaf;
mod prelude;
mod scalar;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use apollo_compiler::{
    Name, Schema as Definitions,
    ast::Type,
    collections::HashMap as ApolloMap,
    executable::OperationType,
    schema::{ExtendedType, Implementers},
    validation::{DiagnosticList, Valid},
};
use resolver::Source;

use crate::{Diagnostic, limits};
pub(crate) use leaf::Leaf;
pub use prelude::modernise;

/// A valid schema and the look-ups that execution needs.
pub(crate) struct Schema {
    pub(crate) definitions: Valid<Definitions>,
    pub(crate) implementers: ApolloMap<Name, Implementers>,
    leaves: HashMap<Name, Leaf>,
}

/// A field's type as execution sees it.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    NonNull(Box<Shape>),
    List(Box<Shape>),
    Leaf(Leaf),
    /// An object, interface or union.
    Composite(Name),
}

impl Schema {
    /// Parses and validates `sdl`, with AppSync's directives and scalars declared.
    pub(crate) fn build(sdl: &Source) -> Result<Self, Vec<Diagnostic>> {
        let definitions = definitions(sdl)?;
        let implementers = definitions.implementers_map();
        let leaves = definitions.types.iter().filter_map(|(name, ty)| Some((name.clone(), leaf_of(ty)?))).collect();
        Ok(Self { definitions, implementers, leaves })
    }

    /// The type as execution sees it.
    pub(crate) fn shape(&self, ty: &Type) -> Shape {
        match ty {
            Type::Named(name) => match self.leaves.get(name) {
                Some(leaf) => Shape::Leaf(leaf.clone()),
                None => Shape::Composite(name.clone()),
            },
            Type::NonNullNamed(name) => Shape::NonNull(Box::new(self.shape(&Type::Named(name.clone())))),
            Type::List(item) => Shape::List(Box::new(self.shape(item))),
            Type::NonNullList(item) => Shape::NonNull(Box::new(Shape::List(Box::new(self.shape(item))))),
        }
    }

    /// The scalar or enum called `name`.
    pub(crate) fn leaf(&self, name: &str) -> Option<&Leaf> {
        self.leaves.get(name)
    }

    /// Whether an object type satisfies a fragment's type condition.
    pub(crate) fn applies(&self, condition: &str, object: &str) -> bool {
        condition == object || self.definitions.is_subtype(condition, object)
    }

    /// Whether `name` is an object type.
    pub(crate) fn is_object(&self, name: &str) -> bool {
        self.definitions.get_object(name).is_some()
    }

    /// The root type of an operation type.
    pub(crate) fn root(&self, operation: OperationType) -> Option<&Name> {
        self.definitions.root_operation(operation)
    }
}

/// The types of a schema as AppSync reads it: its directives and scalars are declared, old spellings are understood.
///
/// # Errors
/// Everything that is wrong with it.
pub fn definitions(sdl: &Source) -> Result<Valid<Definitions>, Vec<Diagnostic>> {
    if sdl.code.len() > limits::SCHEMA_BYTES {
        let message = format!("schema is larger than {} bytes", limits::SCHEMA_BYTES);
        return Err(vec![Diagnostic::of_resource(&sdl.name, message)]);
    }
    Definitions::builder()
        .parse(prelude::for_schema(&sdl.code), "appsync.graphql")
        .parse(prelude::modernise(&sdl.code), &sdl.name)
        .build()
        .and_then(Definitions::validate)
        .map_err(|invalid| diagnostics(&invalid.errors, &sdl.name))
}

fn leaf_of(ty: &ExtendedType) -> Option<Leaf> {
    match ty {
        ExtendedType::Scalar(scalar) => Some(Leaf::scalar(&scalar.name)),
        ExtendedType::Enum(definition) => {
            let values: HashSet<_> = definition.values.keys().map(|value| value.as_str().to_owned()).collect();
            Some(Leaf::Enum { name: definition.name.as_str().into(), values: Arc::new(values) })
        }
        _ => None,
    }
}

pub(crate) fn diagnostics(errors: &DiagnosticList, file: &str) -> Vec<Diagnostic> {
    errors
        .iter()
        .map(|error| {
            let at = error.line_column_range().map(|range| range.start);
            let number = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
            Diagnostic {
                file: file.to_owned(),
                line: number(at.as_ref().map(|at| at.line)),
                column: number(at.as_ref().map(|at| at.column)),
                message: error.error.to_string(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(sdl: &str) -> Result<Schema, Vec<Diagnostic>> {
        Schema::build(&Source { name: "schema.graphql".into(), code: sdl.into() })
    }

    #[test]
    fn directives_and_scalars_of_appsync_need_no_declaration() {
        let schema = build(
            r#"type Query { now: AWSDateTime! @aws_cognito_user_pools(cognito_groups: ["a"]) tags: [String!] }
               type Mutation { touch: ID @aws_iam @aws_api_key }
               type Subscription { onTouch: ID @aws_subscribe(mutations: ["touch"]) }"#,
        )
        .map_err(|errors| errors[0].to_string());
        assert!(matches!(schema, Ok(schema) if schema.leaf("AWSDateTime").is_some()));
    }

    #[test]
    fn a_schema_may_declare_them_all_the_same() {
        let declared =
            "directive @aws_iam on OBJECT | FIELD_DEFINITION\nscalar AWSJSON\ntype Query { a: AWSJSON @aws_iam }";
        assert!(build(declared).is_ok());
    }

    #[test]
    fn commas_between_interfaces_are_understood() {
        let old =
            "interface A { id: ID }\ninterface B { id: ID }\ntype T implements A, B { id: ID }\ntype Query { t: T }";
        assert!(build(old).is_ok());
    }

    #[test]
    fn mistakes_have_a_place_in_the_users_file() {
        let errors = build("type Query {\n  a: Missing\n}").map(|_| ()).unwrap_err();
        assert_eq!((errors[0].file.as_str(), errors[0].line, errors[0].column), ("schema.graphql", 2, 6));
    }
}

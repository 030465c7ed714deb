//! A schema that an API can be served with: valid, with AppSync's directives and scalars.

use apollo_compiler::{ExecutableDocument, Schema, introspection, response::JsonMap, validation::Valid};
use resolver::Source;
use serde_json::Value;

use crate::Error;

/// A valid schema.
pub(crate) struct Whole {
    definitions: Valid<Schema>,
}

/// The introspection query of clients, with a place for what is asked.
const FRAGMENTS: &str = "
fragment Type on __Type {
  kind name description
  fields(includeDeprecated: true) {
    name description args { ...Input } type { ...Ref } isDeprecated deprecationReason
  }
  inputFields { ...Input }
  interfaces { ...Ref }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...Ref }
}
fragment Input on __InputValue { name description type { ...Ref } defaultValue }
fragment Ref on __Type {
  kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name } } } } } } }
}";

impl Whole {
    /// Holds `sdl` against the rules of GraphQL.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn check(sdl: &str) -> Result<Self, Vec<appsync::Diagnostic>> {
        let source = Source { name: super::FILE.to_owned(), code: sdl.to_owned() };
        Ok(Self { definitions: appsync::schema_definitions(&source)? })
    }

    /// Whether the object type `type_name` has `field`.
    pub(crate) fn has_field(&self, type_name: &str, field: &str) -> bool {
        self.definitions.get_object(type_name).is_some_and(|object| object.fields.contains_key(field))
    }

    /// `{"data": {"__schema": ...}}`.
    pub(crate) fn introspect(&self, with_directives: bool) -> Result<Value, Error> {
        let directives = "directives { name description locations args { ...Input } }";
        let roots = "queryType { name } mutationType { name } subscriptionType { name }";
        let mut answer = self.ask(&format!("{{ __schema {{ {roots} types {{ ...Type }} {directives} }} }}"))?;
        if !with_directives {
            answer["__schema"]["directives"] = Value::Array(Vec::new());
        }
        Ok(serde_json::json!({ "data": answer }))
    }

    /// What introspection says of one type.
    pub(crate) fn introspect_type(&self, name: &str) -> Result<Value, Error> {
        let mut answer = self.ask(&format!("{{ __type(name: {}) {{ ...Type }} }}", Value::from(name)))?;
        Ok(answer["__type"].take())
    }

    fn ask(&self, query: &str) -> Result<Value, Error> {
        let wrong = |cause: String| Error::GraphqlSchema(format!("The schema cannot be introspected: {cause}"));
        let text = format!("{query}{FRAGMENTS}");
        let document = ExecutableDocument::parse_and_validate(&self.definitions, text, "introspection.graphql")
            .map_err(|invalid| wrong(invalid.errors.to_string()))?;
        let operation = document.operations.get(None).map_err(|error| wrong(error.message().to_string()))?;
        let (implementers, variables) = (self.definitions.implementers_map(), Valid::assume_valid(JsonMap::new()));
        let answer = introspection::partial_execute(&self.definitions, &implementers, &document, operation, &variables)
            .map_err(|error| wrong(error.message().to_string()))?;
        serde_json::to_value(answer.data).map_err(|error| wrong(error.to_string()))
    }
}

//! SDL as it was uploaded, without what AppSync declares for everybody: its types by name, read, changed and printed.

use apollo_compiler::{
    Node,
    ast::{Definition, DirectiveList, Document, FieldDefinition, InputValueDefinition},
};

use crate::Error;

/// AWS's answer to text that is no SDL.
pub(crate) const NOT_SDL: &str = "Failed to parse schema document - ensure it's a valid SDL-formatted document.";

/// The definitions of a schema.
#[derive(Debug, Clone)]
pub(crate) struct Sdl {
    document: Document,
}

impl Sdl {
    /// Reads text that may be a part of a schema.
    ///
    /// # Errors
    /// `BadRequest` for text that is no SDL.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Ok(Self { document: Document::new() });
        }
        let document = Document::parse(appsync::modern_sdl(text), super::FILE).map_err(|_| Error::bad(NOT_SDL))?;
        if document.definitions.iter().any(Definition::is_executable_definition) {
            return Err(Error::bad(NOT_SDL));
        }
        Ok(Self { document })
    }

    /// Its types in their order.
    pub(crate) fn types(&self) -> impl Iterator<Item = (&str, &Definition)> {
        self.document
            .definitions
            .iter()
            .filter(|definition| is_type(definition))
            .filter_map(|definition| Some((definition.name()?.as_str(), definition)))
    }

    /// The type called `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Definition> {
        self.types().find(|(known, _)| *known == name).map(|(_, definition)| definition)
    }

    /// The one type that the text defines, with its name.
    ///
    /// # Errors
    /// `BadRequest` if it defines more, or something else.
    pub(crate) fn only_type(&self) -> Result<(String, Definition), Error> {
        match &self.document.definitions[..] {
            [definition] if is_type(definition) => {
                let name = definition.name().map(ToString::to_string).unwrap_or_default();
                Ok((name, definition.clone()))
            }
            _ => Err(Error::bad("The definition must consist of exactly one type.")),
        }
    }

    /// Adds a type.
    pub(crate) fn push(&mut self, definition: Definition) {
        self.document.definitions.push(definition);
    }

    /// Puts `definition` in the place of the type called `name`, or takes that out.
    pub(crate) fn replace(&mut self, name: &str, definition: Option<Definition>) {
        let is_it = |known: &Definition| is_type(known) && known.name().is_some_and(|known| known == name);
        let place = self.document.definitions.iter().position(is_it);
        match (place, definition) {
            (Some(place), Some(definition)) => self.document.definitions[place] = definition,
            (Some(place), None) => {
                self.document.definitions.remove(place);
            }
            (None, _) => {}
        }
    }

    /// Whether there is anything to send queries to.
    pub(crate) fn has_root(&self) -> bool {
        let is_schema = |definition: &Definition| matches!(definition, Definition::SchemaDefinition(_));
        self.get("Query").is_some() || self.document.definitions.iter().any(is_schema)
    }

    /// The text, with or without the directives that were applied.
    pub(crate) fn print(&self, with_directives: bool) -> String {
        if with_directives {
            return self.document.to_string();
        }
        let mut plain = self.document.clone();
        plain.definitions.iter_mut().for_each(strip);
        plain.to_string()
    }
}

/// The text of one type.
pub(crate) fn text_of(definition: &Definition) -> String {
    definition.to_string().trim_end().to_owned()
}

/// What the type says of itself.
pub(crate) fn description_of(definition: &Definition) -> Option<String> {
    let description = match definition {
        Definition::ScalarTypeDefinition(node) => node.description.as_ref(),
        Definition::ObjectTypeDefinition(node) => node.description.as_ref(),
        Definition::InterfaceTypeDefinition(node) => node.description.as_ref(),
        Definition::UnionTypeDefinition(node) => node.description.as_ref(),
        Definition::EnumTypeDefinition(node) => node.description.as_ref(),
        Definition::InputObjectTypeDefinition(node) => node.description.as_ref(),
        _ => None,
    };
    description.map(|text| text.to_string())
}

fn is_type(definition: &Definition) -> bool {
    matches!(
        definition,
        Definition::ScalarTypeDefinition(_)
            | Definition::ObjectTypeDefinition(_)
            | Definition::InterfaceTypeDefinition(_)
            | Definition::UnionTypeDefinition(_)
            | Definition::EnumTypeDefinition(_)
            | Definition::InputObjectTypeDefinition(_)
    )
}

/// Takes every applied directive out of a definition.
fn strip(definition: &mut Definition) {
    match definition {
        Definition::SchemaDefinition(node) => node.make_mut().directives = DirectiveList::new(),
        Definition::ScalarTypeDefinition(node) => node.make_mut().directives = DirectiveList::new(),
        Definition::UnionTypeDefinition(node) => node.make_mut().directives = DirectiveList::new(),
        Definition::ObjectTypeDefinition(node) => {
            let node = node.make_mut();
            node.directives = DirectiveList::new();
            node.fields.iter_mut().for_each(strip_field);
        }
        Definition::InterfaceTypeDefinition(node) => {
            let node = node.make_mut();
            node.directives = DirectiveList::new();
            node.fields.iter_mut().for_each(strip_field);
        }
        Definition::InputObjectTypeDefinition(node) => {
            let node = node.make_mut();
            node.directives = DirectiveList::new();
            node.fields.iter_mut().for_each(strip_value);
        }
        Definition::EnumTypeDefinition(node) => {
            let node = node.make_mut();
            node.directives = DirectiveList::new();
            node.values.iter_mut().for_each(|value| value.make_mut().directives = DirectiveList::new());
        }
        _ => {}
    }
}

fn strip_field(field: &mut Node<FieldDefinition>) {
    let field = field.make_mut();
    field.directives = DirectiveList::new();
    field.arguments.iter_mut().for_each(strip_value);
}

fn strip_value(value: &mut Node<InputValueDefinition>) {
    value.make_mut().directives = DirectiveList::new();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_left_out_everywhere() {
        let text = "type Query @aws_iam { a(b: ID @x): ID @aws_oidc } enum E @x { A @x } input I { a: ID @x }
            interface N @x { a: ID @x } union U @x = Query scalar S @x schema @x { query: Query }";
        let sdl = Sdl::parse(text).expect("SDL");
        assert_eq!(sdl.print(true).matches('@').count(), 11);
        assert!(!sdl.print(false).contains('@'), "{}", sdl.print(false));
        assert_eq!(sdl.types().map(|(name, _)| name).collect::<Vec<_>>(), ["Query", "E", "I", "N", "U", "S"]);
    }

    #[test]
    fn definitions_are_put_in_place_of_others() {
        let mut sdl = Sdl::parse("type A { a: ID } type B { b: ID }").expect("SDL");
        let (name, definition) = Sdl::parse("\"New.\" type A { c: ID }").expect("SDL").only_type().expect("one");
        assert_eq!(description_of(&definition).as_deref(), Some("New."));
        sdl.replace(&name, Some(definition));
        sdl.replace("B", None);
        assert_eq!(
            sdl.print(true).split_whitespace().collect::<Vec<_>>().join(" "),
            "\"\"\"New.\"\"\" type A { c: ID }"
        );
        assert!(!sdl.has_root());
    }

    #[test]
    fn only_a_type_is_a_type() {
        for text in ["", "type A { a: ID } type B { b: ID }", "extend type A { a: ID }", "schema { query: A }"] {
            assert!(Sdl::parse(text).is_ok_and(|sdl| sdl.only_type().is_err()), "{text}");
        }
        for text in ["{ a }", "type A {", "query Q { a }"] {
            assert!(Sdl::parse(text).is_err(), "{text}");
        }
    }
}

//! The types of a schema's document: each definition together with its extensions.

use apollo_compiler::{
    Name, Node,
    ast::{self, Definition, Directive, FieldDefinition, InputValueDefinition},
    parser::SourceMap,
};
use indexmap::IndexMap;

/// What a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Interface,
    Union,
    Enum,
    Input,
    Scalar,
}

/// A definition with its extensions.
pub(super) struct Raw {
    pub(super) kind: Kind,
    pub(super) name: Name,
    pub(super) at: (u32, u32),
    pub(super) description: Option<Node<str>>,
    pub(super) directives: Vec<Node<Directive>>,
    pub(super) implements: Vec<Name>,
    pub(super) fields: Vec<Node<FieldDefinition>>,
    pub(super) inputs: Vec<Node<InputValueDefinition>>,
    pub(super) members: Vec<Name>,
    pub(super) values: Vec<Node<ast::EnumValueDefinition>>,
}

/// The types of a document, in order.
pub(super) fn types(document: &ast::Document) -> IndexMap<Name, Raw> {
    let mut types: IndexMap<Name, Raw> = IndexMap::new();
    for definition in &document.definitions {
        let Some(mut raw) = raw(definition, &document.sources) else { continue };
        match types.get_mut(&raw.name) {
            Some(known) => {
                known.description = known.description.take().or(raw.description);
                known.directives.append(&mut raw.directives);
                known.implements.append(&mut raw.implements);
                known.fields.append(&mut raw.fields);
                known.inputs.append(&mut raw.inputs);
                known.members.append(&mut raw.members);
                known.values.append(&mut raw.values);
            }
            None => {
                types.insert(raw.name.clone(), raw);
            }
        }
    }
    types
}

/// A type's definition or extension; what is no type has no part in the merge.
fn raw(definition: &Definition, files: &SourceMap) -> Option<Raw> {
    macro_rules! raw {
        ($ty:ident, $kind:ident, $description:expr $(, $member:ident: $from:ident)*) => {{
            let mut raw = Raw::new(Kind::$kind, &$ty.name, place($ty.location(), files), &$ty.directives);
            raw.description = $description;
            $(raw.$member = $ty.$from.clone();)*
            raw
        }};
    }
    Some(match definition {
        Definition::ObjectTypeDefinition(ty) => {
            raw!(ty, Object, ty.description.clone(), implements: implements_interfaces, fields: fields)
        }
        Definition::ObjectTypeExtension(ty) => {
            raw!(ty, Object, None, implements: implements_interfaces, fields: fields)
        }
        Definition::InterfaceTypeDefinition(ty) => {
            raw!(ty, Interface, ty.description.clone(), implements: implements_interfaces, fields: fields)
        }
        Definition::InterfaceTypeExtension(ty) => {
            raw!(ty, Interface, None, implements: implements_interfaces, fields: fields)
        }
        Definition::UnionTypeDefinition(ty) => raw!(ty, Union, ty.description.clone(), members: members),
        Definition::UnionTypeExtension(ty) => raw!(ty, Union, None, members: members),
        Definition::EnumTypeDefinition(ty) => raw!(ty, Enum, ty.description.clone(), values: values),
        Definition::EnumTypeExtension(ty) => raw!(ty, Enum, None, values: values),
        Definition::InputObjectTypeDefinition(ty) => raw!(ty, Input, ty.description.clone(), inputs: fields),
        Definition::InputObjectTypeExtension(ty) => raw!(ty, Input, None, inputs: fields),
        Definition::ScalarTypeDefinition(ty) => raw!(ty, Scalar, ty.description.clone()),
        _ => return None,
    })
}

impl Raw {
    fn new(kind: Kind, name: &Name, at: (u32, u32), directives: &[Node<Directive>]) -> Self {
        Self {
            kind,
            name: name.clone(),
            at,
            description: None,
            directives: directives.to_vec(),
            implements: Vec::new(),
            fields: Vec::new(),
            inputs: Vec::new(),
            members: Vec::new(),
            values: Vec::new(),
        }
    }
}

/// Line and column, 1-based.
pub(super) fn place(span: Option<apollo_compiler::parser::SourceSpan>, files: &SourceMap) -> (u32, u32) {
    let number = |n: usize| u32::try_from(n).unwrap_or_default();
    let at = span.and_then(|span| span.line_column(files));
    at.map_or((0, 0), |at| (number(at.line), number(at.column)))
}

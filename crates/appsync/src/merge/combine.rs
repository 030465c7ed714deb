//! Types of one name from several sources become one: the canonical one, or the union of their fields.

use apollo_compiler::{
    Name, Node,
    ast::{
        Argument, Definition, DirectiveList, EnumTypeDefinition, FieldDefinition, InputObjectTypeDefinition,
        InputValueDefinition, InterfaceTypeDefinition, ObjectTypeDefinition, ScalarTypeDefinition, UnionTypeDefinition,
        Value,
    },
    name,
};
use indexmap::IndexMap;

use super::{
    Declared, authorization,
    part::{FieldPart, SchemaPart, TypePart},
    raw::Kind,
};
use crate::{ApiConfig, Diagnostic};

/// The merged schema.
pub(super) struct Combined {
    pub(super) definitions: Vec<Definition>,
    pub(super) declared: Declared,
    pub(super) conflicts: Vec<Diagnostic>,
}

struct Combining<'a> {
    api: &'a ApiConfig,
    sources: &'a [ApiConfig],
    declared: Declared,
    conflicts: Vec<Diagnostic>,
}

impl Combined {
    pub(super) fn of(api: &ApiConfig, sources: &[ApiConfig], parts: &[SchemaPart]) -> Self {
        let mut by_name: IndexMap<&Name, Vec<&TypePart>> = IndexMap::new();
        for ty in parts.iter().flat_map(|part| &part.types) {
            by_name.entry(&ty.name).or_default().push(ty);
        }
        let mut combining = Combining { api, sources, declared: Declared::new(), conflicts: Vec::new() };
        let combined = by_name.into_values().filter_map(|parts| combining.ty(parts)).filter_map(definition);
        let definitions = combined.collect();
        Self { definitions, declared: combining.declared, conflicts: combining.conflicts }
    }
}

impl Combining<'_> {
    fn report(&mut self, source: usize, at: (u32, u32), message: String) {
        let file = self.sources[source].schema.name.clone();
        self.conflicts.push(Diagnostic { file, line: at.0, column: at.1, message });
    }

    fn ty(&mut self, parts: Vec<&TypePart>) -> Option<TypePart> {
        let canonical: Vec<_> = parts.iter().copied().filter(|part| part.is_canonical).collect();
        let parts = match canonical[..] {
            [] => parts,
            [only] => vec![only],
            [_, second, ..] => {
                let message = "Multiple subschemas cannot declare the same type as canonical".to_owned();
                self.report(second.source, second.at, message);
                return None;
            }
        };
        let (first, rest) = parts.split_first()?;
        if let Some(other) = rest.iter().find(|other| other.kind != first.kind) {
            self.conflict(other.source, other.at, &first.name, "types of different kinds");
            return None;
        }
        let mut combined = TypePart { fields: Vec::new(), inputs: Vec::new(), ..(*first).clone() };
        for part in rest {
            combined.description = combined.description.take().or_else(|| part.description.clone());
            add_new(&mut combined.implements, &part.implements, |one, other| one == other);
            add_new(&mut combined.members, &part.members, |one, other| one == other);
            add_new(&mut combined.values, &part.values, |one, other| one.value == other.value);
        }
        combined.fields = self.fields(&first.name, first.kind, &parts);
        let mut inputs: Vec<Node<InputValueDefinition>> = Vec::new();
        for part in &parts {
            self.inputs(&mut inputs, &part.inputs, part.source, part.at);
        }
        combined.inputs = inputs;
        Some(combined)
    }

    fn fields(&mut self, ty: &Name, kind: Kind, parts: &[&TypePart]) -> Vec<FieldPart> {
        let mut by_name: IndexMap<&Name, Vec<(usize, &FieldPart)>> = IndexMap::new();
        for part in parts {
            for field in &part.fields {
                by_name.entry(&field.definition.name).or_default().push((part.source, field));
            }
        }
        by_name.into_values().filter_map(|declarations| self.field(ty, kind, declarations)).collect()
    }

    fn field(&mut self, ty: &Name, kind: Kind, declarations: Vec<(usize, &FieldPart)>) -> Option<FieldPart> {
        let canonical: Vec<_> = declarations.iter().copied().filter(|(_, field)| field.is_canonical).collect();
        let declarations = match canonical[..] {
            [] => declarations,
            [only] => vec![only],
            [_, (source, second), ..] => {
                // The guide quotes it.
                let message = "Multiple subschemas cannot declare the same field as canonical".to_owned();
                self.report(source, second.at, message);
                return None;
            }
        };
        let (_, first) = *declarations.first()?;
        let mut combined = first.clone();
        let mut directives = Vec::new();
        let mut arguments = Vec::new();
        for (source, declaration) in &declarations {
            let FieldDefinition { ty, arguments: own, directives: given, name, .. } = &declaration.definition;
            if *ty != first.definition.ty {
                self.conflict(*source, declaration.at, name, "fields with different types");
            }
            self.inputs(&mut arguments, own, *source, declaration.at);
            directives.extend(given.0.iter().cloned());
        }
        combined.definition.arguments = arguments;
        combined.definition.directives = DirectiveList(self.directives(directives, kind));
        let sources = declarations.iter().map(|(source, _)| *source).collect();
        self.declared.insert((ty.to_string(), combined.definition.name.to_string()), sources);
        Some(combined)
    }

    fn directives(
        &self,
        all: Vec<Node<apollo_compiler::ast::Directive>>,
        kind: Kind,
    ) -> Vec<Node<apollo_compiler::ast::Directive>> {
        let (modes, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|directive| authorization::is(directive));
        let mut directives = Vec::new();
        add_new(&mut directives, &others, |one: &Node<apollo_compiler::ast::Directive>, other| one.name == other.name);
        for directive in directives.iter_mut().filter(|directive| directive.name == "aws_subscribe") {
            // Whoever listens to a field hears the mutations of every source.
            let all = others.iter().filter(|other| other.name == "aws_subscribe").flat_map(|other| mutations(other));
            let mut heard = Vec::new();
            add_new(&mut heard, &all.collect::<Vec<_>>(), |one: &Node<Value>, other| one == other);
            let argument = Argument { name: name!("mutations"), value: Node::new(Value::List(heard)) };
            directive.make_mut().arguments = vec![Node::new(argument)];
        }
        let modes = authorization::union(modes);
        let needless = authorization::is_default(&modes, self.api.default_mode) && !self.api.deny_by_default;
        if kind == Kind::Object && !needless {
            directives.extend(modes);
        }
        directives
    }

    /// Arguments, or fields of inputs: the union of both.
    fn inputs(
        &mut self,
        known: &mut Vec<Node<InputValueDefinition>>,
        more: &[Node<InputValueDefinition>],
        source: usize,
        at: (u32, u32),
    ) {
        for input in more {
            match known.iter().find(|known| known.name == input.name) {
                Some(known) if known.ty == input.ty => {}
                Some(_) => self.conflict(source, at, &input.name, "fields with different types"),
                None => known.push(input.clone()),
            }
        }
    }

    /// In the words that the guide quotes of fields with different types.
    fn conflict(&mut self, source: usize, at: (u32, u32), name: &Name, what: &str) {
        let message =
            format!("Unable to resolve conflict on object with name {name}: Merging is not supported for {what}.");
        self.report(source, at, message);
    }
}

fn add_new<T: Clone>(known: &mut Vec<T>, more: &[T], same: impl Fn(&T, &T) -> bool) {
    for each in more {
        if !known.iter().any(|known| same(known, each)) {
            known.push(each.clone());
        }
    }
}

/// The type in the merged schema; `None` where everything in it is hidden.
fn definition(ty: TypePart) -> Option<Definition> {
    let TypePart { name, kind, description, implements, fields, inputs, members, values, .. } = ty;
    let fields: Vec<_> = fields.into_iter().map(|field| Node::new(field.definition)).collect();
    let is_empty = fields.is_empty() && inputs.is_empty() && members.is_empty() && values.is_empty();
    let (directives, implements_interfaces) = (DirectiveList::default(), implements);
    Some(match kind {
        Kind::Scalar => {
            Definition::ScalarTypeDefinition(Node::new(ScalarTypeDefinition { description, name, directives }))
        }
        _ if is_empty => return None,
        Kind::Object => Definition::ObjectTypeDefinition(Node::new(ObjectTypeDefinition {
            description,
            name,
            implements_interfaces,
            directives,
            fields,
        })),
        Kind::Interface => Definition::InterfaceTypeDefinition(Node::new(InterfaceTypeDefinition {
            description,
            name,
            implements_interfaces,
            directives,
            fields,
        })),
        Kind::Union => {
            Definition::UnionTypeDefinition(Node::new(UnionTypeDefinition { description, name, directives, members }))
        }
        Kind::Enum => {
            Definition::EnumTypeDefinition(Node::new(EnumTypeDefinition { description, name, directives, values }))
        }
        Kind::Input => Definition::InputObjectTypeDefinition(Node::new(InputObjectTypeDefinition {
            description,
            name,
            directives,
            fields: inputs,
        })),
    })
}

/// The mutations that `@aws_subscribe` names.
fn mutations(directive: &apollo_compiler::ast::Directive) -> Vec<Node<Value>> {
    match directive.specified_argument_by_name("mutations").map(|mutations| &**mutations) {
        Some(Value::List(mutations)) => mutations.clone(),
        Some(one) => vec![Node::new(one.clone())],
        None => Vec::new(),
    }
}

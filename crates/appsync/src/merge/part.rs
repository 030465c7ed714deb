//! What one source API brings: its types with their new names, without what it hides.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Node,
    ast::{self, Definition, Directive, FieldDefinition, InputValueDefinition, OperationType, Type, Value},
    parser::SourceMap,
};

use super::{
    authorization,
    raw::{self, Kind, Raw, place},
};
use crate::{ApiConfig, Diagnostic, limits, schema};

/// Directives that speak to the merge alone.
const MERGE_DIRECTIVES: [&str; 3] = ["canonical", "hidden", "renamed"];

/// The schema of a source API, ready to be combined with others.
pub(super) struct SchemaPart {
    pub(super) types: Vec<TypePart>,
    names: Names,
}

/// A type of one source, under its name in the merged API.
#[derive(Clone)]
pub(super) struct TypePart {
    pub(super) source: usize,
    pub(super) name: Name,
    pub(super) kind: Kind,
    pub(super) is_canonical: bool,
    pub(super) at: (u32, u32),
    pub(super) description: Option<Node<str>>,
    pub(super) implements: Vec<Name>,
    pub(super) fields: Vec<FieldPart>,
    pub(super) inputs: Vec<Node<InputValueDefinition>>,
    pub(super) members: Vec<Name>,
    pub(super) values: Vec<Node<ast::EnumValueDefinition>>,
}

/// A field of an object type or interface.
#[derive(Clone)]
pub(super) struct FieldPart {
    pub(super) definition: FieldDefinition,
    pub(super) is_canonical: bool,
    pub(super) at: (u32, u32),
}

/// Old names and new ones.
#[derive(Default)]
struct Names {
    hidden: HashSet<Name>,
    types: HashMap<Name, Name>,
    hidden_fields: HashSet<(Name, Name)>,
    fields: HashMap<(Name, Name), Name>,
    mutation: Option<Name>,
}

impl SchemaPart {
    pub(super) fn read(index: usize, source: &ApiConfig) -> Result<Self, Vec<Diagnostic>> {
        let sdl = &source.schema;
        if sdl.code.len() > limits::SCHEMA_BYTES {
            let message = format!("schema is larger than {} bytes", limits::SCHEMA_BYTES);
            return Err(vec![Diagnostic::of_resource(&sdl.name, message)]);
        }
        let document = ast::Document::parse(schema::modernise(&sdl.code), &sdl.name)
            .map_err(|invalid| schema::diagnostics(&invalid.errors, &sdl.name))?;
        let raw = raw::types(&document);
        let names = Names::of(&document, raw.values());
        let types = raw.into_values().filter_map(|raw| names.part(index, raw, source, &document.sources)).collect();
        Ok(Self { types, names })
    }

    /// A field's type and name in the merged API; `None` where the source hides it.
    pub(super) fn renamed(&self, ty: &str, field: &str) -> Option<(String, String)> {
        let (ty, field) = (Name::new(ty).ok()?, Name::new(field).ok()?);
        let names = &self.names;
        let key = (ty, field);
        if names.hidden.contains(&key.0) || names.hidden_fields.contains(&key) {
            return None;
        }
        Some((names.ty(&key.0).to_string(), names.field(&key.0, &key.1).to_string()))
    }

    /// Fields with a new name: type and field as the source calls them.
    pub(super) fn renamed_fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.fields.keys().map(|(ty, field)| (ty.as_str(), field.as_str()))
    }
}

impl Names {
    fn of<'r>(document: &ast::Document, types: impl Iterator<Item = &'r Raw>) -> Self {
        let mut names = Self { types: root_names(document), ..Self::default() };
        let mutations = names.types.iter().find(|(_, new)| *new == "Mutation").map(|(own, _)| own.clone());
        names.mutation = mutations.or_else(|| Name::new("Mutation").ok());
        for ty in types {
            if has(&ty.directives, "hidden") {
                names.hidden.insert(ty.name.clone());
            }
            if let Some(new) = renamed_to(&ty.directives) {
                names.types.insert(ty.name.clone(), new);
            }
            for field in &ty.fields {
                let key = (ty.name.clone(), field.name.clone());
                if has(&field.directives, "hidden") {
                    names.hidden_fields.insert(key);
                } else if let Some(new) = renamed_to(&field.directives) {
                    names.fields.insert(key, new);
                }
            }
        }
        names
    }

    fn ty(&self, name: &Name) -> Name {
        self.types.get(name).unwrap_or(name).clone()
    }

    fn field(&self, ty: &Name, field: &Name) -> Name {
        self.fields.get(&(ty.clone(), field.clone())).unwrap_or(field).clone()
    }

    fn part(&self, source: usize, raw: Raw, config: &ApiConfig, files: &SourceMap) -> Option<TypePart> {
        if self.hidden.contains(&raw.name) {
            return None;
        }
        let fields = raw.fields.iter().filter_map(|field| self.field_part(&raw, field, config, files)).collect();
        let shown = |names: &[Name]| -> Vec<Name> {
            names.iter().filter(|name| !self.hidden.contains(*name)).map(|name| self.ty(name)).collect()
        };
        Some(TypePart {
            source,
            name: self.ty(&raw.name),
            kind: raw.kind,
            is_canonical: has(&raw.directives, "canonical"),
            at: raw.at,
            implements: shown(&raw.implements),
            members: shown(&raw.members),
            fields,
            inputs: raw.inputs.iter().filter_map(|input| self.input(input)).collect(),
            description: raw.description,
            values: raw.values,
        })
    }

    /// A field, unless it is hidden or of a type that is.
    fn field_part(
        &self,
        ty: &Raw,
        field: &Node<FieldDefinition>,
        config: &ApiConfig,
        files: &SourceMap,
    ) -> Option<FieldPart> {
        let key = (ty.name.clone(), field.name.clone());
        if self.hidden_fields.contains(&key) || self.hidden.contains(field.ty.inner_named_type()) {
            return None;
        }
        let arguments: Option<Vec<_>> = field.arguments.iter().map(|argument| self.input(argument)).collect();
        let mut directives: Vec<_> =
            field.directives.iter().filter_map(|directive| self.field_directive(directive)).collect();
        if ty.kind == Kind::Object {
            let modes = authorization::effective(&field.directives.0, &ty.directives, config);
            directives.extend(modes);
        }
        let definition = FieldDefinition {
            description: field.description.clone(),
            name: self.field(&key.0, &key.1),
            arguments: arguments?,
            ty: self.retyped(&field.ty),
            directives: ast::DirectiveList(directives),
        };
        let is_canonical = has(&field.directives, "canonical");
        Some(FieldPart { definition, is_canonical, at: place(field.location(), files) })
    }

    /// An argument or a field of an input, unless its type is hidden.
    fn input(&self, input: &Node<InputValueDefinition>) -> Option<Node<InputValueDefinition>> {
        if self.hidden.contains(input.ty.inner_named_type()) {
            return None;
        }
        let mut input = input.clone();
        let value = input.make_mut();
        value.ty = Node::new(self.retyped(&value.ty));
        Some(input)
    }

    fn retyped(&self, ty: &Type) -> Type {
        match ty {
            Type::Named(name) => Type::Named(self.ty(name)),
            Type::NonNullNamed(name) => Type::NonNullNamed(self.ty(name)),
            Type::List(item) => Type::List(Box::new(self.retyped(item))),
            Type::NonNullList(item) => Type::NonNullList(Box::new(self.retyped(item))),
        }
    }

    /// A directive that goes into the merged schema as it is: none of the merge's and none of authorization;
    /// `@aws_subscribe` with the new names of mutations.
    fn field_directive(&self, directive: &Node<Directive>) -> Option<Node<Directive>> {
        if MERGE_DIRECTIVES.contains(&directive.name.as_str()) || authorization::is(directive) {
            return None;
        }
        let mut directive = directive.clone();
        if directive.name == "aws_subscribe" {
            for argument in &mut directive.make_mut().arguments {
                let renamed = self.mutations(&argument.value);
                argument.make_mut().value = Node::new(renamed);
            }
        }
        Some(directive)
    }

    fn mutations(&self, listed: &Value) -> Value {
        match listed {
            Value::List(names) => Value::List(names.iter().map(|name| Node::new(self.mutations(name))).collect()),
            Value::String(name) => {
                let renamed = self.mutation.as_ref().zip(Name::new(name).ok()).map(|(ty, name)| self.field(ty, &name));
                Value::String(renamed.map_or_else(|| name.clone(), |name| name.to_string()))
            }
            other => other.clone(),
        }
    }
}

fn has(directives: &[Node<Directive>], name: &str) -> bool {
    directives.iter().any(|directive| directive.name == name)
}

/// The argument of `@renamed(to: "Name")`.
fn renamed_to(directives: &[Node<Directive>]) -> Option<Name> {
    let renamed = directives.iter().find(|directive| directive.name == "renamed")?;
    Name::new(renamed.specified_argument_by_name("to")?.as_str()?).ok()
}

/// Root types have their usual names in the merged API.
fn root_names(document: &ast::Document) -> HashMap<Name, Name> {
    let roots = document.definitions.iter().filter_map(|definition| match definition {
        Definition::SchemaDefinition(schema) => Some(&schema.root_operations),
        Definition::SchemaExtension(schema) => Some(&schema.root_operations),
        _ => None,
    });
    let usual = |operation| match operation {
        OperationType::Query => apollo_compiler::name!("Query"),
        OperationType::Mutation => apollo_compiler::name!("Mutation"),
        OperationType::Subscription => apollo_compiler::name!("Subscription"),
    };
    roots.flatten().map(|root| (root.1.clone(), usual(root.0))).collect()
}

//! An operation compiled for execution: fragments merged, directives decided, resolvers and rules looked up.
//!
//! A plan belongs to one operation and one assignment of the variables that `@skip` and `@include` use.

pub(crate) mod arguments;
mod collect;
mod compile;
mod selection_text;

use std::{collections::HashMap, sync::Arc};

use apollo_compiler::{Name, Node, executable};
use auth::Identity;
use parking_lot::Mutex;

use crate::{Location, authorization::Rule, pipeline::Resolver, schema::Shape};
use arguments::Arguments;
pub(crate) use compile::{Compiler, PlanError};

/// A compiled operation.
pub(crate) struct Plan {
    pub(crate) operation: executable::OperationType,
    pub(crate) operation_name: Option<Name>,
    pub(crate) root: Arc<Fields>,
    /// Whether `__schema` or `__type` is selected.
    pub(crate) introspects: bool,
}

/// What is selected of one object type, in response order.
pub(crate) struct Fields {
    pub(crate) fields: Vec<Field>,
    /// Whether a resolver runs somewhere below.
    pub(crate) needs_fetch: bool,
}

/// One selected field: every occurrence of its response key merged.
pub(crate) struct Field {
    /// Unique in its plan.
    pub(crate) id: usize,
    /// Alias or name.
    pub(crate) key: Name,
    pub(crate) name: Name,
    pub(crate) parent: Name,
    pub(crate) shape: Shape,
    pub(crate) origin: Origin,
    pub(crate) arguments: Arguments,
    /// `None` for leaves.
    pub(crate) selection: Option<Selection>,
    pub(crate) location: Location,
    pub(crate) rule: Arc<Rule>,
    /// Beyond the API's query depth limit.
    pub(crate) too_deep: bool,
    /// The occurrences in the document.
    nodes: Vec<Node<executable::Field>>,
    compiler: Arc<Compiler>,
}

/// Where a field's value comes from.
#[derive(Clone)]
pub(crate) enum Origin {
    /// The parent's property of the field's name.
    Property,
    Resolver(Arc<Resolver>),
    Typename,
    /// `__schema` and `__type`.
    Introspection,
}

/// The selection set of a composite field.
pub(crate) enum Selection {
    Object(Arc<Fields>),
    Abstract(Abstract),
}

/// The selection set of an interface or union: compiled per object type, when one turns up.
pub(crate) struct Abstract {
    pub(crate) ty: Name,
    depth: usize,
    nodes: Vec<Node<executable::Field>>,
    compiled: Mutex<HashMap<Name, Arc<Fields>>>,
    compiler: Arc<Compiler>,
}

impl Abstract {
    /// The fields selected of `object`, or `None` where it is not one of the possible types.
    pub(crate) fn fields(&self, object: &str) -> Result<Option<Arc<Fields>>, PlanError> {
        if let Some(fields) = self.compiled.lock().get(object) {
            return Ok(Some(fields.clone()));
        }
        let Some(object) = self.compiler.possible_type(&self.ty, object) else { return Ok(None) };
        let fields = Arc::new(Compiler::fields(&self.compiler, &object, &self.nodes, self.depth)?);
        Ok(Some(self.compiled.lock().entry(object).or_insert(fields).clone()))
    }
}

impl Plan {
    /// Whether `identity` may read every field of the root.
    pub(crate) fn may_read_root(&self, identity: &Identity) -> bool {
        self.root.fields.iter().all(|field| field.rule.allows(identity, &field.parent, &field.name))
    }
}

impl Field {
    /// The unwrapped type's name.
    pub(crate) fn type_name(&self) -> &str {
        let mut shape = &self.shape;
        loop {
            match shape {
                Shape::NonNull(inner) | Shape::List(inner) => shape = inner,
                Shape::Leaf(leaf) => return leaf.name(),
                Shape::Composite(name) => return name,
            }
        }
    }

    /// `ctx.info.selectionSetList`.
    pub(crate) fn selection_set_list(&self) -> Vec<String> {
        selection_text::list(&self.compiler, self.type_name(), &self.nodes)
    }

    /// `ctx.info.selectionSetGraphQL`.
    pub(crate) fn selection_set_graphql(&self) -> String {
        selection_text::graphql(&self.nodes)
    }
}

//! Compiles a validated operation into a [`Plan`].

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    executable::{Field as FieldNode, Operation, SelectionSet},
    validation::Valid,
};
use parking_lot::Mutex;

use super::{Abstract, Field, Fields, Origin, Plan, Selection, arguments::Arguments, collect::Collector};
use crate::{
    GraphqlError, Location,
    authorization::{Authorizer, Rule},
    limits,
    pipeline::Resolvers,
    schema::{Schema, Shape},
    validation,
};

/// What compiling an operation needs to know; lives as long as the plan, whose abstract parts are compiled late.
pub(crate) struct Compiler {
    pub(crate) schema: Arc<Schema>,
    pub(crate) resolvers: Arc<Resolvers>,
    pub(crate) authorizer: Authorizer,
    pub(crate) document: Arc<Valid<ExecutableDocument>>,
    /// The values of the variables that `@skip` and `@include` use.
    pub(crate) conditions: HashMap<String, bool>,
    /// The API's query depth limit; 0 for none.
    pub(crate) depth_limit: usize,
    /// Fields compiled so far.
    pub(crate) compiled: AtomicUsize,
}

/// An operation that does not compile.
#[derive(Debug, Clone)]
pub(crate) struct PlanError(pub(crate) GraphqlError);

impl PlanError {
    fn too_large() -> Self {
        Self(GraphqlError {
            path: None,
            locations: None,
            message: "The selection set of the operation is too deep or too large once its fragments are merged."
                .into(),
            details: None,
        })
    }
}

impl Compiler {
    /// Compiles `operation`.
    pub(crate) fn plan(self, operation: &Operation) -> Result<Plan, PlanError> {
        let compiler = Arc::new(self);
        let object = operation.object_type().clone();
        let root = Self::selected(&compiler, &object, [&operation.selection_set], 0)?;
        let introspects = root.fields.iter().any(|field| matches!(field.origin, Origin::Introspection));
        Ok(Plan {
            operation: operation.operation_type,
            operation_name: operation.name.clone(),
            root: Arc::new(root),
            introspects,
        })
    }

    /// The fields that `nodes` select of the object type called `object`.
    pub(super) fn fields(
        this: &Arc<Self>,
        object: &Name,
        nodes: &[Node<FieldNode>],
        depth: usize,
    ) -> Result<Fields, PlanError> {
        Self::selected(this, object, nodes.iter().map(|node| &node.selection_set), depth)
    }

    /// `object` as a name of the schema, if it is a possible type of the interface or union `ty`.
    pub(super) fn possible_type(&self, ty: &str, object: &str) -> Option<Name> {
        let definition = self.schema.definitions.get_object(object)?;
        self.schema.applies(ty, object).then(|| definition.name.clone())
    }

    fn selected<'a>(
        this: &Arc<Self>,
        object: &Name,
        sets: impl IntoIterator<Item = &'a SelectionSet>,
        depth: usize,
    ) -> Result<Fields, PlanError> {
        if depth >= limits::SELECTION_DEPTH {
            return Err(PlanError::too_large());
        }
        let sets: Vec<&SelectionSet> = sets.into_iter().collect();
        let collected = Collector::collect(this, object, sets);
        let mut fields = Vec::with_capacity(collected.len());
        for (key, nodes) in collected {
            fields.push(Self::field(this, object, key, nodes, depth)?);
        }
        let needs_fetch = fields.iter().any(Field::needs_fetch);
        Ok(Fields { fields, needs_fetch })
    }

    fn field(
        this: &Arc<Self>,
        object: &Name,
        key: Name,
        nodes: Vec<Node<FieldNode>>,
        depth: usize,
    ) -> Result<Field, PlanError> {
        let id = this.compiled.fetch_add(1, Ordering::Relaxed);
        if id >= limits::PLAN_FIELDS {
            return Err(PlanError::too_large());
        }
        let first = &nodes[0];
        let name = first.name.clone();
        let location = this.location(first);
        let origin = this.origin(object, &name);
        let shape = this.schema.shape(first.ty());
        let selection = match &origin {
            Origin::Introspection => None,
            _ => Self::selection(this, &shape, &nodes, depth + 1)?,
        };
        Ok(Field {
            id,
            key,
            parent: object.clone(),
            shape,
            arguments: Arguments::compile(&this.schema, first)
                .map_err(|text| PlanError(validation::error("WrongType", &text, name.as_str(), location)))?,
            selection,
            location,
            rule: Arc::new(this.rule(object, &name)),
            too_deep: this.depth_limit > 0 && depth >= this.depth_limit && !name.starts_with("__"),
            name,
            origin,
            nodes,
            compiler: this.clone(),
        })
    }

    fn selection(
        this: &Arc<Self>,
        shape: &Shape,
        nodes: &[Node<FieldNode>],
        depth: usize,
    ) -> Result<Option<Selection>, PlanError> {
        match shape {
            Shape::NonNull(inner) | Shape::List(inner) => Self::selection(this, inner, nodes, depth),
            Shape::Leaf(_) => Ok(None),
            Shape::Composite(name) if this.schema.is_object(name) => {
                Ok(Some(Selection::Object(Arc::new(Self::fields(this, name, nodes, depth)?))))
            }
            Shape::Composite(name) => Ok(Some(Selection::Abstract(Abstract {
                ty: name.clone(),
                depth,
                nodes: nodes.to_vec(),
                compiled: Mutex::new(HashMap::new()),
                compiler: this.clone(),
            }))),
        }
    }

    fn origin(&self, object: &str, name: &str) -> Origin {
        match name {
            "__typename" => Origin::Typename,
            "__schema" | "__type" => Origin::Introspection,
            _ => self.resolvers.get(object, name).map_or(Origin::Property, |found| Origin::Resolver(found.clone())),
        }
    }

    fn rule(&self, object: &str, name: &str) -> Rule {
        match self.schema.definitions.get_object(object) {
            Some(definition) if !name.starts_with("__") => self.authorizer.rule(definition, name),
            _ => Rule::open(),
        }
    }

    fn location(&self, node: &Node<FieldNode>) -> Location {
        let at = node.location().and_then(|span| span.line_column(&self.document.sources));
        at.map_or(Location { line: 1, column: 1 }, |at| Location { line: at.line, column: at.column })
    }
}

impl Field {
    fn needs_fetch(&self) -> bool {
        matches!(self.origin, Origin::Resolver(_))
            || match &self.selection {
                None => false,
                Some(Selection::Object(fields)) => fields.needs_fetch,
                // Unknown until an object turns up.
                Some(Selection::Abstract(_)) => true,
            }
    }
}

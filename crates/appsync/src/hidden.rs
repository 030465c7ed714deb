//! An API whose introspection is disabled: the types that describe the schema have no fields there.
//!
//! Validation refuses such a query, as that of AppSync does: the error names the fields below `__schema` and `__type`,
//! not these two ("Configuring GraphQL run complexity, query depth, and introspection with AWS AppSync", developer guide).

use apollo_compiler::{
    ExecutableDocument,
    executable::{Field, Selection, SelectionSet},
    validation::Valid,
};

use crate::{GraphqlError, Location, validation};

/// An error for each field that introspection would answer.
pub(crate) fn introspected(document: &Valid<ExecutableDocument>) -> Vec<GraphqlError> {
    let mut search = Search { document, path: Vec::new(), errors: Vec::new() };
    for operation in document.operations.iter() {
        search.selections(&operation.selection_set);
    }
    for (name, fragment) in &document.fragments {
        search.path.push(name.to_string());
        search.selections(&fragment.selection_set);
        search.path.pop();
    }
    search.errors
}

struct Search<'d> {
    document: &'d ExecutableDocument,
    path: Vec<String>,
    errors: Vec<GraphqlError>,
}

impl Search<'_> {
    /// Recursion follows the text, whose nesting is bounded. Below a field that is not there nothing is looked at.
    fn selections(&mut self, set: &SelectionSet) {
        let hidden = set.ty.starts_with("__");
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    self.path.push(field.name.to_string());
                    if hidden && field.name != "__typename" {
                        self.refuse(&set.ty, field);
                    } else {
                        self.selections(&field.selection_set);
                    }
                    self.path.pop();
                }
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn refuse(&mut self, parent: &str, field: &Field) {
        let at = field.name.location().and_then(|span| span.line_column(&self.document.sources));
        let location = at.map_or(Location { line: 1, column: 1 }, |at| Location { line: at.line, column: at.column });
        let text = format!("Field '{}' in type '{parent}' is undefined", field.name);
        self.errors.push(validation::error("FieldUndefined", &text, &self.path.join("/"), location));
    }
}

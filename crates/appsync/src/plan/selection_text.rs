//! `ctx.info.selectionSetList` and `ctx.info.selectionSetGraphQL` (AppSync developer guide, "Info").

use apollo_compiler::{
    Node,
    executable::{Field, Selection, SelectionSet},
};

use super::{Compiler, collect::Collector};
use crate::limits;

/// Paths of selected fields, parents before children, aliases instead of names.
pub(super) fn list(compiler: &Compiler, ty: &str, nodes: &[Node<Field>]) -> Vec<String> {
    let mut paths = Vec::new();
    add_paths(compiler, ty, nodes, "", 0, &mut paths);
    paths
}

fn add_paths(
    compiler: &Compiler,
    ty: &str,
    nodes: &[Node<Field>],
    prefix: &str,
    depth: usize,
    paths: &mut Vec<String>,
) {
    if depth >= limits::SELECTION_DEPTH {
        return;
    }
    for (key, nodes) in Collector::collect(compiler, ty, nodes.iter().map(|node| &node.selection_set)) {
        if paths.len() >= limits::PLAN_FIELDS {
            return;
        }
        let path = if prefix.is_empty() { key.to_string() } else { format!("{prefix}/{key}") };
        paths.push(path.clone());
        let inner = nodes[0].ty().inner_named_type().clone();
        add_paths(compiler, &inner, &nodes, &path, depth + 1, paths);
    }
}

/// The selection set as text, two spaces per level, fragments kept as they are.
pub(super) fn graphql(nodes: &[Node<Field>]) -> String {
    let mut text = String::new();
    if nodes.iter().any(|node| !node.selection_set.is_empty()) {
        add_set(nodes.iter().map(|node| &node.selection_set), 0, &mut text);
    }
    text
}

/// Recursion follows the text of the query, whose nesting is bounded.
fn add_set<'a>(sets: impl Iterator<Item = &'a SelectionSet>, indent: usize, text: &mut String) {
    text.push_str("{\n");
    for selection in sets.flat_map(|set| &set.selections) {
        text.push_str(&"  ".repeat(indent + 1));
        add_selection(selection, indent + 1, text);
        text.push('\n');
    }
    text.push_str(&"  ".repeat(indent));
    text.push('}');
}

fn add_selection(selection: &Selection, indent: usize, text: &mut String) {
    let nested = match selection {
        Selection::Field(field) => {
            if let Some(alias) = &field.alias {
                text.push_str(&format!("{alias}: "));
            }
            text.push_str(&field.name);
            let arguments: Vec<_> =
                field.arguments.iter().map(|given| format!("{}: {}", given.name, given.value)).collect();
            if !arguments.is_empty() {
                text.push_str(&format!("({})", arguments.join(", ")));
            }
            &field.selection_set
        }
        Selection::InlineFragment(fragment) => {
            text.push_str("...");
            if let Some(condition) = &fragment.type_condition {
                text.push_str(&format!(" on {condition}"));
            }
            &fragment.selection_set
        }
        Selection::FragmentSpread(spread) => {
            text.push_str(&format!("... {}", spread.fragment_name));
            return;
        }
    };
    if !nested.is_empty() {
        text.push(' ');
        add_set(std::iter::once(nested), indent, text);
    }
}

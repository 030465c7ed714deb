//! Merges selection sets for one type: fragments spread, `@skip` and `@include` decided (GraphQL, "Field Collection").

use std::collections::HashSet;

use apollo_compiler::{
    Name, Node,
    ast::{DirectiveList, Value},
    executable::{Field, Selection, SelectionSet},
};
use indexmap::IndexMap;

use super::Compiler;

/// The occurrences of each response key, in response order.
pub(super) type Collected = IndexMap<Name, Vec<Node<Field>>>;

pub(super) struct Collector<'a> {
    compiler: &'a Compiler,
    ty: &'a str,
    visited: HashSet<&'a Name>,
    collected: Collected,
}

impl<'a> Collector<'a> {
    /// What `sets` select of the type called `ty`.
    pub(super) fn collect(
        compiler: &'a Compiler,
        ty: &'a str,
        sets: impl IntoIterator<Item = &'a SelectionSet>,
    ) -> Collected {
        let mut collector = Self { compiler, ty, visited: HashSet::new(), collected: Collected::new() };
        for set in sets {
            collector.add(set);
        }
        collector.collected
    }

    /// Recursion is bounded: inline fragments nest as deep as the text, named fragments are visited once.
    fn add(&mut self, set: &'a SelectionSet) {
        for selection in &set.selections {
            if !self.is_included(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    self.collected.entry(field.response_key().clone()).or_default().push(field.clone());
                }
                Selection::InlineFragment(fragment) => {
                    if fragment.type_condition.as_ref().is_none_or(|condition| self.applies(condition)) {
                        self.add(&fragment.selection_set);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.compiler.document.fragments.get(&spread.fragment_name) else { continue };
                    if self.applies(fragment.type_condition()) && self.visited.insert(&fragment.name) {
                        self.add(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn applies(&self, condition: &str) -> bool {
        self.compiler.schema.applies(condition, self.ty)
    }

    fn is_included(&self, directives: &DirectiveList) -> bool {
        let condition = |directive: &str| {
            let condition = directives.get(directive)?.specified_argument_by_name("if")?;
            match &**condition {
                Value::Boolean(truth) => Some(*truth),
                Value::Variable(name) => self.compiler.conditions.get(name.as_str()).copied(),
                _ => None,
            }
        };
        condition("skip") != Some(true) && condition("include") != Some(false)
    }
}

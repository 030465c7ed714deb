//! JSONPath as Step Functions speaks it: the dialect of the Json-Path library for Java, with `$$` and `$variable` roots.
//!
//! A path is compiled once by [`Path::parse`]. A *definite* path (names and indices only) selects one value or fails; an
//! *indefinite* one (wildcard, slice, filter, union, `..`) always gives an array, possibly empty (recorded on AWS).

mod effort;
mod evaluate;
mod filter;
mod parse;
mod reference;

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use crate::data::Data;
use crate::error::EvaluationError;
use crate::scope::Scope;
use effort::Effort;

pub(crate) use evaluate::Miss;
use filter::Filter;
pub use parse::PathSyntaxError;
pub use reference::ReferencePath;

/// A compiled path.
#[derive(Debug, Clone)]
pub struct Path {
    text: Arc<str>,
    root: Root,
    steps: Vec<Step>,
}

/// What a path begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Root {
    /// `$`.
    Input,
    /// `$$`.
    Context,
    /// `$name`.
    Variable(Arc<str>),
}

/// One step of a path.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Name(Arc<str>),
    Names(Vec<Arc<str>>),
    Index(i64),
    Indices(Vec<i64>),
    Slice {
        start: Option<i64>,
        end: Option<i64>,
    },
    Wildcard,
    /// `..`: the steps that follow apply to every value below as well.
    Descend,
    Filter(Filter),
    /// `.length()`.
    Length,
}

impl Path {
    /// Compiles a path.
    pub fn parse(text: &str) -> Result<Self, PathSyntaxError> {
        parse::parse(text)
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it selects exactly one value.
    pub fn is_definite(&self) -> bool {
        self.steps.iter().all(|step| matches!(step, Step::Name(_) | Step::Index(_) | Step::Length))
    }

    /// Names of the variables it reads, inside filters as well.
    pub(crate) fn variables(&self, found: &mut Vec<Arc<str>>) {
        if let Root::Variable(name) = &self.root {
            found.push(name.clone());
        }
        for step in &self.steps {
            if let Step::Filter(filter) = step {
                filter.variables(found);
            }
        }
    }

    /// The value it selects. A miss becomes `Invalid path '...'`, the wording of `InputPath` and its like.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Data, EvaluationError> {
        self.select(scope)
            .map_err(|miss| EvaluationError::InvalidPath { path: self.text.to_string(), detail: miss.detail })
    }

    /// The value it selects, or why it selects none. A bare root keeps its text.
    pub(crate) fn select(&self, scope: &Scope<'_>) -> Result<Data, Miss> {
        self.select_within(scope, &Effort::new())
    }

    fn select_within(&self, scope: &Scope<'_>, effort: &Effort) -> Result<Data, Miss> {
        let root =
            self.root_data(scope).ok_or_else(|| Miss { detail: format!("No results for path: {}", self.text) })?;
        if self.steps.is_empty() {
            return Ok(root.clone());
        }
        let value = evaluate::select(&self.steps, root.value(), scope, effort)?;
        Data::checked(value.into_owned()).map_err(|error| Miss { detail: error.to_string() })
    }

    /// The compact JSON that a "could not be found in the input" text shows.
    pub(crate) fn root_text(&self, scope: &Scope<'_>) -> String {
        let root = match &self.root {
            Root::Context => Some(scope.context.data()),
            _ => self.root_data(scope),
        };
        root.map_or_else(|| "{}".to_owned(), |root| root.value().to_string())
    }

    fn root_data<'a>(&self, scope: &Scope<'a>) -> Option<&'a Data> {
        match &self.root {
            Root::Input => Some(scope.input),
            Root::Context => Some(match self.steps.first() {
                Some(Step::Name(name)) => scope.context.with_member(name),
                _ => scope.context.data(),
            }),
            Root::Variable(name) => scope.variables.get(name),
        }
    }

    /// Selects within a value rather than within the scope's root: for the `@` paths of filters.
    fn select_in<'v>(&self, value: &'v Value, scope: &Scope<'_>, effort: &Effort) -> Option<Cow<'v, Value>> {
        evaluate::select(&self.steps, value, scope, effort).ok()
    }
}

//! Reference paths: paths that name exactly one place, to write to.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::parse::PathSyntaxError;
use super::{Path, Root, Step};

/// A path of names and indices below `$`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferencePath {
    text: Arc<str>,
    steps: Vec<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Name(Arc<str>),
    Index(usize),
}

impl ReferencePath {
    /// Compiles a reference path; `..`, `*`, filters, slices, unions and other roots are refused.
    pub fn parse(text: &str) -> Result<Self, PathSyntaxError> {
        let path = Path::parse(text)?;
        let refused = || PathSyntaxError {
            message: "a reference path names one place in the input",
            position: 0,
            path: text.to_owned(),
        };
        if path.root != Root::Input {
            return Err(refused());
        }
        let steps: Option<Vec<Place>> = path.steps.iter().map(Place::of).collect();
        Ok(Self { text: text.into(), steps: steps.ok_or_else(refused)? })
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is `$` alone.
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// Puts a value at the place, creating the objects on the way. `None` when something on the way is neither absent
    /// nor of the right kind.
    pub(crate) fn put(&self, mut into: Value, value: Value) -> Option<Value> {
        let mut place = &mut into;
        for step in &self.steps {
            place = match (step, place) {
                (Place::Name(name), Value::Object(members)) => {
                    members.entry(&**name).or_insert_with(|| Value::Object(Map::new()))
                }
                (Place::Index(index), Value::Array(items)) => items.get_mut(*index)?,
                _ => return None,
            };
        }
        *place = value;
        Some(into)
    }
}

impl Place {
    fn of(step: &Step) -> Option<Self> {
        match step {
            Step::Name(name) => Some(Self::Name(name.clone())),
            Step::Index(index) => usize::try_from(*index).ok().map(Self::Index),
            _ => None,
        }
    }
}

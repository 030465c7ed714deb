//! Where in the response a value is: kept on the stack, written out only for errors.

use std::fmt;

use crate::PathSegment;

/// A path from the root of `data`.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    Root,
    /// What a resolver's own path is known to be.
    Below(&'a [PathSegment]),
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// The path as errors carry it.
    pub(crate) fn segments(&self) -> Vec<PathSegment> {
        let mut segments = Vec::new();
        let mut path = self;
        let base = loop {
            match path {
                Path::Root => break &[][..],
                Path::Below(base) => break *base,
                Path::Key(parent, key) => {
                    segments.push(PathSegment::Key((*key).to_owned()));
                    path = parent;
                }
                Path::Index(parent, index) => {
                    segments.push(PathSegment::Index(*index));
                    path = parent;
                }
            }
        };
        segments.extend(base.iter().rev().cloned());
        segments.reverse();
        segments
    }
}

/// `/posts[0]/title`, as in graphql-java's messages.
impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in self.segments() {
            match segment {
                PathSegment::Key(key) => write!(f, "/{key}")?,
                PathSegment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

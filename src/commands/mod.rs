//! The commands of the command line, a file each.

pub(crate) mod check;
pub(crate) mod graph;
pub(crate) mod run;
pub(crate) mod token;

//! The commands of the command line, a file each.

pub(crate) mod check;
pub(crate) mod fork;
pub(crate) mod graph;
mod operator;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod token;
pub(crate) mod trace;

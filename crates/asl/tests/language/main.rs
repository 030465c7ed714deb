//! The language as a whole: recorded cases and tables of paths, data flow and findings.

mod bounds;
mod data_flow;
mod diagnostics;
mod fields;
mod mutations;
mod paths;
mod recorded;
mod support;

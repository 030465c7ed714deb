//! The pure interpreter: golden histories (`cases/`), replay of every case cut after each step, and the cases recorded on
//! AWS that call no service.

mod case_file;
mod conformance;
#[path = "../conformance_compare/mod.rs"]
mod conformance_compare;
mod golden;
mod limits;
mod play;

//! Results as texts: what stands in a result file, and in the output of a Map. Pure.

mod files;
mod manifest;
mod transformed;

pub(super) use self::{
    files::{Files, Group},
    manifest::{Destination, MANIFEST, ResultFile, manifest},
    transformed::{pending, transformed},
};

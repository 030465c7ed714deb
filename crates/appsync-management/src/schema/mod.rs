//! Schemas: the text that was uploaded, type by type ([`sdl`], [`json`]), and what it means ([`whole`]).

pub(crate) mod json;
pub(crate) mod sdl;
mod whole;

pub(crate) use self::sdl::Sdl;
pub(crate) use whole::Whole;

/// What the schema's file is called in messages.
pub(crate) const FILE: &str = "schema.graphql";

//! A workflow as a picture: an SVG of a definition, and of how far an execution of it has come.
//!
//! ```text
//! Definition -> model (vertices, links) -> layered (ranks, order, places, routes) -> scene (all machines) -> render
//! ```
//! States stand in layers, each below all that lead to it; only loops lead upwards. Parallel branches and item
//! processors are laid out on their own, innermost first, and stand inside the state that holds them. Nothing here
//! depends on anything but the definition and the overlay: the same input gives the same text.

mod describe;
mod layered;
mod metrics;
mod model;
mod overlay;
mod render;
mod scene;
mod write;

pub use overlay::{Outcome, Overlay, Run};

use crate::definition::Definition;

/// The most states that are drawn; beyond it the picture says how many there are.
pub const MOST_STATES: usize = 400;
/// The most transitions that are drawn.
const MOST_LINKS: usize = 1_500;
/// The most bends of long transitions in one machine.
const MOST_POINTS: usize = 20_000;

/// The SVG of a definition, coloured by `overlay` unless that is empty.
///
/// It is a whole document with its styles, for light and dark surroundings, that loads nothing. Each state is a
/// `<g class="state">` with its name in `data-state`, each transition a `<path class="link">` with `data-from` and
/// `data-to`. A definition that is too large to draw gives a picture that says so.
pub fn svg(definition: &Definition, overlay: &Overlay) -> String {
    match scene::Scene::new(definition, overlay) {
        Some(scene) => render::picture(definition, overlay, &scene),
        None => render::too_large(definition),
    }
}

//! Layered layout of a directed graph, after Sugiyama, Tagawa and Toda: ranks, order within ranks, places, routes.
//!
//! Sizes go in, places and routes come out; what vertices and links stand for is the caller's business. A link that
//! spans several ranks passes each of them at a point that keeps its distance from the boxes there, so no route can
//! cross a box. Long links of one bundle to the same vertex share their points: they join and arrive as one.

mod align;
mod chain;
mod order;
mod place;
mod rank;
mod route;
mod spread;

/// A point of the picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A box to be laid out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Vertex {
    pub(super) size: Size,
    /// Room to be kept free on its left and on its right.
    pub(super) beside: f64,
}

/// A link to be laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    /// Index of a vertex.
    pub(super) from: usize,
    /// Index of a vertex.
    pub(super) to: usize,
    /// Links of different bundles never join.
    pub(super) bundle: usize,
    /// How much it wants to be straight.
    pub(super) weight: f64,
    /// Room for its label.
    pub(super) label: Option<Size>,
}

/// Where a link runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Route {
    /// From its source on. Between two points it is straight when they are above each other, an S otherwise.
    /// Empty for a link from a vertex to itself.
    pub(super) points: Vec<Point>,
    /// The middle of its label.
    pub(super) label: Option<Point>,
    /// Whether it ends at its target rather than where it joins another link to it.
    pub(super) arrives: bool,
}

/// A layout whose top left corner is at 0, 0.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) size: Size,
    /// The middle of each vertex.
    pub(super) vertices: Vec<Point>,
    pub(super) routes: Vec<Route>,
}

/// Lays out the graph; vertex 0 is where it begins. `None` where long links would need more than `most_points`.
pub(super) fn layout(vertices: &[Vertex], links: &[Link], most_points: usize) -> Option<Layout> {
    let ranks = rank::ranks(vertices.len(), links);
    let mut grid = chain::Grid::new(vertices, links, &ranks, most_points)?;
    order::untangle(&mut grid);
    let columns = place::columns(&grid);
    Some(route::route(&grid, links, columns))
}

//! Links cut into pieces between neighbouring layers, with a point in each layer that they pass.

use std::collections::HashMap;

use super::{Link, Size, Vertex};

/// Room around a line.
const POINT: Size = Size { width: 2.0, height: 0.0 };

/// What stands in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The vertex with this index.
    Vertex,
    /// The label of a link.
    Label,
    /// Lines pass here.
    Point,
}

/// A vertex, a label or a point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) what: What,
    pub(super) size: Size,
    /// Room to be kept free on both sides.
    pub(super) beside: f64,
    pub(super) layer: usize,
}

impl Item {
    /// From its middle to the end of its room.
    pub(super) fn half(&self) -> f64 {
        self.size.width / 2.0 + self.beside
    }
}

/// A line from an item to one in the next layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) upper: usize,
    pub(super) lower: usize,
    /// That of its link.
    pub(super) weight: f64,
}

/// For each item, the other ends of its pieces on one side and their weights.
pub(super) type Neighbours = Vec<Vec<(usize, f64)>>;

/// Items in layers. The vertices are the first items, in their own order.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) items: Vec<Item>,
    /// From left to right.
    pub(super) layers: Vec<Vec<usize>>,
    pub(super) pieces: Vec<Piece>,
    /// The pieces of each link, from its source to its target; none for a link from a vertex to itself.
    pub(super) chains: Vec<Vec<usize>>,
}

/// What tells pieces apart: items, bundle, and whether the link leads upwards.
type PieceKey = (usize, usize, usize, bool);

struct Builder {
    grid: Grid,
    points: HashMap<(usize, usize, usize), usize>,
    known: HashMap<PieceKey, usize>,
}

impl Grid {
    /// `None` where there would be more than `most_points` points.
    pub(super) fn new(vertices: &[Vertex], links: &[Link], ranks: &[usize], most_points: usize) -> Option<Self> {
        let layer_of = layers(links, ranks);
        let layer = |vertex: usize| layer_of[2 * ranks[vertex] + 1];
        let items: Vec<Item> = vertices
            .iter()
            .enumerate()
            .map(|(index, vertex)| Item {
                what: What::Vertex,
                size: vertex.size,
                beside: vertex.beside,
                layer: layer(index),
            })
            .collect();
        let layers = vec![Vec::new(); layer_of.last().map_or(0, |last| last + 1)];
        let grid = Self { items, layers, pieces: Vec::new(), chains: Vec::new() };
        let mut builder = Builder { grid, points: HashMap::new(), known: HashMap::new() };
        for link in links {
            let chain = builder.chain(link);
            builder.grid.chains.push(chain);
            if builder.grid.items.len() > vertices.len() + most_points {
                return None;
            }
        }
        let mut grid = builder.grid;
        for (index, item) in grid.items.iter().enumerate() {
            grid.layers[item.layer].push(index);
        }
        Some(grid)
    }

    /// Above and below each item: the other end and the weight of each piece.
    pub(super) fn neighbours(&self) -> (Neighbours, Neighbours) {
        let (mut above, mut below) = (vec![Vec::new(); self.items.len()], vec![Vec::new(); self.items.len()]);
        for piece in &self.pieces {
            above[piece.lower].push((piece.upper, piece.weight));
            below[piece.upper].push((piece.lower, piece.weight));
        }
        (above, below)
    }
}

/// The layer of the vertices of rank r at 2r + 1, and of the labels above and below them at 2r and 2r + 2. A layer of
/// labels is one only where there are labels.
fn layers(links: &[Link], ranks: &[usize]) -> Vec<usize> {
    let deepest = ranks.iter().max().map_or(0, |deepest| deepest + 1);
    let mut used: Vec<bool> = (0..2 * deepest + 1).map(|slot| slot % 2 == 1).collect();
    for link in links.iter().filter(|link| link.label.is_some()) {
        let (from, to) = (ranks[link.from], ranks[link.to]);
        match from.cmp(&to) {
            std::cmp::Ordering::Less => used[2 * from + 2] = true,
            std::cmp::Ordering::Greater => used[2 * from] = true,
            std::cmp::Ordering::Equal => {}
        }
    }
    let mut next = 0;
    used.iter()
        .map(|&used| {
            let layer = next;
            next += usize::from(used);
            layer
        })
        .take(2 * deepest)
        .collect()
}

impl Builder {
    fn chain(&mut self, link: &Link) -> Vec<usize> {
        let (first, last) = (self.grid.items[link.from].layer, self.grid.items[link.to].layer);
        if first == last {
            return Vec::new();
        }
        let upwards = last < first;
        let between: Vec<usize> = if upwards { (last + 1..first).rev().collect() } else { (first + 1..last).collect() };
        let (mut pieces, mut previous) = (Vec::new(), link.from);
        for (step, layer) in between.into_iter().enumerate() {
            let item = match link.label {
                Some(size) if step == 0 => self.push(Item { what: What::Label, size, beside: 0.0, layer }),
                _ => self.point(link, layer),
            };
            pieces.push(self.piece(previous, item, link, upwards));
            previous = item;
        }
        pieces.push(self.piece(previous, link.to, link, upwards));
        pieces
    }

    fn push(&mut self, item: Item) -> usize {
        self.grid.items.push(item);
        self.grid.items.len() - 1
    }

    fn point(&mut self, link: &Link, layer: usize) -> usize {
        let key = (link.to, link.bundle, layer);
        if let Some(&known) = self.points.get(&key) {
            return known;
        }
        let item = self.push(Item { what: What::Point, size: POINT, beside: 0.0, layer });
        self.points.insert(key, item);
        item
    }

    fn piece(&mut self, from: usize, to: usize, link: &Link, upwards: bool) -> usize {
        let (upper, lower) = if upwards { (to, from) } else { (from, to) };
        let key = (upper, lower, link.bundle, upwards);
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        self.grid.pieces.push(Piece { upper, lower, weight: link.weight });
        let index = self.grid.pieces.len() - 1;
        self.known.insert(key, index);
        index
    }
}

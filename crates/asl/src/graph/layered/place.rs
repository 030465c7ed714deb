//! Columns: lines as straight as may be, then each item as near as possible to its neighbours above and below.

use super::{
    align::Blocks,
    chain::{Grid, Item, What},
};

/// Rounds in which blocks move towards their neighbours.
const ROUNDS: usize = 48;
/// How much a block without neighbours wants to stay where it is.
const INERTIA: f64 = 0.001;

/// The x of the middle of each item; nothing is left of 0.
pub(super) fn columns(grid: &Grid) -> Vec<f64> {
    let blocks = Blocks::new(grid);
    let order = Order::new(grid, &blocks);
    let mut places = vec![0.0; blocks.count];
    for &block in &order.sequence {
        places[block] = order.lowest(block, &places).unwrap_or(0.0);
    }
    let pulls = pulls(grid, &blocks);
    for round in 0..ROUNDS {
        // From the right at first: what is packed to the left makes way for what is left of it.
        let forwards = round % 2 == 1;
        for index in 0..order.sequence.len() {
            let block = order.sequence[if forwards { index } else { order.sequence.len() - 1 - index }];
            let lowest = order.lowest(block, &places).unwrap_or(f64::NEG_INFINITY);
            let highest = order.highest(block, &places).unwrap_or(f64::INFINITY);
            places[block] = wish(block, &pulls, &places).min(highest).max(lowest);
        }
    }
    let columns: Vec<f64> = blocks.of.iter().map(|&block| places[block]).collect();
    let left = |item: usize| columns[item] - grid.items[item].half();
    let leftmost = (0..grid.items.len()).map(left).fold(f64::INFINITY, f64::min);
    columns.iter().map(|column| column - leftmost).collect()
}

/// The other blocks that each block's items have lines to, with their weights.
fn pulls(grid: &Grid, blocks: &Blocks) -> Vec<Vec<(usize, f64)>> {
    let mut pulls = vec![Vec::new(); blocks.count];
    for piece in &grid.pieces {
        let (upper, lower) = (blocks.of[piece.upper], blocks.of[piece.lower]);
        if upper != lower {
            let is_vertex = |item: usize| usize::from(grid.items[item].what == What::Vertex);
            let weight = piece.weight * [6.0, 2.0, 1.0][is_vertex(piece.upper) + is_vertex(piece.lower)];
            pulls[upper].push((lower, weight));
            pulls[lower].push((upper, weight));
        }
    }
    pulls
}

/// The weighted mean of the blocks that pull.
fn wish(block: usize, pulls: &[Vec<(usize, f64)>], places: &[f64]) -> f64 {
    let (mut sum, mut total) = (places[block] * INERTIA, INERTIA);
    for (other, weight) in &pulls[block] {
        sum += places[*other] * weight;
        total += weight;
    }
    sum / total
}

/// Which blocks stand beside which, at what distance.
struct Order {
    left: Vec<Vec<(usize, f64)>>,
    right: Vec<Vec<(usize, f64)>>,
    /// From left to right: each block after all that are left of it.
    sequence: Vec<usize>,
}

impl Order {
    fn new(grid: &Grid, blocks: &Blocks) -> Self {
        let (mut left, mut right) = (vec![Vec::new(); blocks.count], vec![Vec::new(); blocks.count]);
        for layer in &grid.layers {
            for pair in layer.windows(2) {
                let distance = distance(&grid.items[pair[0]], &grid.items[pair[1]]);
                left[blocks.of[pair[1]]].push((blocks.of[pair[0]], distance));
                right[blocks.of[pair[0]]].push((blocks.of[pair[1]], distance));
            }
        }
        let mut open: Vec<usize> = left.iter().map(Vec::len).collect();
        let mut sequence: Vec<usize> = (0..blocks.count).filter(|&block| open[block] == 0).collect();
        let mut next = 0;
        // Aligned lines do not cross, so that no block is left and right of another and all come to their turn.
        while let Some(&block) = sequence.get(next) {
            next += 1;
            for (other, _) in &right[block] {
                open[*other] -= 1;
                if open[*other] == 0 {
                    sequence.push(*other);
                }
            }
        }
        Self { left, right, sequence }
    }

    /// The least place that keeps a block's distance from those left of it.
    fn lowest(&self, block: usize, places: &[f64]) -> Option<f64> {
        self.left[block].iter().map(|(other, distance)| places[*other] + distance).reduce(f64::max)
    }

    /// The greatest place that keeps a block's distance from those right of it.
    fn highest(&self, block: usize, places: &[f64]) -> Option<f64> {
        self.right[block].iter().map(|(other, distance)| places[*other] - distance).reduce(f64::min)
    }
}

/// Between the middles of two items beside each other.
fn distance(left: &Item, right: &Item) -> f64 {
    let gap = match (left.what, right.what) {
        (What::Vertex, What::Vertex) => 32.0,
        (What::Label, What::Label) => 14.0,
        (What::Vertex, _) | (_, What::Vertex) => 22.0,
        _ => 16.0,
    };
    left.half() + right.half() + gap
}

//! Blocks: items of neighbouring layers that stand in one column, so that the lines between them are upright. After
//! Brandes and Koepf, with one pass in which the lines that matter most choose first.

use super::chain::{Grid, What};

/// A partition of the items.
pub(super) struct Blocks {
    /// The block of each item.
    pub(super) of: Vec<usize>,
    pub(super) count: usize,
}

impl Blocks {
    /// Aligned lines never cross each other, and an item is aligned with at most one above and one below.
    pub(super) fn new(grid: &Grid) -> Self {
        let mut place = vec![0; grid.items.len()];
        for layer in &grid.layers {
            for (index, &item) in layer.iter().enumerate() {
                place[item] = index;
            }
        }
        let mut aligned: Vec<Vec<(usize, usize)>> = vec![Vec::new(); grid.layers.len()];
        let mut below = vec![None; grid.items.len()];
        let mut has_above = vec![false; grid.items.len()];
        for index in by_importance(grid) {
            let piece = &grid.pieces[index];
            let gap = &mut aligned[grid.items[piece.upper].layer];
            let (upper, lower) = (place[piece.upper], place[piece.lower]);
            let crosses = gap.iter().any(|&(other_upper, other_lower)| (other_upper < upper) != (other_lower < lower));
            if below[piece.upper].is_none() && !has_above[piece.lower] && !crosses {
                below[piece.upper] = Some(piece.lower);
                has_above[piece.lower] = true;
                gap.push((upper, lower));
            }
        }
        Self::from_chains(&has_above, &below)
    }

    fn from_chains(has_above: &[bool], below: &[Option<usize>]) -> Self {
        let mut blocks = Self { of: vec![0; below.len()], count: 0 };
        for first in (0..below.len()).filter(|&item| !has_above[item]) {
            let mut next = Some(first);
            while let Some(item) = next {
                blocks.of[item] = blocks.count;
                next = below[item];
            }
            blocks.count += 1;
        }
        blocks
    }
}

/// The pieces: heavy links first, of those the lines between boxes, then the insides of long lines; of equals the one
/// with the most states to come.
fn by_importance(grid: &Grid) -> Vec<usize> {
    let heights = heights(grid);
    let mut order: Vec<usize> = (0..grid.pieces.len()).collect();
    order.sort_by(|&a, &b| {
        let (one, other) = (&grid.pieces[a], &grid.pieces[b]);
        let kind = |piece: &super::chain::Piece| match [piece.upper, piece.lower]
            .iter()
            .filter(|&&item| grid.items[item].what == What::Point)
            .count()
        {
            0 => 0,
            2 => 1,
            _ => 2,
        };
        other
            .weight
            .total_cmp(&one.weight)
            .then(kind(one).cmp(&kind(other)))
            .then(heights[other.lower].cmp(&heights[one.lower]))
            .then(a.cmp(&b))
    });
    order
}

/// The most vertices on a way down from each item along the heaviest links.
fn heights(grid: &Grid) -> Vec<usize> {
    let heaviest = grid.pieces.iter().map(|piece| piece.weight).fold(0.0, f64::max);
    let mut below = vec![Vec::new(); grid.items.len()];
    for piece in grid.pieces.iter().filter(|piece| piece.weight >= heaviest) {
        below[piece.upper].push(piece.lower);
    }
    let mut heights = vec![0; grid.items.len()];
    for &item in grid.layers.iter().rev().flatten() {
        let deepest = below[item].iter().map(|&lower: &usize| heights[lower]).max().unwrap_or(0);
        heights[item] = deepest + usize::from(grid.items[item].what == What::Vertex);
    }
    heights
}

//! The order within layers: sweeps by barycentre, of which the one with the fewest crossings is kept.

use super::chain::{Grid, What};

/// Sweeps down and up again.
const SWEEPS: usize = 12;

/// Orders the items of each layer so that few pieces cross.
pub(super) fn untangle(grid: &mut Grid) {
    begin(grid);
    let (above, below) = grid.neighbours();
    let mut best = (crossings(grid), grid.layers.clone());
    let mut place = vec![0.0; grid.items.len()];
    for _ in 0..SWEEPS {
        if best.0 == 0 {
            break;
        }
        for layer in 1..grid.layers.len() {
            sort(grid, layer, layer - 1, &above, &mut place);
        }
        for layer in (0..grid.layers.len().saturating_sub(1)).rev() {
            sort(grid, layer, layer + 1, &below, &mut place);
        }
        let count = crossings(grid);
        if count < best.0 {
            best = (count, grid.layers.clone());
        }
    }
    grid.layers = best.1;
}

/// The order in which a walk from the first vertex comes to them: what is named first stands left.
fn begin(grid: &mut Grid) {
    let (_, below) = grid.neighbours();
    let mut place = vec![usize::MAX; grid.items.len()];
    let mut next = 0;
    let vertices = (0..grid.items.len()).filter(|&item| grid.items[item].what == What::Vertex);
    for root in vertices.collect::<Vec<_>>() {
        let mut open = vec![root];
        while let Some(item) = open.pop() {
            if place[item] == usize::MAX {
                place[item] = next;
                next += 1;
                open.extend(below[item].iter().rev().map(|(item, _)| *item));
            }
        }
    }
    for layer in &mut grid.layers {
        layer.sort_by_key(|&item| place[item]);
    }
}

/// Sorts a layer by the mean place of each item's neighbours in `fixed`; an item without any keeps its place.
fn sort(grid: &mut Grid, layer: usize, fixed: usize, neighbours: &[Vec<(usize, f64)>], place: &mut [f64]) {
    for (index, &item) in grid.layers[fixed].iter().enumerate() {
        place[item] = index as f64;
    }
    let mut keyed: Vec<(f64, usize)> = Vec::with_capacity(grid.layers[layer].len());
    for (index, &item) in grid.layers[layer].iter().enumerate() {
        let near = &neighbours[item];
        let sum: f64 = near.iter().map(|(other, _)| place[*other]).sum();
        keyed.push((if near.is_empty() { index as f64 } else { sum / near.len() as f64 }, item));
    }
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    grid.layers[layer] = keyed.into_iter().map(|(_, item)| item).collect();
}

/// How many pairs of pieces cross.
fn crossings(grid: &Grid) -> usize {
    let mut place = vec![0; grid.items.len()];
    for layer in &grid.layers {
        for (index, &item) in layer.iter().enumerate() {
            place[item] = index;
        }
    }
    let mut by_layer = vec![Vec::new(); grid.layers.len()];
    for piece in &grid.pieces {
        by_layer[grid.items[piece.upper].layer].push((place[piece.upper], place[piece.lower]));
    }
    by_layer.into_iter().map(inversions).sum()
}

/// Pairs that are in order in their first place and out of it in their second, counted in a Fenwick tree.
fn inversions(mut pairs: Vec<(usize, usize)>) -> usize {
    pairs.sort_unstable();
    let size = pairs.iter().map(|pair| pair.1 + 1).max().unwrap_or(0);
    let mut tree = vec![0; size + 1];
    let mut count = 0;
    for (seen, &(_, lower)) in pairs.iter().enumerate() {
        let mut not_right = 0;
        let mut node = lower + 1;
        while node > 0 {
            not_right += tree[node];
            node &= node - 1;
        }
        count += seen - not_right;
        let mut node = lower + 1;
        while node <= size {
            tree[node] += 1;
            node += node & node.wrapping_neg();
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::inversions;

    #[test]
    fn crossings_are_counted() {
        assert_eq!(inversions(vec![(0, 0), (1, 1)]), 0);
        assert_eq!(inversions(vec![(0, 1), (1, 0)]), 1);
        assert_eq!(inversions(vec![(0, 0), (0, 1), (1, 0), (1, 1)]), 1);
        assert_eq!(inversions(vec![(0, 2), (1, 1), (2, 0)]), 3);
        assert_eq!(inversions(Vec::new()), 0);
    }
}

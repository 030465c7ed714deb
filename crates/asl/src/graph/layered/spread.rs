//! Places on a line that keep their distances and meet their wishes as well as may be.

/// Places in order, each at least a distance from the one before, as near as possible to the wishes (place, weight) in
/// the sense of least squares: items that get in each other's way form blocks, which move as one.
pub(super) fn spread(wishes: &[(f64, f64)], distances: &[f64]) -> Vec<f64> {
    struct Block {
        place: f64,
        weight: f64,
        count: usize,
    }
    let mut offsets = vec![0.0; wishes.len()];
    for (index, distance) in distances.iter().enumerate() {
        offsets[index + 1] = offsets[index] + distance;
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (&(place, weight), offset) in wishes.iter().zip(&offsets) {
        let mut block = Block { place: place - offset, weight, count: 1 };
        while let Some(left) = blocks.pop_if(|left| left.place > block.place) {
            let weight = left.weight + block.weight;
            let place = (left.place * left.weight + block.place * block.weight) / weight;
            block = Block { place, weight, count: left.count + block.count };
        }
        blocks.push(block);
    }
    let places = blocks.iter().flat_map(|block| std::iter::repeat_n(block.place, block.count));
    places.zip(offsets).map(|(place, offset)| place + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn wishes_are_met_where_there_is_room() {
        assert_eq!(spread(&[(0.0, 1.0), (50.0, 1.0)], &[10.0]), [0.0, 50.0]);
        assert_eq!(spread(&[(0.0, 1.0), (0.0, 1.0)], &[10.0]), [-5.0, 5.0]);
        assert_eq!(spread(&[(0.0, 3.0), (0.0, 1.0)], &[8.0]), [-2.0, 6.0]);
        assert_eq!(spread(&[(9.0, 1.0), (0.0, 1.0), (100.0, 1.0)], &[1.0, 1.0]), [4.0, 5.0, 100.0]);
        assert_eq!(spread(&[], &[]), [0.0; 0]);
    }
}

//! "Did you mean": the closest of the known names, if one is close.

/// Longer names are not compared: the work grows with the product of the lengths.
const LONGEST_NAME: usize = 100;

/// The name in `known` that differs least from `wrong`, in at most a third of its letters; of
/// two that are equally close, the first of the alphabet.
pub(crate) fn closest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.len() > LONGEST_NAME {
        return None;
    }
    let most = match wrong.chars().count() {
        0..=2 => return None,
        length => length / 3,
    };
    known
        .into_iter()
        .filter(|name| name.len() <= LONGEST_NAME)
        .map(|name| (distance(wrong, name), name))
        .filter(|&(distance, _)| distance <= most)
        .min()
        .map(|(_, name)| name)
}

/// The Levenshtein distance without regard to case.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, a) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, &b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_close_and_nothing_else() {
        let known = ["TableName", "KeySchema", "BillingMode"];
        assert_eq!(closest("TabelName", known), Some("TableName"));
        assert_eq!(closest("keySchema", known), Some("KeySchema"));
        assert_eq!(closest("Colour", known), None);
    }
}

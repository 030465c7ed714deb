//! The items read so far, within the bounds of a Map.

use std::sync::Arc;

use super::limits::{MAX_ITEM_BYTES, MAX_ITEMS, MAX_ITEMS_BYTES};

/// The text of an array that grows by items.
#[derive(Debug, Default)]
pub(super) struct Collected {
    text: String,
    count: usize,
    /// `MaxItems`: reading stops there.
    wanted: usize,
}

impl Collected {
    /// None yet, and at most `max_items` of them.
    pub(super) fn new(max_items: Option<u64>) -> Self {
        let wanted = max_items.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        Self { text: "[".to_owned(), count: 0, wanted }
    }

    /// Whether as many are there as are wanted.
    pub(super) fn is_full(&self) -> bool {
        self.count >= self.wanted
    }

    /// How many are still wanted.
    pub(super) fn missing(&self) -> usize {
        self.wanted.saturating_sub(self.count)
    }

    /// Adds an item: a JSON text that has been checked, without blanks between its tokens.
    pub(super) fn push(&mut self, item: &str) -> Result<(), String> {
        if item.len() > MAX_ITEM_BYTES {
            return Err(format!("An item of the dataset is larger than {MAX_ITEM_BYTES} bytes."));
        }
        if self.count == MAX_ITEMS {
            return Err(format!("The dataset has more than {MAX_ITEMS} items. Use MaxItems to read a part of it."));
        }
        if self.text.len() + item.len() + 2 > MAX_ITEMS_BYTES {
            let bytes = MAX_ITEMS_BYTES;
            return Err(format!("The items of the dataset have more than {bytes} bytes. Use MaxItems to read a part."));
        }
        if self.count > 0 {
            self.text.push(',');
        }
        self.text.push_str(item);
        self.count += 1;
        Ok(())
    }

    /// The JSON text of the array.
    pub(super) fn into_text(mut self) -> Arc<str> {
        self.text.push(']');
        self.text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold() {
        let mut items = Collected::new(Some(2));
        items.push("1").expect("fits");
        assert_eq!((items.is_full(), items.missing()), (false, 1));
        items.push("[]").expect("fits");
        assert!(items.is_full());
        assert_eq!(&*items.into_text(), "[1,[]]");

        let mut items = Collected::new(None);
        let large = "1".repeat(MAX_ITEM_BYTES);
        assert!(items.push(&(large.clone() + "1")).is_err());
        let fit = (MAX_ITEMS_BYTES - 2) / (MAX_ITEM_BYTES + 1);
        for _ in 0..fit {
            items.push(&large).expect("fits");
        }
        assert!(items.push(&large).is_err());

        let mut items = Collected::new(None);
        (0..MAX_ITEMS).try_for_each(|_| items.push("1")).expect("fits");
        assert!(items.push("1").is_err());
    }
}

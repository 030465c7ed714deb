//! Items.

/// Where items come from.
#[derive(Debug, Clone)]
pub(crate) enum ItemsSource {}

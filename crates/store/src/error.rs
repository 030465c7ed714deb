//! Why a store did not do what it was asked.

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A `require_*` of the transaction did not hold; nothing was written.
    #[error("a condition of the transaction does not hold")]
    Conflict,
    /// The disk is full; nothing was written.
    #[error("the disk is full: {0}")]
    Full(String),
    /// The store was closed, or its committer has ended.
    #[error("the store is closed")]
    Closed,
    /// Another process holds the data folder.
    #[error("the data folder {0} is in use by another stepwell; stop that one, or choose another folder")]
    InUse(String),
    /// The data was written by a newer version.
    #[error(
        "a newer stepwell wrote this data folder (format {found}; this one knows up to {known}); run that version, or choose another folder"
    )]
    Newer {
        /// The format on disk.
        found: u32,
        /// The newest format this program can read.
        known: u32,
    },
    /// Anything else the storage engine reports.
    #[error("storage: {0}")]
    Engine(String),
}

//! How much a Map may read and write.

/// How many items a distributed Map may have.
// AWS differs: it takes 100,000,000 from an ItemReader.
pub(crate) const MAX_ITEMS: usize = 1_000_000;

/// How long the text of all items may be, bytes of UTF-8.
// AWS differs: it takes files of 10 GB. Here the items are a part of the execution's steps.
pub(crate) const MAX_ITEMS_BYTES: usize = 64 << 20;

/// The largest item, bytes (AWS's limit: what `ItemSelector` leaves of it must then fit into a payload).
pub(super) const MAX_ITEM_BYTES: usize = 8 << 20;

/// The largest header of a text delimited file, bytes (AWS's limit).
pub(super) const MAX_HEADER_BYTES: usize = 10 << 10;

/// The largest file after decompression, bytes.
// AWS differs: it takes 10 GB.
pub(super) const MAX_FILE_BYTES: u64 = 256 << 20;

/// The most steps of an `ItemsPointer`: no JSON nests deeper.
pub(super) const MAX_POINTER_STEPS: usize = asl::MAX_DEPTH;

/// The largest result file, bytes; a longer one goes on in a file with the next number.
// AWS differs: 5 GB. Here a file passes through memory whole.
pub(super) const MAX_RESULT_FILE_BYTES: usize = 16 << 20;

/// How many results are taken from the store at once: each may have an input and an output of 256 KiB.
pub(super) const RESULTS_AT_ONCE: usize = 64;

/// How many files a manifest may name.
pub(super) const MAX_FILES: usize = 10_000;

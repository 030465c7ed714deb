//! How much of everything there may be.

/// The longest key, bytes of UTF-8 (S3's limit).
pub const MAX_KEY_BYTES: usize = 1024;

/// The largest object that is read or written, bytes.
// AWS differs: PutObject takes 5 GB. Here an object passes through memory whole.
pub const MAX_OBJECT_BYTES: u64 = 64 << 20;

/// The most keys on one page of `ListObjectsV2` (S3's limit and default).
pub(crate) const MAX_KEYS: usize = 1000;

/// The most objects whose ETag is remembered, so that listing them again does not read them again.
pub(crate) const REMEMBERED_ETAGS: usize = 10_000;

/// The longest part of a key that becomes one file name, bytes: below the 255 of common file systems, with room for
/// the mark of a part that goes on.
pub(crate) const MAX_NAME_BYTES: usize = 240;

//! The bounds of code and of one invocation: AppSync's own numbers where they exist.

use std::time::Duration;

/// Bounds of one invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall time of one handler.
    pub time: Duration,
    /// Heap of one context, bytes.
    pub memory_bytes: usize,
    /// Native stack, bytes.
    pub stack_bytes: usize,
    /// Nesting of values going in and out.
    pub depth: usize,
    /// Evaluated result, bytes of JSON (AppSync quota: 5 MB).
    pub result_bytes: usize,
    /// Code of one resolver or function, bytes (AppSync quota: 32 KiB).
    pub code_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(1),
            memory_bytes: 32 << 20,
            stack_bytes: 512 << 10,
            depth: 100,
            result_bytes: 5_000_000,
            code_bytes: 32 << 10,
        }
    }
}

//! SDL: it builds an API or is refused, and what it builds can be asked.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use stepwell_fuzz::{Told, build};

static TOLD: LazyLock<Arc<Told>> = LazyLock::new(Arc::default);

fuzz_target!(|sdl: &str| {
    match build(sdl, Vec::new(), &TOLD) {
        Ok(api) => assert_eq!(api.id().len(), 26),
        Err(wrong) => assert!(!wrong.is_empty(), "refused, but nothing is wrong"),
    }
});

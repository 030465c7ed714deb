//! The end of what a function has written, for `LogType: Tail`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use parking_lot::Mutex;

use crate::limits::LOG_TAIL_BYTES;

/// The last bytes of a log.
#[derive(Debug, Default)]
pub(crate) struct LogTail(Mutex<Vec<u8>>);

impl LogTail {
    /// Adds a line, without its end.
    pub(crate) fn add(&self, line: &[u8]) {
        let mut kept = self.0.lock();
        kept.extend_from_slice(line);
        kept.push(b'\n');
        let surplus = kept.len().saturating_sub(LOG_TAIL_BYTES);
        kept.drain(..surplus);
    }

    /// Forgets what came before.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }

    /// What is kept, as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }

    /// What is kept, as `LogResult` carries it.
    pub(crate) fn base64(&self) -> String {
        STANDARD.encode(&*self.0.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_end() {
        let tail = LogTail::default();
        tail.add(&[b'x'; LOG_TAIL_BYTES]);
        tail.add(b"last");
        assert_eq!(tail.text().len(), LOG_TAIL_BYTES);
        assert!(tail.text().ends_with("x\nlast\n"));
        tail.clear();
        assert_eq!(tail.base64(), "");
    }
}

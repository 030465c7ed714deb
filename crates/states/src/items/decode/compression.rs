//! Files that are compressed outside of their form: GZIP and ZSTD, told by the ending of their key.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

use crate::items::limits::MAX_FILE_BYTES;

/// The bytes that `key` stands for.
pub(super) fn decompress(key: &str, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    match key.rsplit_once('.').map(|(_, ending)| ending) {
        Some("gz" | "gzip") => all(MultiGzDecoder::new(&*bytes)),
        Some("zst" | "zstd") => all(StreamingDecoder::new(&*bytes).map_err(|cause| broken(&cause))?),
        _ => Ok(bytes),
    }
}

fn all(decoder: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read: io::Result<usize> = decoder.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|cause| broken(&cause))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("A file has more than {MAX_FILE_BYTES} bytes after decompression."));
    }
    Ok(bytes)
}

fn broken(cause: &dyn std::error::Error) -> String {
    format!("A compressed file cannot be read: {cause}.")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("in memory");
        encoder.finish().expect("in memory")
    }

    #[test]
    fn the_ending_tells_the_compression() {
        let zstd = compress_to_vec(&b"a,b"[..], CompressionLevel::Fastest);
        assert_eq!(decompress("x.csv.gz", gzip(b"a,b")).expect("whole"), b"a,b");
        assert_eq!(decompress("x.csv.zstd", zstd.clone()).expect("whole"), b"a,b");
        assert_eq!(decompress("x.zst", zstd.clone()).expect("whole"), b"a,b");
        assert_eq!(decompress("x.csv", zstd.clone()).expect("as it is"), zstd);
        let two = [gzip(b"a"), gzip(b"b")].concat();
        assert_eq!(decompress("x.gz", two).expect("both members"), b"ab");
    }

    #[test]
    fn what_is_broken_or_too_large_is_refused() {
        for key in ["x.gz", "x.zst"] {
            assert!(decompress(key, b"plain".to_vec()).is_err(), "{key}");
        }
        let half = gzip(&[7; 1000]);
        assert!(decompress("x.gz", half[..half.len() / 2].to_vec()).is_err());
        let bomb = gzip(&vec![0; usize::try_from(MAX_FILE_BYTES).expect("fits") + 1]);
        let error = decompress("x.gz", bomb).expect_err("too large");
        assert!(error.contains("after decompression"), "{error}");
    }
}

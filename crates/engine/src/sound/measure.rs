//! How loud the sound of a finished file is (EBU R 128, measured by ffmpeg's `ebur128`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use rushes_core::ports::RenderError;

use crate::ffmpeg::Ffmpeg;

/// The longest that decoding one file's sound may take.
const DEADLINE: Duration = Duration::from_secs(600);
const INTEGRATED: &str = "lavfi.r128.I";
const TRUE_PEAK: &str = "lavfi.r128.true_peak";

/// How loud something is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loudness {
    /// Integrated loudness in LUFS.
    pub integrated_lufs: f64,
    /// The highest true peak of any channel, in dBTP.
    pub true_peak_dbtp: f64,
}

/// The loudness of the first sound track of `file`; `None` where it is too short to have one.
///
/// # Errors
/// [`RenderError`] when ffmpeg is missing or cannot decode it.
pub async fn measure_loudness(ffmpeg: PathBuf, file: &Path) -> Result<Option<Loudness>, RenderError> {
    let mut input = std::ffi::OsString::from("file:");
    input.push(file);
    let said = Ffmpeg::new(ffmpeg).start("measuring loudness", DEADLINE, arguments(&input))?.output().await?;
    Ok(loudness(&String::from_utf8_lossy(&said)))
}

fn arguments(input: &std::ffi::OsStr) -> Vec<&std::ffi::OsStr> {
    let before = ["-protocol_whitelist", "file,pipe", "-i"].map(std::ffi::OsStr::new);
    // Every tenth of a second the values up to then are printed; the last ones count.
    let filter = "ebur128=metadata=1:peak=true,ametadata=print:file=pipe\\\\:1";
    let after = ["-map", "0:a:0", "-filter:a", filter, "-f", "null", "-"].map(std::ffi::OsStr::new);
    before.into_iter().chain([input]).chain(after).collect()
}

fn loudness(said: &str) -> Option<Loudness> {
    let last = |key: &str| {
        let value = |line: &str| line.strip_prefix(key)?.strip_prefix('=')?.trim().parse::<f64>().ok();
        said.lines().rev().find_map(value)
    };
    Some(Loudness { integrated_lufs: last(INTEGRATED)?, true_peak_dbtp: 20.0 * last(TRUE_PEAK)?.log10() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_values_count() {
        let said = "frame:0\nlavfi.r128.I=-20.0\nlavfi.r128.true_peak=0.5\nframe:1\nlavfi.r128.I=-14.1\nlavfi.r128.true_peak=0.891\n";
        let found = loudness(said).unwrap();
        assert!((found.integrated_lufs + 14.1).abs() < 1e-9 && (found.true_peak_dbtp + 1.0).abs() < 0.01, "{found:?}");
        assert_eq!(loudness(""), None);
    }
}

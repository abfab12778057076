//! How a clip's pictures are stored, where that shows unless something is done about it.

/// Codecs whose pictures may be two fields, filmed one after the other: every other row each.
const WITH_FIELDS: &[&str] = &["h264", "mpeg2video", "mpeg4", "mjpeg", "prores", "dnxhd", "ffv1", "rawvideo"];
/// Beginnings of the names of ffmpeg's pixel formats with alpha.
const WITH_ALPHA: &[&str] = &["yuva", "gbrap", "ya8", "ya16", "argb", "rgba", "abgr", "bgra", "ayuv", "vuya", "pal8"];

/// How a clip's pictures are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Pixels across and down, turned upright.
    pub size: (u32, u32),
    /// Its pictures may be interlaced; each says itself whether it is.
    pub may_be_interlaced: bool,
    /// Parts of its pictures may let through what is behind them.
    pub has_alpha: bool,
    /// The decoder that tells alpha, where ffmpeg's choice does not.
    pub decoder: Option<&'static str>,
}

impl Stored {
    /// What ffmpeg's words about a clip say, of which it decoded a picture of that size and pixel format.
    pub fn new(size: (u32, u32), pixel_format: &str, words: &str) -> Self {
        let codec = codec(words).unwrap_or_default();
        // WebM keeps alpha in a picture beside the picture (WebM Project, "VP8 Encode Alpha"), and says so.
        let is_beside = words.lines().filter_map(|line| line.split_once(':')).any(is_alpha_mode);
        let decoder = match codec {
            "vp8" if is_beside => Some("libvpx"),
            "vp9" if is_beside => Some("libvpx-vp9"),
            _ => None,
        };
        let has_alpha = decoder.is_some() || WITH_ALPHA.iter().any(|start| pixel_format.starts_with(start));
        Self { size, may_be_interlaced: WITH_FIELDS.contains(&codec), has_alpha, decoder }
    }
}

/// Reads `Stream #0:0(und): Video: h264 (High) …`.
fn codec(words: &str) -> Option<&str> {
    let line = words.lines().find(|line| line.trim_start().starts_with("Stream #0:") && line.contains(": Video: "))?;
    line.split_once(": Video: ")?.1.split([' ', ',']).next()
}

fn is_alpha_mode((name, value): (&str, &str)) -> bool {
    name.trim().eq_ignore_ascii_case("alpha_mode") && value.trim() == "1"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_told_from_the_pixels_or_from_the_container() {
        let webm = "  Stream #0:0: Video: vp9 (Profile 0), yuv420p(tv, progressive), 160x120, 25 fps\n    Metadata:\n      \
             alpha_mode      : 1\n";
        let stored = Stored::new((160, 120), "yuv420p", webm);
        assert_eq!((stored.has_alpha, stored.decoder, stored.may_be_interlaced), (true, Some("libvpx-vp9"), false));
        let plain = Stored::new((160, 120), "yuv420p", &webm.replace(": 1", ": 0"));
        assert_eq!((plain.has_alpha, plain.decoder), (false, None));
        for (format, has_alpha) in [("yuva444p12le", true), ("argb", true), ("yuv422p10le", false), ("rgb24", false)] {
            let prores = "  Stream #0:0[0x1](und): Video: prores (4444) (ap4h / 0x6), 160x120";
            let stored = Stored::new((160, 120), format, prores);
            assert_eq!((stored.has_alpha, stored.may_be_interlaced), (has_alpha, true), "{format}");
        }
    }
}

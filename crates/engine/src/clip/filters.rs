//! From a clip's pictures to the frame's: shape and colours.

use rushes_core::spec::{Fit, Output};

use super::facts::{ClipFacts, Colors, Transfer};

/// A resampler that is exact to the last bit wherever it runs, and sharp.
const SCALER: &str = "flags=bicubic+accurate_rnd+full_chroma_int";
/// White of standard range, in cd/m² (ITU-R BT.2408-7, §2.1); what is brighter is compressed.
const WHITE_NITS: u32 = 203;
/// The brightest light that is kept apart from white, as a multiple of it: 1,000 cd/m² is what most is graded for.
const PEAK: f64 = 4.93;

/// A clip that is more times as long as the frame is cut before it is scaled.
const MOST_BEYOND: u64 = 4;
/// Makes whole pictures of those that say that their rows were filmed in two turns, as many as there were: the
/// missing half of the rows is found from those around it and from the pictures before and after.
const DEINTERLACE: &str = "bwdif=mode=send_frame:parity=auto:deint=interlaced";

/// The filter that pictures go through before any of them is left out, if they need one.
pub fn deinterlacer(facts: &ClipFacts) -> Option<&'static str> {
    facts.stored.may_be_interlaced.then_some(DEINTERLACE)
}

/// The filters that turn a clip's upright pictures into those of the frame: 8 bits, 4:2:0, BT.709, limited range.
pub fn filters(facts: &ClipFacts, fit: Fit, output: &Output) -> String {
    let (scaled, placed) = shape(facts, fit, output);
    // What is transparent is black, as in stills.
    let blackened = if facts.stored.has_alpha { "premultiply=inplace=1," } else { "" };
    let scaled = format!("{blackened}{scaled}");
    let colors = facts.colors;
    let from = matrix(facts);
    if colors.transfer == Transfer::Standard && !colors.is_wide {
        return format!("{scaled}{from}:out_color_matrix=bt709:out_range=tv,format=yuv420p,{placed}");
    }
    // Resampled first: what follows is costly, and a clip is most often larger than the frame.
    let mapped = mapping(colors);
    format!("{scaled}{from}:out_color_matrix=bt2020:out_range=tv,format=yuv420p10,{mapped},{placed}")
}

/// The scaler without its colours, and what puts the scaled picture into the frame.
fn shape(facts: &ClipFacts, fit: Fit, output: &Output) -> (String, String) {
    let (width, height) = (u64::from(output.width), u64::from(output.height));
    let (clip_width, clip_height) = (u64::from(facts.width), u64::from(facts.height));
    let is_clip_wider = clip_width * height > width * clip_height;
    let across = || nearest_even(height * clip_width, clip_height);
    let down = || nearest_even(width * clip_height, clip_width);
    let (mut scaled_width, mut scaled_height) = match fit {
        Fit::Fill => (width, height),
        Fit::Cover if is_clip_wider => (across().max(width), height),
        Fit::Cover => (width, down().max(height)),
        Fit::Contain if is_clip_wider => (width, down().clamp(2, height)),
        Fit::Contain => (across().clamp(2, width), height),
    };
    let (stored_width, stored_height) = facts.stored.size;
    let columns = needed(stored_width.into(), &mut scaled_width, width);
    let rows = needed(stored_height.into(), &mut scaled_height, height);
    let cut = match (columns, rows) {
        (None, None) => String::new(),
        (columns, rows) => {
            let side =
                |count: Option<u64>, whole: &str| count.map_or_else(|| whole.to_owned(), |count| count.to_string());
            format!("crop={}:{},", side(columns, "iw"), side(rows, "ih"))
        }
    };
    // Offsets are even, so that chroma stays where it belongs.
    let offset = |outer: u64, inner: u64| outer.saturating_sub(inner) / 4 * 2;
    let placed = match fit {
        Fit::Contain => {
            let (x, y) = (offset(width, scaled_width), offset(height, scaled_height));
            format!("pad={width}:{height}:{x}:{y}:black")
        }
        Fit::Cover | Fit::Fill => {
            let (x, y) = (offset(scaled_width, width), offset(scaled_height, height));
            format!("crop={width}:{height}:{x}:{y}")
        }
    };
    (format!("{cut}scale={scaled_width}:{scaled_height}:{SCALER}"), placed)
}

/// How many columns or rows of a clip are enough where it reaches far beyond the frame: then not all of it is
/// scaled, since it could become larger than there is memory. `scaled` becomes the length of what is left.
fn needed(stored: u64, scaled: &mut u64, frame: u64) -> Option<u64> {
    if *scaled <= MOST_BEYOND * frame {
        return None;
    }
    let kept = (stored * 2 * frame).div_ceil(*scaled).next_multiple_of(2).min(stored);
    *scaled = nearest_even(*scaled * kept, stored).max(frame);
    Some(kept)
}

/// The even number nearest to a fraction.
const fn nearest_even(numerator: u64, denominator: u64) -> u64 {
    (numerator + denominator) / (2 * denominator) * 2
}

/// The input's matrix where the file does not name it: as players guess, high definition is BT.709, the rest BT.601.
const fn matrix(facts: &ClipFacts) -> &'static str {
    match facts.colors {
        Colors { has_matrix: true, .. } => "",
        Colors { is_wide: true, .. } => ":in_color_matrix=bt2020",
        Colors { .. } if facts.width >= 1_280 || facts.height > 576 => ":in_color_matrix=bt709",
        Colors { .. } => ":in_color_matrix=bt601",
    }
}

/// From BT.2020 numbers to BT.709's, by way of light.
fn mapping(colors: Colors) -> String {
    let transfer = match colors.transfer {
        Transfer::Standard => "bt709",
        Transfer::PerceptualQuantizer => "smpte2084",
        Transfer::HybridLogGamma => "arib-std-b67",
    };
    let tone = match colors.transfer {
        Transfer::Standard => String::new(),
        Transfer::PerceptualQuantizer | Transfer::HybridLogGamma => {
            format!("tonemap=mobius:param=0.6:desat=0:peak={PEAK},")
        }
    };
    let primaries = if colors.is_wide { "bt2020" } else { "bt709" };
    format!(
        "zscale=min=bt2020nc:rin=limited:tin={transfer}:pin={primaries}:t=linear:npl={WHITE_NITS}:p=bt709,format=gbrpf32,{tone}\
         zscale=t=bt709:m=bt709:r=limited,format=yuv420p"
    )
}

//! What ffmpeg says of a file that it cannot read, in words for people.

/// What ffmpeg 9 says of a file in which there is nothing to see.
pub const NO_PICTURES: &str = "matches no streams";
/// And of one in which there is nothing at all of what is asked for.
pub const NO_STREAMS: &str = "does not contain any stream";

/// What ffmpeg's words mean, in the order in which they are looked for: the first that is among them counts.
const MEANINGS: &[(&[&str], &str)] = &[
    (&[NO_PICTURES], "it holds no pictures that move; name a video clip"),
    (&[NO_STREAMS], "there is nothing in it to see or hear"),
    (&["exceeds specified max pixel count", "Picture size", "Cannot allocate memory"], "it has too many pixels"),
    (
        &["Format not on whitelist", "Codec not on whitelist", "not on whitelist", "Protocol"],
        "it is of a kind that is not taken; export it as MP4 with H.264 and AAC",
    ),
    (
        &[
            "no decoder found",
            "Decoder not found",
            "Unknown decoder",
            "not implemented",
            "is not supported",
            "Unsupported codec",
            "unsupported",
            "Could not find codec parameters",
        ],
        "it is coded in a way that is not supported; export it as MP4 with H.264 and AAC",
    ),
    (&["Permission denied"], "it may not be read"),
    (&["No such file"], "it is no longer there"),
];

/// For all that says nothing better: whoever made the file or moved it broke off or broke it.
const DAMAGED: &str = "it is damaged or was cut off; export or upload it again";

/// What is wrong with a file of which ffmpeg says this. Its own words belong into the log only: they speak of
/// addresses in memory and of parts of ffmpeg.
pub fn in_plain_words(words: &str) -> &'static str {
    let meaning = MEANINGS.iter().find(|(marks, _)| marks.iter().any(|mark| words.contains(mark)));
    meaning.map_or(DAMAGED, |(_, meaning)| meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ffmpeg_says_becomes_words_that_name_no_part_of_it() {
        let cases = [
            ("[mov,mp4 @ 0x55d0] moov atom not found\nError opening input: Invalid data found", "cut off"),
            ("[png @ 0x5646de07bb80] chunk too big", "cut off"),
            ("[vist#0:0/webp @ 0x55] [dec:webp @ 0x5] Decoding error: Invalid data found", "cut off"),
            ("Stream map '0:V:0' matches no streams.", "no pictures that move"),
            ("[h264 @ 0x1] Picture size 8704x64 exceeds specified max pixel count 67108864", "too many pixels"),
            ("[hls @ 0x7f] Format not on whitelist 'mov,mp4'", "a kind that is not taken"),
            ("Decoding requested, but no decoder found for: none", "not supported"),
            ("", "cut off"),
        ];
        for (words, meaning) in cases {
            let plain = in_plain_words(words);
            assert!(plain.contains(meaning), "{words}: {plain}");
            assert!(!plain.contains("0x") && !plain.contains('['), "{plain}");
        }
    }
}

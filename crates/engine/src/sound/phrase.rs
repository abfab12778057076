//! Phrases: runs of speech between silences, each of which is coded for itself.
//!
//! An AAC frame holds two blocks of 1,024 samples. Where a phrase begins on a border of blocks and
//! has silence around it, its frames depend on nothing but its own samples: they can be coded
//! beside others, remembered, and joined with silent frames between. For that a phrase is heard up
//! to half a block (10.7 ms) earlier or later than the timeline says, which does not add up.

use std::time::Duration;

use rushes_core::narration::samples_duration;
use rushes_core::ports::RenderError;
use rushes_core::timeline::{SoundPiece, Soundtrack};

use super::time::{RATE_HZ, index, sample_at};
use super::track::AacTrack;
use super::voice::SampleReader;

/// Silence that parts phrases, in blocks: what is coded after the last sample, the frame that
/// reaches over the end, a block for rounding each of both, and one to spare.
const SILENT_BLOCKS: u64 = 6;
/// Silence that is coded after the last sample: the coder goes back to long windows in it.
const CODED_SILENT_BLOCKS: u64 = 2;

/// A run of speech between silences.
#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    /// The first frame of the track that is of this phrase.
    pub first_frame: u64,
    /// What is heard, from the phrase's own beginning on.
    pub sound: Soundtrack,
}

/// The frames of a track of that length: one more than it has blocks, since the first is for the coder to begin with.
pub fn track_frames(duration: Duration) -> u64 {
    sample_at(duration, RATE_HZ).div_ceil(u64::from(AacTrack::FRAME_SAMPLES)) + 1
}

/// Cuts the voice of a soundtrack where it is silent for long enough.
///
/// # Errors
/// [`RenderError::Io`] when its samples cannot be read.
pub fn phrases(soundtrack: &Soundtrack) -> Result<Vec<Phrase>, RenderError> {
    let mut reader = SampleReader::default();
    let mut phrases = Vec::new();
    let mut run: Vec<SoundPiece> = Vec::new();
    let mut run_end = 0;
    for piece in &soundtrack.pieces {
        let rate_hz = piece.sample_rate_hz;
        let start = sample_at(piece.start, rate_hz);
        if start >= run_end + in_rate(SILENT_BLOCKS, rate_hz) {
            phrases.extend(phrase(std::mem::take(&mut run), run_end));
        }
        let sounding = piece.samples.count() - silent_end(piece, &mut reader)?;
        if sounding > 0 {
            run_end = start + sounding;
            run.push(piece.clone());
        }
    }
    phrases.extend(phrase(run, run_end));
    Ok(phrases)
}

/// The phrase that the pieces are, up to a sample of the video.
fn phrase(mut pieces: Vec<SoundPiece>, end: u64) -> Option<Phrase> {
    let (start, rate_hz) = pieces.first().map(|piece| (piece.start, piece.sample_rate_hz))?;
    for piece in &mut pieces {
        piece.start -= start;
    }
    let block = u64::from(AacTrack::FRAME_SAMPLES);
    let length = end - sample_at(start, rate_hz) + in_rate(CODED_SILENT_BLOCKS, rate_hz);
    let duration = samples_duration(length, rate_hz);
    Some(Phrase {
        first_frame: (sample_at(start, RATE_HZ) + block / 2) / block,
        sound: Soundtrack { pieces, duration, ..Soundtrack::default() },
    })
}

/// Blocks of the coder in samples of another rate.
fn in_rate(blocks: u64, rate_hz: u32) -> u64 {
    (blocks * u64::from(AacTrack::FRAME_SAMPLES) * u64::from(rate_hz)).div_ceil(u64::from(RATE_HZ))
}

/// How many samples at the end are digital silence; no more are counted than part phrases.
fn silent_end(piece: &SoundPiece, reader: &mut SampleReader) -> Result<u64, RenderError> {
    let looked_at = in_rate(SILENT_BLOCKS, piece.sample_rate_hz).min(piece.samples.count());
    let mut end = vec![[0.0]; index(looked_at)];
    reader.read(&piece.samples, piece.samples.count() - looked_at, &mut end)?;
    Ok(end.iter().rev().take_while(|[sample]| *sample == 0.0).count() as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPEECH_HZ: u32 = 22_050;

    fn piece(start: Duration, sounding: usize, silent: usize) -> SoundPiece {
        let samples = [vec![1000; sounding], vec![0; silent]].concat();
        SoundPiece { start, sample_rate_hz: SPEECH_HZ, samples: samples.into() }
    }

    proptest! {
        #[test]
        fn phrases_never_overlap_and_begin_within_half_a_block_of_their_time(
            pieces in proptest::collection::vec((0usize..30_000, 0usize..8000, 0u64..400), 1..12),
        ) {
            let mut clock = Duration::ZERO;
            let mut soundtrack = Soundtrack::default();
            for (sounding, silent, pause_ms) in pieces {
                clock += Duration::from_millis(pause_ms);
                soundtrack.pieces.push(piece(clock, sounding, silent));
                clock += samples_duration((sounding + silent) as u64, SPEECH_HZ);
            }
            let mut free = 0;
            let mut rest: &[SoundPiece] = &soundtrack.pieces;
            for phrase in phrases(&soundtrack).unwrap() {
                prop_assert!(phrase.first_frame >= free, "{} before {free}", phrase.first_frame);
                free = phrase.first_frame + track_frames(phrase.sound.duration);
                let (first, at) = (phrase.sound.pieces[0].samples.clone(), &mut rest);
                while at[0].samples.count() == 0 || at[0].samples != first {
                    *at = &at[1..];
                }
                let wanted = at[0].start.as_secs_f64() * f64::from(RATE_HZ) / 1024.0;
                prop_assert!((phrase.first_frame as f64 - wanted).abs() <= 0.5 + 1e-3);
            }
        }
    }

    #[test]
    fn sentences_without_silence_between_them_stay_together() {
        let at = Duration::from_millis;
        let pieces = vec![piece(at(0), 22_050, 10), piece(at(1_000), 22_050, 6000), piece(at(2_300), 2000, 0)];
        let cut = phrases(&Soundtrack { pieces, duration: at(4_000), ..Soundtrack::default() }).unwrap();
        assert_eq!(cut.iter().map(|phrase| phrase.sound.pieces.len()).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn the_same_phrase_is_the_same_wherever_it_stands() {
        let told = |first_ms| {
            let pieces = vec![
                piece(Duration::from_millis(first_ms), 20_000, 3000),
                piece(Duration::from_millis(first_ms + 1_250), 9000, 0),
            ];
            phrases(&Soundtrack { pieces, ..Soundtrack::default() }).unwrap().remove(0).sound
        };
        assert_eq!(told(0), told(777));
    }
}

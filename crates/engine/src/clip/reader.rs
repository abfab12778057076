//! Decoding a clip, picture after picture.

use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::spec::Output;
use rushes_core::timeline::Clip;

use super::facts::ClipFacts;
use super::filters::{deinterlacer, filters};
use super::thinning::Thinning;
use super::{complaint, input, of_clip};
use crate::ffmpeg::{Ffmpeg, FrameStream, FrameTime};
use crate::picture::Picture;

/// For one picture, the ones before it that decoding needs included.
const PATIENCE: Duration = Duration::from_secs(60);
const DOING: &str = "decoding a clip";

/// Decodes the pictures of a clip for one frame of the video after another. It waits for its
/// child process, so it belongs on a thread that may; dropping it ends the child.
pub struct ClipReader {
    ffmpeg: Ffmpeg,
    clip: Clip,
    facts: ClipFacts,
    output: Output,
    next_frame: u64,
    /// Index of the picture that is shown; none before the first.
    shown: Option<usize>,
    picture: Picture,
    stream: Option<Ahead>,
}

/// A stream and the time of its next picture.
struct Ahead {
    stream: FrameStream,
    /// `None` at the end.
    next_ticks: Option<i64>,
}

/// Where decoding starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// At this picture of the table.
    Picture(usize),
    /// At this picture, which needs none before it, or earlier.
    Key(usize),
    /// At the beginning of the file.
    Beginning,
}

impl ClipReader {
    /// A reader whose first picture is that of the frame `first_frame` frames after the clip began.
    ///
    /// # Errors
    /// [`RenderError::Medium`] when the clip is to start after its end.
    pub fn open(
        ffmpeg: &Ffmpeg,
        clip: &Clip,
        facts: &ClipFacts,
        output: &Output,
        first_frame: u64,
    ) -> Result<Self, RenderError> {
        facts.check(clip)?;
        Ok(Self {
            ffmpeg: ffmpeg.clone(),
            clip: clip.clone(),
            facts: facts.clone(),
            output: *output,
            next_frame: first_frame,
            shown: None,
            picture: Picture::black(output.width as usize, output.height as usize),
            stream: None,
        })
    }

    /// The picture of the next frame. A clip that ends before it should keeps its last picture.
    ///
    /// # Errors
    /// [`RenderError`] when nothing of the clip can be decoded, or not in time.
    pub fn next_picture(&mut self) -> Result<&Picture, RenderError> {
        let wanted = self.facts.picture_at(&self.clip, self.output.frame_rate, self.next_frame);
        self.next_frame += 1;
        match self.shown {
            Some(shown) if shown == wanted => {}
            Some(shown) if shown < wanted => self.advance(wanted)?,
            _ => {
                self.start(wanted)?;
                self.advance(wanted)?;
            }
        }
        self.shown = Some(wanted);
        Ok(&self.picture)
    }

    /// Starts decoding so that `wanted`, or what is shown in its place, comes first or a little later.
    ///
    /// Which picture that is must not depend on the start: a picture that cannot be decoded without those
    /// before it, or that the decoder leaves out, is not the first of a stream that starts at its time. Then
    /// an earlier start is tried, and at last the beginning, where everyone starts who reads it all.
    fn start(&mut self, wanted: usize) -> Result<(), RenderError> {
        self.stream = None;
        let table = &self.facts.table;
        let wanted_ticks = table.ticks[wanted];
        let keys = &table.keys[..table.keys.partition_point(|key| *key < wanted)];
        let attempts = [Some(Start::Picture(wanted)), keys.last().map(|key| Start::Key(*key)), Some(Start::Beginning)];
        for start in attempts.into_iter().flatten() {
            let is_last = start == Start::Beginning || start == Start::Picture(0);
            let mut stream = self.stream(start)?;
            let next_ticks = self.ticks(stream.next_time())?;
            if !is_last && next_ticks.is_none_or(|ticks| ticks > wanted_ticks) {
                tracing::debug!(?start, wanted_ticks, ?next_ticks, "decoding starts again from an earlier picture");
                continue;
            }
            if next_ticks.is_none() {
                return Err(complaint(&self.clip.path, &stream.words()?));
            }
            let mut ahead = Ahead { stream, next_ticks };
            // Shown even where its time has not come: nothing is before it.
            self.read(&mut ahead)?;
            self.stream = Some(ahead);
            return Ok(());
        }
        Ok(())
    }

    /// Reads on to the last picture that is not later than `wanted`.
    fn advance(&mut self, wanted: usize) -> Result<(), RenderError> {
        let wanted_ticks = self.facts.table.ticks[wanted];
        let Some(mut ahead) = self.stream.take() else { return Ok(()) };
        while ahead.next_ticks.is_some_and(|ticks| ticks <= wanted_ticks) {
            self.read(&mut ahead)?;
        }
        self.stream = Some(ahead);
        Ok(())
    }

    /// Makes the stream's next picture the one shown.
    fn read(&mut self, ahead: &mut Ahead) -> Result<(), RenderError> {
        let is_whole = ahead.stream.read(self.picture.bytes_mut());
        if !is_whole.map_err(|error| of_clip(&self.clip.path, error))? {
            return Err(complaint(&self.clip.path, &ahead.stream.words()?));
        }
        ahead.next_ticks = self.ticks(ahead.stream.next_time())?;
        Ok(())
    }

    /// A time in the table's ticks.
    fn ticks(&self, time: Result<Option<FrameTime>, RenderError>) -> Result<Option<i64>, RenderError> {
        match time.map_err(|error| of_clip(&self.clip.path, error))? {
            Some(time) if time.time_base == self.facts.table.time_base => Ok(Some(time.ticks)),
            Some(time) => {
                Err(RenderError::Stream { reason: format!("a clip's times are in units of {:?}", time.time_base) })
            }
            None => Ok(None),
        }
    }

    fn stream(&self, start: Start) -> Result<FrameStream, RenderError> {
        let ticks = &self.facts.table.ticks;
        let filters = filters(&self.facts, self.clip.fit, &self.output);
        let shown = self.next_frame.saturating_sub(1);
        let filters = match Thinning::new(&self.facts, &self.clip, self.output.frame_rate, shown) {
            Some(kept) => format!("select={kept},{filters}"),
            None => filters,
        };
        let deinterlacer = deinterlacer(&self.facts);
        // Half-way from the picture before, so that no rounding can hide the one that is wanted.
        let (seek, filters) = match start {
            Start::Picture(0) | Start::Beginning => (None, filters),
            Start::Picture(index) => {
                let border = self.seconds(i128::from(ticks[index - 1]) + i128::from(ticks[index]), 2);
                // The rows of the picture before tell what those of this one lack.
                let first = index - usize::from(deinterlacer.is_some());
                (Some(self.seconds(i128::from(ticks[first]), 1)), format!("trim=start={border},{filters}"))
            }
            Start::Key(index) => (Some(self.seconds(i128::from(ticks[index]), 1)), filters),
        };
        let filters = deinterlacer.into_iter().chain([filters.as_str()]).collect::<Vec<_>>().join(",");
        let decoder = self.facts.stored.decoder.map(|name| ["-c:v", name]);
        let seek = seek.as_deref().map(|seconds| ["-noaccurate_seek", "-ss", seconds]);
        let before = [decoder.as_ref().map(<[_; 2]>::as_slice), seek.as_ref().map(<[_; 3]>::as_slice)];
        let mut arguments = input(&self.clip.path, &before.map(Option::unwrap_or_default).concat());
        let output = [
            "-map",
            "0:V:0",
            "-fps_mode",
            "passthrough",
            "-filter_threads",
            "1",
            "-vf",
            &filters,
            "-pix_fmt",
            "yuv420p",
        ];
        arguments.extend(output.map(Into::into));
        self.ffmpeg.start_frames(DOING, PATIENCE, arguments)
    }

    /// `ticks / parts` in seconds, rounded up to a microsecond.
    fn seconds(&self, ticks: i128, parts: i128) -> String {
        let (numerator, denominator) = self.facts.table.time_base;
        let divisor = i128::from(denominator) * parts;
        let micros = ticks * i128::from(numerator) * 1_000_000;
        let micros = micros.div_euclid(divisor) + i128::from(micros.rem_euclid(divisor) > 0);
        let sign = if micros < 0 { "-" } else { "" };
        format!("{sign}{}.{:06}", micros.abs() / 1_000_000, micros.abs() % 1_000_000)
    }
}

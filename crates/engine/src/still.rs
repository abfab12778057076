//! Still pictures of users, decoded by ffmpeg to the size of the frame.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::spec::Output;
use rushes_core::timeline::{Backdrop, Timeline};

use crate::compose::Stills;
use crate::ffmpeg::Ffmpeg;
use crate::picture::Picture;

const DEADLINE: Duration = Duration::from_secs(60);
/// The most pixels a picture may have, in ffmpeg too: it was checked before, and
/// is not trusted now.
const MAX_PIXELS: &str = "100000000";

/// Decodes every still of a timeline, each once.
///
/// # Errors
/// [`RenderError::Picture`] when a file is not a picture that ffmpeg can read.
pub async fn decode_stills(ffmpeg: &Ffmpeg, timeline: &Timeline) -> Result<Stills, RenderError> {
    let mut stills: Stills = HashMap::new();
    for path in paths(timeline) {
        if !stills.contains_key(path) {
            let picture = decode(ffmpeg, path, &timeline.output).await?;
            stills.insert(path.clone(), Arc::new(picture));
        }
    }
    Ok(stills)
}

fn paths(timeline: &Timeline) -> impl Iterator<Item = &PathBuf> {
    timeline.scenes.iter().filter_map(|scene| match &scene.background {
        Backdrop::Still(still) => Some(&still.path),
        Backdrop::Color(_) | Backdrop::Gradient(_) | Backdrop::Clip(_) => None,
    })
}

async fn decode(ffmpeg: &Ffmpeg, path: &Path, output: &Output) -> Result<Picture, RenderError> {
    let (width, height) = (output.width, output.height);
    // Fills the frame and cuts what sticks out, as CSS's `object-fit: cover`.
    let filter = format!(
        "format=rgb24,scale={width}:{height}:force_original_aspect_ratio=increase:flags=lanczos+accurate_rnd+full_chroma_int:\
         out_color_matrix=bt709:out_range=tv,crop={width}:{height},format=yuv420p"
    );
    // No network, no playlists: only the file itself, only as a picture.
    let arguments: Vec<std::ffi::OsString> = vec![
        "-protocol_whitelist".into(),
        "file".into(),
        "-max_pixels".into(),
        MAX_PIXELS.into(),
        "-threads".into(),
        "1".into(),
        "-i".into(),
        path.into(),
        "-frames:v".into(),
        "1".into(),
        "-vf".into(),
        filter.into(),
        "-f".into(),
        "rawvideo".into(),
        "pipe:1".into(),
    ];
    let bytes =
        ffmpeg.start("decoding a picture", DEADLINE, arguments)?.output().await.map_err(|error| match error {
            RenderError::Ffmpeg { stderr, .. } => RenderError::Picture { reason: stderr },
            other => other,
        })?;
    let picture = Picture::from_bytes(width as usize, height as usize, bytes);
    picture.ok_or_else(|| RenderError::Picture { reason: "the decoded picture has another size".to_owned() })
}

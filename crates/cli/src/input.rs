//! Files that a person names.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use rushes_core::spec::{Background, Image, Media, MediaOrigin, MediaSource, VideoSpec};

/// The bytes of a file, or of standard input where it is named `-`.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("standard input cannot be read")?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// The spec in a file or on standard input. Paths in it are meant from where it lies.
pub fn read_spec(path: &Path) -> anyhow::Result<VideoSpec> {
    let mut spec = VideoSpec::from_json(&read(path)?, MediaOrigin::RemoteOrLocal)?;
    resolve_paths(&mut spec, path.parent().unwrap_or(Path::new("")));
    Ok(spec)
}

fn resolve_paths(spec: &mut VideoSpec, base: &Path) {
    for scene in &mut spec.scenes {
        if let Background::Image(Image { media: Media { source: MediaSource::Path(path), .. }, .. }) =
            &mut scene.background
        {
            *path = base.join(&*path);
        }
    }
}

//! Stock footage: Pexels and Pixabay.

mod pexels;
mod pixabay;
mod remembering;
#[cfg(test)]
mod tests;

use rushes_core::ports::{FootageError, FootageItem, FootageQuery, Source};
use rushes_core::spec::{FootageKind, MediaKind};

pub use pexels::Pexels;
pub use pixabay::Pixabay;
pub use remembering::RememberingFootage;

/// What is asked for at once.
const RESULTS: &str = "20";

/// Whether clips, or pictures, are wanted.
fn wants(query: &FootageQuery, kind: MediaKind) -> bool {
    match query.kind {
        FootageKind::Any => true,
        FootageKind::Clips => kind == MediaKind::Clip,
        FootageKind::Pictures => kind == MediaKind::Picture,
    }
}

/// One of several files of the same clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rendition<'a> {
    url: &'a str,
    width: u32,
    height: u32,
}

/// The smallest that fills the frame without being enlarged; else the largest.
fn fitting<'a>(renditions: impl Iterator<Item = Rendition<'a>>, query: &FootageQuery) -> Option<Rendition<'a>> {
    let pixels = |rendition: &Rendition<'_>| u64::from(rendition.width) * u64::from(rendition.height);
    let usable: Vec<Rendition<'a>> =
        renditions.filter(|rendition| pixels(rendition) > 0 && rendition.url.starts_with("http")).collect();
    let fills = |rendition: &&Rendition<'_>| rendition.width >= query.width && rendition.height >= query.height;
    let smallest = usable.iter().filter(fills).min_by_key(|rendition| pixels(rendition));
    smallest.or_else(|| usable.iter().max_by_key(|rendition| pixels(rendition))).copied()
}

fn failed(provider: &'static str, error: impl std::fmt::Display + Into<Source>) -> FootageError {
    FootageError { provider, reason: error.to_string(), source: Some(error.into()) }
}

/// Clips before pictures: what moves is asked for first, and what stands only where nothing does.
async fn clips_or_pictures(
    query: &FootageQuery,
    clips: impl Future<Output = Result<Vec<FootageItem>, FootageError>>,
    pictures: impl Future<Output = Result<Vec<FootageItem>, FootageError>>,
) -> Result<Vec<FootageItem>, FootageError> {
    if wants(query, MediaKind::Clip) {
        let found = clips.await?;
        if !found.is_empty() || !wants(query, MediaKind::Picture) {
            return Ok(found);
        }
    }
    pictures.await
}

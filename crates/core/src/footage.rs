//! Choosing footage: for each scene that wants some, the clip or picture that fits best and is not
//! shown elsewhere in the video. Where none can be had, a gradient is shown and a warning says so.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};

use crate::narration::written_words;
use crate::ports::{Credit, Footage, FootageError, FootageItem, FootageQuery, MediaLibrary};
use crate::spec::{
    Background, Camera, CameraPath, Easing, Fit, Gradient, Image, Media, MediaKind, Scene, Trim, Video, VideoSpec,
};

const SEARCHES_AT_ONCE: usize = 4;
const FETCHES_AT_ONCE: usize = 4;
/// Words of a scene that are searched for where it names none.
const SEARCHED_WORDS: usize = 5;
/// How far the camera moves in on a picture that was found.
const ZOOM: f64 = 0.12;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Whom to thank, each once.
    pub credits: Vec<Credit>,
    /// What could not be found.
    pub warnings: Vec<String>,
}

/// A scene that wants footage, and what there is for it.
struct Wish {
    scene: usize,
    is_wished: bool,
    terms: String,
    /// The best first.
    candidates: Vec<FootageItem>,
}

/// Puts footage in the place of every wish for some. What is chosen is brought into `directory`, so
/// that what cannot be fetched is known in time to take another.
pub async fn find(
    sources: &[Arc<dyn Footage>],
    library: &dyn MediaLibrary,
    spec: &mut VideoSpec,
    directory: &Path,
) -> Findings {
    let mut findings = Findings::default();
    let mut open = search(sources, spec, &mut findings).await;
    let mut taken: HashSet<String> = HashSet::new();
    while !open.is_empty() {
        let mut chosen = Vec::new();
        for mut wish in std::mem::take(&mut open) {
            // What another scene shows is no longer there for this one.
            wish.candidates.retain(|item| !taken.contains(&item.id));
            if wish.candidates.is_empty() {
                show_gradient(spec, &wish, &mut findings);
                continue;
            }
            let item = wish.candidates.remove(0);
            taken.insert(item.id.clone());
            chosen.push((wish, item));
        }
        let fetch = |(wish, item): (Wish, FootageItem)| async move {
            let media = media_of(&item, wish.scene);
            let fetched = library.fetch(&media, directory).await;
            (wish, item, media, fetched)
        };
        let fetches: Vec<_> = chosen.into_iter().map(fetch).collect();
        let fetched: Vec<_> = stream::iter(fetches).buffered(FETCHES_AT_ONCE).collect().await;
        for (wish, item, media, fetched) in fetched {
            match fetched {
                Ok(_) => show(spec, &wish, &item, media, &mut findings),
                Err(error) => {
                    tracing::warn!(scene = wish.scene, %error, "footage could not be fetched; another is taken");
                    open.push(wish);
                }
            }
        }
    }
    findings
}

/// Asks for every scene that wants footage, each in the order of the sources until one has some.
async fn search(sources: &[Arc<dyn Footage>], spec: &VideoSpec, findings: &mut Findings) -> Vec<Wish> {
    let wanting = spec.scenes.iter().enumerate().filter_map(|(index, scene)| match &scene.background {
        Background::Footage(footage) => Some((index, scene, footage)),
        _ => None,
    });
    let searches: Vec<_> = wanting.map(|(index, scene, footage)| wish(sources, spec, index, scene, footage)).collect();
    let answers: Vec<_> = stream::iter(searches).buffered(SEARCHES_AT_ONCE).collect().await;
    let mut complaints = BTreeSet::new();
    let mut wishes = Vec::new();
    for (wish, errors) in answers {
        for error in errors {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(scene = wish.scene, %error, cause, "footage cannot be searched");
            // Every scene would say the same.
            complaints.insert(error.to_string());
        }
        wishes.push(wish);
    }
    findings.warnings.extend(complaints);
    wishes
}

/// What there is for one scene, and who could not be asked.
async fn wish(
    sources: &[Arc<dyn Footage>],
    spec: &VideoSpec,
    index: usize,
    scene: &Scene,
    footage: &crate::spec::Footage,
) -> (Wish, Vec<FootageError>) {
    let terms = if footage.terms.is_empty() { vec![words_of(scene)] } else { footage.terms.clone() };
    let (mut candidates, mut complaints) = (Vec::new(), Vec::new());
    'found: for text in &terms {
        for source in sources {
            let query = query(spec, scene, text.clone(), footage.kind);
            match source.search(&query).await {
                Ok(items) => candidates = best_first(items, &query),
                Err(error) => complaints.push(error),
            }
            if !candidates.is_empty() {
                break 'found;
            }
        }
    }
    let terms = terms.into_iter().next().unwrap_or_default();
    (Wish { scene: index, is_wished: footage.is_wished, terms, candidates }, complaints)
}

fn words_of(scene: &Scene) -> String {
    let text = scene.title.as_deref().unwrap_or(&scene.text);
    let words = written_words(text).into_iter().take(SEARCHED_WORDS).map(|range| &text[range]);
    words.collect::<Vec<_>>().join(" ").chars().filter(|character| !character.is_ascii_punctuation()).collect()
}

fn query(spec: &VideoSpec, scene: &Scene, terms: String, kind: crate::spec::FootageKind) -> FootageQuery {
    let output = spec.output();
    let words = u32::try_from(written_words(&scene.text).len()).unwrap_or(u32::MAX);
    let spoken = Duration::from_secs(60) * words / spec.voice.rate_wpm.max(1);
    FootageQuery {
        terms,
        kind,
        width: output.width,
        height: output.height,
        duration: spoken.max(scene.minimum_duration),
    }
}

/// Sorted by how well they fit; equals stay in the provider's order.
fn best_first(mut items: Vec<FootageItem>, query: &FootageQuery) -> Vec<FootageItem> {
    let mut ranked: Vec<(f64, FootageItem)> =
        items.drain(..).enumerate().map(|(rank, item)| (misfit(&item, rank, query), item)).collect();
    ranked.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    ranked.into_iter().map(|(_, item)| item).collect()
}

/// How badly an item fits; 0 is perfect. Another shape is cut, fewer pixels are blurred, a shorter
/// clip is seen twice: in this order they hurt.
fn misfit(item: &FootageItem, rank: usize, query: &FootageQuery) -> f64 {
    let (width, height) = (f64::from(item.width), f64::from(item.height));
    let (frame_width, frame_height) = (f64::from(query.width), f64::from(query.height));
    let picture = if item.width == 0 || item.height == 0 {
        1.0
    } else {
        let shape = ((width / height) / (frame_width / frame_height)).ln().abs();
        let enlarged = (frame_width / width).max(frame_height / height);
        2.0 * shape + if enlarged > 1.0 { enlarged.ln() } else { -0.1 * enlarged.ln() }
    };
    let length = match (item.kind, item.duration) {
        (MediaKind::Clip, Some(duration)) if duration < query.duration => {
            0.5 * (1.0 - duration.as_secs_f64() / query.duration.as_secs_f64())
        }
        (MediaKind::Clip, _) => 0.0,
        // A picture stands still.
        _ => 0.4,
    };
    #[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
    let rank = rank as f64 * 0.02;
    picture + length + rank
}

fn media_of(item: &FootageItem, scene: usize) -> Media {
    Media { source: item.source.clone(), kind: item.kind, pointer: format!("/scenes/{scene}/background") }
}

fn show(spec: &mut VideoSpec, wish: &Wish, item: &FootageItem, media: Media, findings: &mut Findings) {
    spec.scenes[wish.scene].background = if item.kind == MediaKind::Clip {
        Background::Video(Video { media, fit: Fit::Cover, trim: Trim::default(), is_looped: true, volume: 0.0 })
    } else {
        let camera = Camera { path: CameraPath::ZoomIn { amount: ZOOM }, easing: Easing::Linear };
        Background::Image(Image { media, fit: Fit::Cover, camera: Some(camera) })
    };
    if let Some(credit) = item.credit.as_ref().filter(|credit| !findings.credits.contains(credit)) {
        findings.credits.push(credit.clone());
    }
}

fn show_gradient(spec: &mut VideoSpec, wish: &Wish, findings: &mut Findings) {
    spec.scenes[wish.scene].background = Background::Gradient(Gradient::default());
    if wish.is_wished {
        let (scene, terms) = (wish.scene + 1, &wish.terms);
        findings.warnings.push(format!("scene {scene} shows a gradient: no footage of {terms:?} could be had"));
    }
}

#[cfg(test)]
#[path = "footage_tests.rs"]
mod tests;

//! Words and pictures over the ground.

use std::sync::Arc;

use rushes_core::spec::{CaptionStyle, Output, ProgressBar};

use crate::look::{Caption, Dressing};
use crate::picture::Picture;
use crate::text::{Artwork, PageText, PlacedText, SetCaption, Typesetter, progress_bar};

/// Standing texts that are kept: a heading, a card and a lower third of each of two scenes in a transition.
const STANDING_TEXTS: usize = 6;

/// Sets and draws what stands over grounds; keeps what was set last.
pub struct Lettering {
    output: Output,
    typesetter: Typesetter,
    /// The last drawn at the end.
    standing: Vec<(PlacedText, Artwork)>,
    page: Kept<(Arc<PageText>, u8, CaptionStyle), SetCaption>,
    /// A caption in one layer, for pictures that move under it.
    layer: Kept<Caption, Artwork>,
}

/// What was set last, and from what.
struct Kept<K, V>(Option<(K, V)>);

impl<K: PartialEq + Clone, V> Kept<K, V> {
    /// What was made from `key`, which is made now if it was not the last.
    fn get(&mut self, key: &K, make: impl FnOnce() -> V) -> &V {
        let kept = self.0.take().filter(|(known, _)| known == key);
        let (_, value) = self.0.insert(kept.unwrap_or_else(|| (key.clone(), make())));
        value
    }
}

impl Lettering {
    pub fn new(output: Output) -> Self {
        Self { output, typesetter: Typesetter::new(), standing: Vec::new(), page: Kept(None), layer: Kept(None) }
    }

    /// Draws what stands on a backdrop.
    pub fn dress(&mut self, dressing: &Dressing, picture: &mut Picture) {
        for text in &dressing.texts {
            let found = self.standing.iter().position(|(known, _)| known == text);
            let kept = found.map(|index| self.standing.remove(index));
            let (text, artwork) =
                kept.unwrap_or_else(|| (text.clone(), text.artwork(&self.output, &mut self.typesetter).flattened()));
            artwork.draw(picture);
            self.standing.push((text, artwork));
        }
        let unused = self.standing.len().saturating_sub(STANDING_TEXTS);
        self.standing.drain(..unused);
    }

    /// Draws a caption. `is_still` says whether the ground under it stays: a caption over
    /// moving pictures is drawn for each of them and is worth a layer of its own.
    pub fn caption(&mut self, caption: &Caption, is_still: bool, picture: &mut Picture) {
        let Self { output, typesetter, page, .. } = self;
        let mut artwork = || {
            let set = || SetCaption::new(&caption.text, caption.step, &caption.style, output, typesetter);
            page.get(&(Arc::clone(&caption.text), caption.step, caption.style), set).artwork(caption.spoken_word)
        };
        if is_still {
            artwork().draw(picture);
        } else {
            self.layer.get(caption, || artwork().flattened()).draw(picture);
        }
    }

    /// Draws the progress bar.
    pub fn progress(&mut self, progress: Option<(ProgressBar, u32)>, picture: &mut Picture) {
        if let Some((bar, step)) = progress {
            progress_bar(&bar, step, &self.output).draw(picture);
        }
    }
}

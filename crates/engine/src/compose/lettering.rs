//! Words and pictures over the ground.

use std::sync::Arc;

use rushes_core::spec::{CaptionStyle, Card, Output, ProgressBar};

use crate::look::{Caption, Dressing, NamePlate};
use crate::picture::Picture;
use crate::text::{Artwork, PageText, SetCaption, Typesetter, progress_bar, set_card, set_heading, set_lower_third};

/// Sets and draws what stands over grounds; keeps what was set last.
pub struct Lettering {
    output: Output,
    typesetter: Typesetter,
    heading: Kept<Arc<str>, Artwork>,
    card: Kept<Arc<Card>, Artwork>,
    lower_third: Kept<Arc<NamePlate>, Artwork>,
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
        Self {
            output,
            typesetter: Typesetter::new(),
            heading: Kept(None),
            card: Kept(None),
            lower_third: Kept(None),
            page: Kept(None),
            layer: Kept(None),
        }
    }

    /// Draws what stands on a backdrop.
    pub fn dress(&mut self, dressing: &Dressing, picture: &mut Picture) {
        let Self { output, typesetter, .. } = self;
        if let Some(card) = &dressing.card {
            self.card.get(card, || set_card(card, output, typesetter).flattened()).draw(picture);
        }
        if let Some(heading) = &dressing.heading {
            self.heading.get(heading, || set_heading(heading, output, typesetter).flattened()).draw(picture);
        }
        if let Some(plate) = &dressing.lower_third {
            let NamePlate { title, subtitle, color } = plate.as_ref();
            let set = || set_lower_third(title, subtitle.as_deref(), *color, output, typesetter).flattened();
            self.lower_third.get(plate, set).draw(picture);
        }
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

//! Which place of a spec names a file: the renderer knows files, people know their spec.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::dress::Shelf;
use crate::ports::{MediaError, RenderError, RenderWarning};
use crate::produce_error::ProduceError;
use crate::spec::VideoSpec;

/// The first JSON pointer in a spec to each file of its media.
#[derive(Clone, Debug, Default)]
pub struct MediaPlaces(HashMap<PathBuf, String>);

impl MediaPlaces {
    pub(crate) fn new(spec: &VideoSpec, shelf: &Shelf) -> Self {
        let mut places = HashMap::new();
        for media in spec.media() {
            if let Some(path) = shelf.0.get(&media.source) {
                places.entry(path.clone()).or_insert_with(|| media.pointer.clone());
            }
        }
        Self(places)
    }

    /// The JSON pointer to a file; empty for one that the spec does not name.
    #[must_use]
    pub fn pointer(&self, path: &Path) -> &str {
        self.0.get(path).map_or("", String::as_str)
    }

    /// A renderer's error, told by the place in the spec where it is about a file.
    #[must_use]
    pub fn explain(&self, error: RenderError) -> ProduceError {
        match error {
            RenderError::Medium { path, reason } => ProduceError::Media {
                pointer: self.pointer(&path).to_owned(),
                source: MediaError::Unreadable { reason },
            },
            other => ProduceError::Render(other),
        }
    }

    /// A renderer's warning in one sentence.
    #[must_use]
    pub fn tell(&self, warning: RenderWarning) -> String {
        match warning.path {
            Some(path) => format!("{}: {}", self.pointer(&path), warning.words),
            None => warning.words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{MediaOrigin, MediaSource};

    #[test]
    fn what_is_wrong_with_a_file_is_told_by_its_first_place() {
        let json = r#"{"scenes": [
            {"duration_s": 1},
            {"duration_s": 1, "background": {"type": "image", "url": "https://example.com/a.png"}},
            {"duration_s": 1, "background": {"type": "image", "url": "https://example.com/a.png"}}
        ]}"#;
        let spec = VideoSpec::from_json(json.as_bytes(), MediaOrigin::Remote).unwrap();
        let source = MediaSource::Url("https://example.com/a.png".to_owned());
        let places = MediaPlaces::new(&spec, &Shelf(HashMap::from([(source, PathBuf::from("/work/0.png"))])));
        let error = places.explain(RenderError::medium(Path::new("/work/0.png"), "it is damaged"));
        assert_eq!(error.to_string(), "/scenes/1/background/url: this file cannot be used: it is damaged");
        let warning = RenderWarning { path: Some("/work/0.png".into()), words: "its lower half is missing".to_owned() };
        assert_eq!(places.tell(warning), "/scenes/1/background/url: its lower half is missing");
        let other = RenderError::Stream { reason: "odd".to_owned() };
        assert!(matches!(places.explain(other), ProduceError::Render(RenderError::Stream { .. })));
    }
}

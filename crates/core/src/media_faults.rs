//! Looking at media before anything is accepted. What certainly cannot be shown is refused at once; what
//! cannot be had right now is no fault of the spec: it is accepted, and the worker sees to it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures::{StreamExt, stream};

use crate::ports::MediaLibrary;
use crate::spec::{Media, MediaKind, MediaSource, VideoSpec, Violation};

/// How much is looked at, all media together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookLimits {
    /// Media looked at at once.
    pub at_once: usize,
    /// What was not looked at by then is accepted.
    pub time: Duration,
}

impl LookLimits {
    /// For one spec: someone waits for the answer.
    pub const ONE_SPEC: Self = Self { at_once: 8, time: Duration::from_secs(3) };
    /// For many specs together: they come from programs, whose requests and functions have time.
    pub const MANY_SPECS: Self = Self { at_once: 16, time: Duration::from_secs(8) };
}

/// What is wrong with media, in a sentence for each that cannot be shown or played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaFaults(HashMap<(MediaSource, MediaKind), String>);

impl MediaFaults {
    /// Looks at each piece of media of `specs` once, however often it is named.
    ///
    /// Specs take turns: one whose media hang does not use up the time of the others.
    pub async fn find<'a>(
        library: &dyn MediaLibrary,
        specs: impl IntoIterator<Item = &'a VideoSpec>,
        limits: LookLimits,
    ) -> Self {
        let looks: Vec<_> = in_turns(specs).into_iter().map(|media| fault_of(library, media)).collect();
        let faults = stream::iter(looks)
            .buffer_unordered(limits.at_once)
            .take_until(Box::pin(tokio::time::sleep(limits.time)))
            .filter_map(std::future::ready);
        Self(faults.collect().await)
    }

    /// The faults of a spec, one for each place that names one of these media, in the order of places.
    #[must_use]
    pub fn violations(&self, spec: &VideoSpec) -> Vec<Violation> {
        let fault = |media: &Media| self.0.get(&(media.source.clone(), media.kind)).cloned();
        let mut found: Vec<Violation> =
            spec.media().filter_map(|media| Some(Violation::new(media.pointer.clone(), fault(media)?))).collect();
        found.sort_by(|one, other| one.pointer.cmp(&other.pointer));
        found.dedup();
        found
    }
}

/// All media, each once: the first of every spec, then the second of every one, and so on.
fn in_turns<'a>(specs: impl IntoIterator<Item = &'a VideoSpec>) -> Vec<&'a Media> {
    let mut media: Vec<(usize, &Media)> = specs.into_iter().flat_map(|spec| spec.media().enumerate()).collect();
    media.sort_by_key(|(turn, _)| *turn);
    let mut seen = HashSet::new();
    media.into_iter().map(|(_, media)| media).filter(|media| seen.insert((&media.source, media.kind))).collect()
}

/// What is certainly wrong with a piece of media, if anything.
async fn fault_of(library: &dyn MediaLibrary, media: &Media) -> Option<((MediaSource, MediaKind), String)> {
    let error = library.check(media).await.err()?;
    if error.is_transient() {
        tracing::info!(%error, "media could not be looked at; they are accepted as they are");
        return None;
    }
    Some(((media.source.clone(), media.kind), error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use async_trait::async_trait;
    use serde_json::json;

    use super::*;
    use crate::ports::{FetchedMedia, MediaError};
    use crate::spec::MediaOrigin;

    /// Answers as the address says.
    struct Answers;

    #[async_trait]
    impl MediaLibrary for Answers {
        async fn check(&self, media: &Media) -> Result<(), MediaError> {
            let MediaSource::Url(url) = &media.source else { return Ok(()) };
            match url.rsplit('/').next() {
                Some("missing") => Err(MediaError::Missing { reason: "404".to_owned() }),
                Some("busy") => Err(MediaError::unavailable("503")),
                Some("hang") => std::future::pending().await,
                _ => Ok(()),
            }
        }

        async fn fetch(&self, _: &Media, _: &Path) -> Result<FetchedMedia, MediaError> {
            Err(MediaError::unavailable("nothing is fetched here"))
        }
    }

    fn spec(names: &[&str]) -> VideoSpec {
        let scene = |name| {
            let url = format!("https://example.com/{name}");
            json!({"duration_s": 1, "background": {"type": "image", "url": url}})
        };
        let scenes: Vec<_> = names.iter().map(scene).collect();
        VideoSpec::from_json(json!({"scenes": scenes}).to_string().as_bytes(), MediaOrigin::Remote).unwrap()
    }

    async fn places(names: &[&str]) -> Vec<String> {
        let (spec, limits) = (spec(names), LookLimits { time: Duration::from_millis(50), ..LookLimits::ONE_SPEC });
        let faults = MediaFaults::find(&Answers, [&spec], limits).await;
        faults.violations(&spec).into_iter().map(|fault| fault.pointer).collect()
    }

    #[tokio::test]
    async fn what_cannot_be_had_now_is_no_fault_and_what_hangs_is_not_waited_for() {
        let faults = places(&["busy", "missing", "good", "hang", "missing"]).await;
        assert_eq!(faults, ["/scenes/1/background/url", "/scenes/4/background/url"]);
    }

    #[tokio::test]
    async fn specs_take_turns_so_that_one_whose_media_hang_does_not_use_up_the_time_of_others() {
        let hanging: Vec<String> = (0..100).map(|number| format!("{number}/hang")).collect();
        let (hanging, other) = (spec(&hanging.iter().map(String::as_str).collect::<Vec<_>>()), spec(&["missing"]));
        let limits = LookLimits { at_once: 2, time: Duration::from_millis(50) };
        let faults = MediaFaults::find(&Answers, [&hanging, &other], limits).await;
        assert_eq!(faults.violations(&other).len(), 1);
    }

    #[tokio::test]
    async fn however_many_hang_they_share_one_budget() {
        let names: Vec<String> = (0..100).map(|number| format!("{number}/hang")).collect();
        assert!(places(&names.iter().map(String::as_str).collect::<Vec<_>>()).await.is_empty());
    }
}

//! Searches that are not made twice: providers count them, and Pixabay's terms ask for it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rushes_core::memo::{Json, once};
use rushes_core::ports::{Footage, FootageError, FootageItem, FootageQuery, Memo, MemoKey, MemoKind};
use rushes_core::spec::FootageKind;

/// Raised when what is found is read in another way.
const VERSION: &str = "rushes-footage 1";
/// How long it is remembered that there is nothing: someone may upload it.
const NOTHING_FOR: Duration = Duration::from_secs(10 * 60);

/// A provider whose answers are remembered.
#[derive(Clone)]
pub struct RememberingFootage {
    provider: &'static str,
    footage: Arc<dyn Footage>,
    memo: Arc<dyn Memo>,
}

impl RememberingFootage {
    /// What `footage` finds; `provider` tells its answers from others'.
    #[must_use]
    pub fn new(provider: &'static str, footage: Arc<dyn Footage>, memo: Arc<dyn Memo>) -> Self {
        Self { provider, footage, memo }
    }
}

#[async_trait]
impl Footage for RememberingFootage {
    async fn search(&self, query: &FootageQuery) -> Result<Vec<FootageItem>, FootageError> {
        let search = async {
            let items = self.footage.search(query).await?;
            let time_to_live = if items.is_empty() { NOTHING_FOR } else { MemoKind::Footage.time_to_live() };
            Ok::<_, FootageError>(Json(items).lasting(time_to_live))
        };
        Ok(once(self.memo.as_ref(), key(self.provider, query), search).await?.value.0)
    }
}

/// How long a clip will be seen changes the choice among what is found, not what is found.
fn key(provider: &str, query: &FootageQuery) -> MemoKey {
    let kind = match query.kind {
        FootageKind::Any => "any",
        FootageKind::Clips => "clips",
        FootageKind::Pictures => "pictures",
    };
    let (terms, frame) = (query.terms.trim().to_lowercase(), format!("{}x{}", query.width, query.height));
    MemoKey::of_fields(MemoKind::Footage, [VERSION, provider, &terms, kind, &frame])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_searches_have_equal_keys() {
        let query = |terms: &str, kind, seconds| FootageQuery {
            terms: terms.to_owned(),
            kind,
            width: 1920,
            height: 1080,
            duration: Duration::from_secs(seconds),
        };
        let bees = key("pexels", &query("Bees", FootageKind::Any, 1));
        assert_eq!(bees, key("pexels", &query(" bees ", FootageKind::Any, 9)));
        let others = [
            key("pixabay", &query("bees", FootageKind::Any, 1)),
            key("pexels", &query("bee", FootageKind::Any, 1)),
            key("pexels", &query("bees", FootageKind::Clips, 1)),
        ];
        assert!(!others.contains(&bees));
    }
}

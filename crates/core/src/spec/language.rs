//! Languages by their tags.

/// A language by its tag (BCP 47), such as `en` or `pt-BR`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Language(String);

impl Language {
    /// Reads a tag: letters for the language, then parts of letters and digits.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let mut parts = tag.split('-');
        let primary = parts.next()?;
        let is_primary = (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_part =
            |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let rest: Vec<&str> = parts.collect();
        (is_primary && rest.len() <= 3 && rest.into_iter().all(is_part)).then(|| Self(tag.to_owned()))
    }

    /// The tag as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language alone, in lower case.
    #[must_use]
    pub fn primary(&self) -> String {
        self.0.split('-').next().unwrap_or_default().to_ascii_lowercase()
    }
}

impl Default for Language {
    fn default() -> Self {
        Self("en".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_by_their_tags() {
        for tag in ["en", "pt-BR", "zh-Hans-CN", "gsw", "es-419"] {
            assert_eq!(Language::parse(tag).unwrap().as_str(), tag);
        }
        for tag in ["", "e", "english", "en_US", "en-", "en-x", "e1", "en us", "en-a-b-c-d-e"] {
            assert_eq!(Language::parse(tag), None, "{tag}");
        }
        assert_eq!(Language::parse("PT-br").unwrap().primary(), "pt");
    }
}

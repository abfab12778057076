//! Keys, kept out of logs, errors and tables.

use std::fmt;

use reqwest::header::{HeaderValue, InvalidHeaderValue};

/// A key or password. It is shown nowhere: neither `{:?}` nor a serializer tells what it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`, without the white space that a file or a console adds.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The key itself, to be sent and never to be shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The key behind `prefix` as the value of a header, marked so that nothing logs it.
    ///
    /// # Errors
    /// [`InvalidHeaderValue`] when it holds what no header can; the error does not show it.
    pub fn header(&self, prefix: &str) -> Result<HeaderValue, InvalidHeaderValue> {
        let mut value = HeaderValue::from_str(&format!("{prefix}{}", self.0))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new(" sk-planted-1 \n");
        assert_eq!(secret.expose(), "sk-planted-1");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "Secret(…) Some(Secret(…))");
        assert_eq!(format!("{:?}", secret.header("Bearer ").unwrap()), "Sensitive");
        let error = Secret::new("sk-planted\u{7}2").header("").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("planted"));
    }
}

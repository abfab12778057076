//! Numbers as a person types them.

/// A number of things, of which there must be one.
pub fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "write a whole number from 1 on".to_owned())
}

/// A port that can be listened on.
pub fn port(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|port| *port > 0).ok_or_else(|| "write a whole number from 1 to 65535".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_nothing_and_of_less_are_refused() {
        assert_eq!((count("1"), count("64")), (Ok(1), Ok(64)));
        assert_eq!((port("1"), port("65535")), (Ok(1), Ok(65_535)));
        for text in ["0", "-1", "", "1.5", "many", "99999999999999999999999"] {
            assert!(count(text).is_err() && port(text).is_err(), "{text}");
        }
        assert!(port("65536").is_err());
    }
}

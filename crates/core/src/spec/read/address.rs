//! Addresses of media, as people write them.

use super::super::MediaOrigin;

const MAX_CHARACTERS: usize = 2048;

/// Reads an address that may be fetched: its scheme in letters of either case, blanks around it. Whether its
/// host may be asked is for whoever fetches it to say.
///
/// # Errors
/// What is wrong with it and what to do, for the person who wrote it.
pub fn address(text: &str, origin: MediaOrigin) -> Result<String, String> {
    // Spreadsheets and chat programs leave marks that nobody sees.
    let text = text.trim_matches(|letter: char| letter.is_whitespace() || letter.is_control() || is_invisible(letter));
    if text.is_empty() {
        return Err("the address is empty: give one that begins with https://, or leave the field out".to_owned());
    }
    let instead = match origin {
        MediaOrigin::Remote => "upload the file (POST /v1/assets) and give its `asset`",
        MediaOrigin::RemoteOrLocal => "give the file by its `path`",
    };
    let (scheme, rest) = text.split_once(':').unwrap_or_default();
    match scheme.to_ascii_lowercase().as_str() {
        "https" | "http" if !names_host(rest) => {
            Err("the address names no host: between https:// and the next / stands one, like example.com".to_owned())
        }
        "https" | "http" if text.chars().count() > MAX_CHARACTERS => {
            Err(format!("an address has at most {MAX_CHARACTERS} characters"))
        }
        "https" | "http" => Ok(text.to_owned()),
        "data" => Err(format!("pictures and sounds are not read from data: addresses; {instead}")),
        "file" => Err(format!("a file: address names a file of one machine only; {instead}")),
        scheme if is_scheme(scheme) && (rest.starts_with("//") || scheme == "blob") => Err(format!(
            "{scheme}: addresses are not fetched, only https; put the file where https:// leads to it, or {instead}"
        )),
        _ => Err("this is no address: one begins with https://".to_owned()),
    }
}

const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
}

/// Whether what follows `https:` is `//` and something that may be a host (RFC 3986, §3.2).
fn names_host(rest: &str) -> bool {
    let authority = rest.strip_prefix("//").map(|rest| rest.split(['/', '\\', '?', '#']).next().unwrap_or_default());
    let host = authority.map(|authority| authority.rsplit('@').next().unwrap_or_default());
    host.is_some_and(|host| !host.is_empty() && !host.starts_with(':'))
}

/// RFC 3986, §3.1, and no longer than any that is in use. One letter is a drive of Windows.
fn is_scheme(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    (2..=12).contains(&text.len())
        && text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        address(text, MediaOrigin::Remote)
    }

    #[test]
    fn blanks_around_an_address_and_the_case_of_its_scheme_do_not_matter() {
        for text in [
            "https://a.b/c",
            " https://a.b/c ",
            "\u{a0}https://a.b/c\u{feff}",
            "\thttps://a.b/c\r\n",
            "\u{200b}https://a.b/c",
        ] {
            assert_eq!(read(text).as_deref(), Ok("https://a.b/c"), "{text:?}");
        }
        for text in ["HTTPS://EXAMPLE.COM/A.png", "Https://user@a.b:8443?x", "http://a.b", "https://[2606:4700::1]/a"] {
            assert_eq!(read(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn each_kind_of_address_that_is_not_fetched_has_words_of_its_own() {
        for (text, word) in [
            ("", "empty"),
            (" \u{a0} ", "empty"),
            ("https:///x.png", "no host"),
            ("https://", "no host"),
            ("https:", "no host"),
            ("HTTPS:/a.b/c", "no host"),
            ("https://?a", "no host"),
            ("https://:443/a", "no host"),
            ("https://user@/a", "no host"),
            ("DATA:image/png;base64,AAAA", "data: addresses"),
            ("file:///etc/passwd", "one machine"),
            ("ftp://a.b/c.png", "ftp: addresses"),
            ("S3://bucket/c.png", "s3: addresses"),
            ("blob:https://a.b/c", "blob: addresses"),
            ("example.com/a.png", "begins with https"),
            ("//example.com/a.png", "begins with https"),
            ("C:\\a.png", "begins with https"),
            ("localhost:3000/a.png", "begins with https"),
        ] {
            let refusal = read(text).unwrap_err();
            assert!(refusal.contains(word) && refusal.len() < 200, "{text}: {refusal}");
        }
        let here = address("data:,a", MediaOrigin::RemoteOrLocal).unwrap_err();
        assert!(here.contains("`path`") && !here.contains("asset"), "{here}");
        assert!(read(&format!("https://a.b/{}", "c".repeat(MAX_CHARACTERS))).unwrap_err().contains("at most 2048"));
    }
}

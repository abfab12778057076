//! Narration as people write it: the signs of lists, headings and emphasis (Markdown, after
//! CommonMark 0.31) are for the eye of whoever edits the text. They are neither spoken nor shown.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::white_space::lines;

mod marks;

/// The words of `text`: one line for each of its lines, paragraphs apart by an empty line.
///
/// A text of nothing but signs stays as it is.
#[must_use]
pub fn prose(text: &str) -> String {
    let lines = lines(text);
    let words = arranged(&words_of(&marks::as_markdown(&lines)));
    if words.is_empty() { arranged(&lines.join("\n")) } else { words }
}

/// What is between the signs of Markdown, with the line breaks that stand between the words.
fn words_of(markdown: &str) -> String {
    let mut words = String::with_capacity(markdown.len());
    let mut end = 0;
    let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    for (event, place) in Parser::new_ext(markdown, options).into_offset_iter() {
        match event {
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) | Event::Html(text) => {
                let between = markdown.get(end..place.start).unwrap_or_default();
                words.push_str(if between.contains("\n\n") {
                    "\n\n"
                } else if between.contains('\n') {
                    "\n"
                } else {
                    ""
                });
                words.push_str(&text);
                end = place.end;
            }
            Event::End(TagEnd::Heading(_)) => words.push_str("\n\n"),
            Event::Start(Tag::Heading { .. }) if !words.is_empty() => words.push_str("\n\n"),
            _ => {}
        }
    }
    words
}

/// Lines without what is white around them, at most one empty between two.
fn arranged(text: &str) -> String {
    let mut arranged = String::with_capacity(text.len());
    let mut gap = "";
    for line in lines(text) {
        if line.is_empty() {
            gap = if arranged.is_empty() { "" } else { "\n\n" };
        } else {
            arranged.push_str(gap);
            arranged.push_str(&line);
            gap = "\n";
        }
    }
    arranged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signs_of_markdown_are_not_words() {
        let cases = [
            ("# Title\nText", "Title\n\nText"),
            ("Text\n## Next ##\nMore", "Text\n\nNext\n\nMore"),
            ("Title\n=====\nText", "Title\n\nText"),
            ("- first\n- second\n\nEnd", "first\nsecond\n\nEnd"),
            ("* first\n* second", "first\nsecond"),
            ("• first\n  • second", "first\nsecond"),
            ("+ a\n+ b", "a\nb"),
            ("You need:\n1. milk\n2. eggs\n   and butter\n3) salt", "You need:\nmilk\neggs\nand butter\nsalt"),
            ("- [ ] open\n- [x] done", "open\ndone"),
            ("**bold** and *it* and _it_ and __bold__ and ***both***", "bold and it and it and bold and both"),
            ("**bold\nover** lines", "bold\nover lines"),
            ("这是**重点**内容", "这是重点内容"),
            ("say `code` and ~~old~~ new", "say code and old new"),
            ("see [the text](https://example.com/a_(b)) here", "see the text here"),
            ("[First](https://example.com) word", "First word"),
            ("![a bee](bee.jpg)", "a bee"),
            ("<https://example.com>", "https://example.com"),
            ("> quoted\n> more\n\nsaid", "quoted\nmore\n\nsaid"),
            ("a\n\n---\n\nb\n***\nc\n* * *\nd\n———\ne", "a\n\nb\n\nc\n\nd\n\ne"),
            ("```rust\nlet a\n```\nend", "let a\n\nend"),
            ("Tom &amp; Jerry", "Tom & Jerry"),
            ("One\\* two", "One* two"),
        ];
        for (text, wanted) in cases {
            assert_eq!(prose(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn what_only_looks_like_a_sign_stays() {
        let cases = [
            "2 * 3 is 6 and 2*3*4 is 24",
            "snake_case_name and C# and #1 and #hashtag",
            "We went - all of us - home",
            "1986. A great year.",
            "3. Oktober war ein Feiertag.",
            "1. FC Köln gewinnt",
            "-5 degrees",
            "+ 5 Grad",
            ">100 people came",
            "– Bonjour\n— Hola",
            "Prices* may vary.\n*Terms apply.",
            "[1]: a note",
            "a < b and b > c",
            "<b>html</b> stays",
            "**unfinished",
            "¡Hola! ¿Qué?",
            "« Oui\u{a0}! »",
            "f(x_1, x_2) = a_i",
            "5 > 3",
            "~5 to ~10 people",
            "---",
            "AT&T",
        ];
        for text in cases {
            assert_eq!(prose(text), text, "{text:?}");
        }
    }

    #[test]
    fn lines_stay_lines_and_empty_ones_stay_gaps() {
        let script = "Chapter One\r\n\r\n\r\nIt was a dark night\n  Roses are red\nViolets\tare  blue";
        assert_eq!(prose(script), "Chapter One\n\nIt was a dark night\nRoses are red\nViolets are blue");
        assert_eq!(prose("    not code\n\n    either"), "not code\n\neither");
    }

    proptest! {
        #[test]
        fn plain_text_stays_as_it_is(text in "[a-zA-Zäé今.,!?;:()'“”«»%€/\u{a0} \n]{0,200}") {
            prop_assert_eq!(prose(&text), arranged(&text));
        }
    }
}

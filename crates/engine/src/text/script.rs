//! Which writing a text is in, and which font draws each part of it.

use std::ops::Range;

use rushes_core::spec::Font;
use unicode_script::UnicodeScript;
use unicode_segmentation::UnicodeSegmentation;

use super::fonts;

/// What a line must know of the text that it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writing {
    /// Whether words follow each other from the right to the left.
    pub is_right_to_left: bool,
    /// Whose forms Chinese characters take.
    pub han: HanStyle,
}

/// The countries' forms of Chinese characters, which share their code points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HanStyle {
    /// Mainland China's.
    #[default]
    Simplified,
    /// Taiwan's.
    Traditional,
    /// Japan's.
    Japanese,
    /// Korea's.
    Korean,
}

/// Frequent characters that are written so in Taiwan and Hong Kong only.
const TRADITIONAL: &str = "這們個說時會學對沒為過還後開關見間長問門馬車東動話請謝讓認識語誰讀寫聽聲樂歡愛買賣錢銀鐵\
     電腦網飛機場點線級紅綠藍黃難離雙無萬與業產員師帶進遠運達選邊實現發當經給幾樣種類處從兩義書風氣歲節華龍體頭題顏麼\
     嗎國來裡臺灣傳統變數據應該將願";

impl Writing {
    /// Looks at all of a text: its lines alone may not tell.
    #[must_use]
    pub fn of(text: &str) -> Self {
        // Most words decide, not the first: a sentence may begin with a foreign name.
        let (mut right, mut left) = (0, 0);
        for word in text.split_whitespace() {
            match word.chars().find(|character| character.is_alphabetic()) {
                Some(letter) if is_right_to_left(letter) => right += 1,
                Some(_) => left += 1,
                None => {}
            }
        }
        Self { is_right_to_left: right > 0 && right >= left, han: HanStyle::of(text) }
    }

    /// Whether any part of a text runs from the right to the left.
    #[must_use]
    pub fn has_right_to_left(text: &str) -> bool {
        text.chars().any(is_right_to_left)
    }
}

/// Whether a character runs from the right to the left.
pub fn is_right_to_left(character: char) -> bool {
    matches!(block(character), Block::Hebrew | Block::Arabic)
}

impl HanStyle {
    fn of(text: &str) -> Self {
        let has = |is: fn(char) -> bool| text.chars().any(is);
        if has(|character| matches!(character, '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}')) {
            Self::Japanese
        } else if has(
            |character| matches!(character, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7ff}'),
        ) {
            Self::Korean
        } else if has(|character| TRADITIONAL.contains(character)) {
            Self::Traditional
        } else {
            Self::Simplified
        }
    }

    const fn family(self) -> &'static str {
        match self {
            Self::Simplified => fonts::CHINESE_SIMPLIFIED,
            Self::Traditional => fonts::CHINESE_TRADITIONAL,
            Self::Japanese => fonts::JAPANESE,
            Self::Korean => fonts::KOREAN,
        }
    }
}

/// Characters that share a font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Hebrew,
    Arabic,
    Devanagari,
    /// Another script that has a font of its own: the font's family.
    Script(&'static str),
    EastAsian,
    Emoji,
    /// Full stops of Devanagari that other scripts of India use too.
    Danda,
    /// Punctuation that East Asian fonts draw in another place and width.
    SharedPunctuation,
    Other,
}

/// The block that a character belongs to (Unicode 17, Blocks.txt).
fn block(character: char) -> Block {
    match character {
        '\0'..='\u{b6}' | '\u{b8}'..='\u{52f}' => Block::Other,
        '\u{590}'..='\u{5ff}' | '\u{fb1d}'..='\u{fb4f}' => Block::Hebrew,
        '\u{600}'..='\u{6ff}'
        | '\u{750}'..='\u{77f}'
        | '\u{870}'..='\u{8ff}'
        | '\u{fb50}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefe}' => Block::Arabic,
        '\u{964}' | '\u{965}' => Block::Danda,
        '\u{900}'..='\u{97f}' | '\u{1cd0}'..='\u{1cff}' | '\u{a8e0}'..='\u{a8ff}' => Block::Devanagari,
        '\u{1100}'..='\u{11ff}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ffef}'
        | '\u{1b000}'..='\u{1b16f}'
        | '\u{20000}'..='\u{3ffff}' => Block::EastAsian,
        '\u{b7}' | '\u{2014}' | '\u{2018}'..='\u{201d}' | '\u{2026}' => Block::SharedPunctuation,
        _ => fonts::of_script(character.script()).map_or(Block::Other, Block::Script),
    }
}

/// The block of what a reader sees as one character.
fn cluster_block(cluster: &str) -> Block {
    let Some(first) = cluster.chars().next() else { return Block::Other };
    // Unicode Technical Standard 51, §1.4 and §4: a selector, a keycap, a skin tone, or a
    // character that is an emoji by itself; but not where text was asked for.
    let asks_for_text = cluster.contains('\u{fe0e}');
    let asks_for_emoji =
        cluster.contains(|character| matches!(character, '\u{fe0f}' | '\u{20e3}' | '\u{1f3fb}'..='\u{1f3ff}'));
    if !asks_for_text && (asks_for_emoji || fonts::is_emoji(first)) { Block::Emoji } else { block(first) }
}

/// Gives the punctuation of a word that runs from right to left to the word's own font:
/// the shaper would put a part in another font on the wrong side of it.
fn keep_together(word: &[(usize, &str)], blocks: &mut [Block]) {
    let from_right = blocks.iter().find(|block| matches!(block, Block::Hebrew | Block::Arabic)).copied();
    let Some(from_right) = from_right else { return };
    for ((_, cluster), block) in word.iter().zip(blocks) {
        let is_neutral = matches!(block, Block::Other | Block::SharedPunctuation)
            && !cluster.starts_with(|character: char| character.is_alphanumeric() || character.is_whitespace());
        if is_neutral {
            *block = from_right;
        }
    }
}

/// The parts of a text with the family that draws each.
pub fn families(text: &str, font: Font, writing: Writing) -> Vec<(Range<usize>, &'static str)> {
    let clusters: Vec<(usize, &str)> = text.grapheme_indices(true).collect();
    let mut blocks: Vec<Block> = clusters.iter().map(|(_, cluster)| cluster_block(cluster)).collect();
    let is_space = |(_, cluster): &(usize, &str)| cluster.starts_with(char::is_whitespace);
    let mut start = 0;
    for word in clusters.split_inclusive(is_space) {
        keep_together(word, &mut blocks[start..start + word.len()]);
        start += word.len();
    }
    for index in 0..blocks.len() {
        if blocks[index] == Block::Danda {
            let before = index.checked_sub(1).map(|before| blocks[before]);
            blocks[index] = before.filter(|block| matches!(block, Block::Script(_))).unwrap_or(Block::Devanagari);
        }
    }
    let is_east_asian = |index: usize| blocks.get(index) == Some(&Block::EastAsian);
    let mut parts: Vec<(Range<usize>, &'static str)> = Vec::new();
    for (index, (start, cluster)) in clusters.iter().enumerate() {
        let family = match blocks[index] {
            Block::Hebrew => fonts::HEBREW,
            Block::Arabic => fonts::ARABIC,
            Block::Devanagari | Block::Danda => fonts::DEVANAGARI,
            Block::Script(family) => family,
            Block::Emoji => fonts::EMOJI,
            Block::EastAsian => writing.han.family(),
            Block::SharedPunctuation if is_east_asian(index + 1) || (index > 0 && is_east_asian(index - 1)) => {
                writing.han.family()
            }
            Block::SharedPunctuation | Block::Other => fonts::family(font),
        };
        let end = start + cluster.len();
        match parts.last_mut() {
            Some((range, before)) if *before == family => range.end = end,
            _ => parts.push((*start..end, family)),
        }
    }
    parts
}

/// The line height of Latin, Greek, Cyrillic, Hebrew and East Asian letters.
const USUAL_LINE_HEIGHT: f32 = 1.25;

/// Multiple of the letter size from one baseline to the next: some scripts reach
/// further up and down than Latin does.
pub fn line_height(text: &str) -> f32 {
    let height = |character| match block(character) {
        Block::Arabic | Block::Devanagari => 1.45,
        Block::Script(family) => fonts::line_height(family),
        _ => USUAL_LINE_HEIGHT,
    };
    text.chars().map(height).fold(USUAL_LINE_HEIGHT, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_words_decide_the_direction() {
        assert!(Writing::of("YouTube הוא אתר וידאו").is_right_to_left);
        assert!(!Writing::of("The word שלום means peace").is_right_to_left);
        assert!(!Writing::of("12 345").is_right_to_left);
    }

    #[test]
    fn the_text_tells_whose_forms_are_meant() {
        let styles =
            ["今天天气很好", "今天天氣很好，我們", "今日は晴れ", "오늘은 漢字"].map(|text| Writing::of(text).han);
        assert_eq!(styles, [HanStyle::Simplified, HanStyle::Traditional, HanStyle::Japanese, HanStyle::Korean]);
    }

    #[test]
    fn emoji_are_told_from_text() {
        let family = |text| families(text, Font::Sans, Writing::default())[0].1;
        for emoji in ["👩‍👩‍👧", "🇩🇪", "👍🏽", "❤️", "1️⃣", "⚡", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "✌🏽"]
        {
            assert_eq!(family(emoji), fonts::EMOJI, "{emoji}");
        }
        for text in ["1", "©", "⚡\u{fe0e}", "a", "™"] {
            assert_eq!(family(text), fonts::family(Font::Sans), "{text}");
        }
    }

    #[test]
    fn quotation_marks_follow_their_neighbours() {
        let parts = families("他说“好”。 He said “yes”.", Font::Sans, Writing::default());
        assert_eq!(parts.len(), 2, "{parts:?}");
    }
}

//! The signs around the end of a sentence.

/// Marks that end sentences in scripts that may set no space behind them.
const STOPS_WITHOUT_SPACE: [char; 16] =
    ['。', '！', '？', '｡', '．', '։', '؟', '۔', '।', '॥', '။', '។', '៕', '።', '፧', '፨'];
/// Quotation marks that open in one language and close in another.
const QUOTES: [char; 10] = ['"', '\'', '“', '”', '‘', '’', '«', '»', '‹', '›'];
/// Brackets and quotation marks that only close.
const CLOSERS: [char; 11] = [')', ']', '}', '）', '］', '】', '」', '』', '〉', '》', '〕'];

/// Whether a mark may close what was opened before it.
pub fn is_closer(character: char) -> bool {
    CLOSERS.contains(&character) || QUOTES.contains(&character)
}

/// Whether what follows `text` is set off by space, or its script needs none.
pub fn ends_apart(text: &str) -> bool {
    let last = text.trim_end_matches(is_closer).chars().next_back();
    text.ends_with(char::is_whitespace) || last.is_some_and(|last| STOPS_WITHOUT_SPACE.contains(&last))
}

/// Where the marks begin that open the next sentence right behind a stop without space, if any do.
///
/// The Annex takes every quotation mark behind a stop for one that closes.
pub fn before_openers(text: &str) -> Option<usize> {
    let is_opener =
        |character: char| is_opener(character) || matches!(character, '「' | '『' | '（' | '《' | '〈' | '【' | '［');
    let before = text.trim_end_matches(is_opener);
    let last = before.trim_end_matches(is_closer).chars().next_back();
    let is_behind_stop = last.is_some_and(|last| STOPS_WITHOUT_SPACE.contains(&last));
    (before.len() < text.len() && is_behind_stop).then_some(before.len())
}

/// Bytes at the start of `text` that close what stood before, with the space behind them.
///
/// French sets a space before `»`: there the Annex sees a new sentence begin.
pub fn leading_closers(text: &str) -> usize {
    let mut end = 0;
    for (at, character) in text.char_indices() {
        let behind = text[at + character.len_utf8()..].chars().next();
        let is_inside = behind.is_some_and(|behind| behind.is_alphanumeric() || is_opener(behind));
        let closes = CLOSERS.contains(&character) || (QUOTES.contains(&character) && !is_opener(character));
        if !closes || (QUOTES.contains(&character) && is_inside) {
            break;
        }
        end = at + character.len_utf8();
    }
    let space =
        text[end..].chars().take_while(|character| character.is_whitespace()).map(char::len_utf8).sum::<usize>();
    if end == 0 { 0 } else { end + space }
}

/// Whether a mark that is set off by space opens what follows.
fn is_opener(character: char) -> bool {
    matches!(character, '«' | '‹' | '“' | '‘' | '„' | '‚' | '(' | '[' | '{' | '¿' | '¡')
}
